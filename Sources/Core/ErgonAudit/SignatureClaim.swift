import ErgonModel
import ErgonProvenance

/// That a worker signed what stands on record. To find out takes some 60 µs of a processor, and
/// needs nothing else: so claims can be checked beside the audit, on all processors.
package struct SignatureClaim: Sendable {
    enum Statement: Sendable {
        case digest(Digest)
        /// It is what stands on record.
        case all(ResultBatch, Stage)
    }

    /// So many may wait; what comes then is checked at once.
    package static let limit = 65_536

    /// Of the first record.
    let sequence: Int
    let records: Int
    /// The worker's that may have made the signature.
    let keys: [ReportKey]
    let signature: [UInt8]
    let statement: Statement
    /// Whether what was signed could be read.
    let isAtHand: Bool
    /// A crash may have come before all of it was on disk.
    let mayBeCut: Bool
    /// What there is to say if it does not hold.
    let otherwise: String

    package var holds: Bool {
        let digest =
            switch statement {
            case .digest(let digest): digest
            case .all(let batch, let stage): ReportStatement(batch, of: stage).digest
            }
        return keys.contains { $0.verifies(signature, over: digest) }
    }
}
