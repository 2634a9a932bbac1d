private import Crypto
package import ErgonModel

/// What a worker signs of a report: the record that it would be if all of it counted, of type
/// `report`, with nothing in it that only the coordinator knows (`docs/LOG.md`, "Signatures").
package struct ReportStatement: Hashable, Sendable {
    package let bytes: [UInt8]

    package init(_ report: WorkerReport, by worker: WorkerID) {
        self.init(
            ResultBatch(
                campaign: report.campaign, stage: "", worker: worker, lease: report.lease,
                report: report.id, results: report.results), of: report.stage)
    }

    /// The statement that is all on record in `batch`.
    package init(_ batch: ResultBatch, of stage: Stage) {
        var said = ResultBatch(
            campaign: batch.campaign, stage: stage.numbers, worker: batch.worker,
            lease: batch.lease, report: batch.report, results: batch.results)
        for place in said.results.indices {
            guard case .failed(let failure, _) = said.results[place].outcome else { continue }
            said.results[place].outcome = .failed(failure, isFinal: false)
        }
        bytes =
            BatchText(
                shortened(said), type: "report", at: Instant(microseconds: 0), sequence: 0
            ).bytes
    }

    package var digest: ErgonModel.Digest { ErgonModel.Digest(of: bytes) }

    /// What is signed of a statement with that digest.
    package static func signedText(of digest: ErgonModel.Digest) -> [UInt8] {
        Array("ergon-report-v1\n\(digest.hex)\n".utf8)
    }

    /// Reads what a worker said.
    package static func batch(_ bytes: [UInt8]) throws(RecordFault) -> ResultBatch {
        guard let text = try BatchText(bytes), text.type == "report", text.bytes == bytes else {
            throw .notCanonical
        }
        return try text.batch()
    }
}

extension Stage {
    /// By positions in the manifest's canonical form: `2` for the work of its third step,
    /// `2.0/1` for the first level of the merge of that one's first output.
    package var numbers: String {
        switch part {
        case .work: "\(step)"
        case .merge(let output, let level): "\(step).\(output)/\(level)"
        }
    }
}

/// A worker's key, for checking.
package struct ReportKey: Sendable {
    private let key: P256.Signing.PublicKey
    /// The first four bytes of SHA-256 over the compressed key.
    package let mark: [UInt8]

    /// - Parameter compressed: 33 bytes; `nil` if they are no point of the curve.
    package init?(compressed: [UInt8]) {
        guard let key = try? P256.Signing.PublicKey(compressedRepresentation: compressed) else {
            return nil
        }
        self.key = key
        mark = Self.mark(of: compressed)
    }

    package static func mark(of compressed: [UInt8]) -> [UInt8] {
        Array(ErgonModel.Digest(of: compressed).bytes.prefix(4))
    }

    /// - Parameter signature: the mark, then r and s of ECDSA with SHA-256 (FIPS 186-5, 6.4).
    package func verifies(_ signature: [UInt8], over statement: ErgonModel.Digest) -> Bool {
        guard signature.count == 68, signature.prefix(4).elementsEqual(mark),
            let pair = try? P256.Signing.ECDSASignature(rawRepresentation: signature.dropFirst(4))
        else { return false }
        return key.isValidSignature(pair, for: ReportStatement.signedText(of: statement))
    }
}
