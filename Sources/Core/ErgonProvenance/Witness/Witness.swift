/// Signs checkpoints of logs that have only grown, each but once at every size: whoever demands
/// its signature cannot be shown another past than anybody else (c2sp.org/tlog-witness).
package struct Witness: Sendable {
    package enum Decision: Hashable, Sendable {
        /// Nothing may be said before `head` is on disk as the last that was seen of `origin`.
        case cosign(origin: String, head: TreeHead, SignedNote.Signature)
        case refuse(Refusal)
    }

    package enum Refusal: Hashable, Sendable, CustomStringConvertible {
        case malformed(String)
        case unknownLog
        case wrongSignature
        /// The size that was seen last is another.
        case conflict(size: Int)
        case badProof

        /// The HTTP status that tells it.
        package var status: Int {
            switch self {
            case .malformed: 400
            case .wrongSignature: 403
            case .unknownLog: 404
            case .conflict: 409
            case .badProof: 422
            }
        }

        package var description: String {
            switch self {
            case .malformed(let problem): problem
            case .unknownLog: "no such log is witnessed here"
            case .wrongSignature: "the log's key did not sign it"
            case .conflict(let size): "of this log \(size) records were seen"
            case .badProof: "it does not extend what was seen"
            }
        }
    }

    /// Keys of the logs that are witnessed, by their origins.
    private let logs: [String: VerifierKey]
    private let signer: NoteSigner

    /// - Precondition: the signer's key is a witness's.
    package init(logs: [VerifierKey], signer: NoteSigner) {
        precondition(signer.verifier.kind == .cosignature, "\(signer.verifier) is not a witness's")
        self.logs = Dictionary(logs.map { ($0.name, $0) }) { first, _ in first }
        self.signer = signer
    }

    /// - Parameters:
    ///   - seconds: since 1970.
    ///   - last: what was seen last of the log of an origin; `nil` if nothing was.
    package func decide(
        _ body: [UInt8], seconds: UInt64, last: (String) -> TreeHead?
    ) -> Decision {
        let (request, checkpoint): (WitnessRequest, Checkpoint)
        do throws(NoteFault) {
            request = try WitnessRequest(parsing: body)
            checkpoint = try Checkpoint(parsing: request.checkpoint.text)
        } catch {
            return .refuse(.malformed(error.description))
        }
        guard let key = logs[checkpoint.origin] else { return .refuse(.unknownLog) }
        guard (try? request.checkpoint.verified(by: [key])) != nil else {
            return .refuse(.wrongSignature)
        }
        guard request.oldSize <= checkpoint.head.size else {
            return .refuse(.malformed("the old size is above the new one"))
        }
        let seen = last(checkpoint.origin) ?? TreeHead(size: 0, root: emptyRoot)
        guard request.oldSize == seen.size else { return .refuse(.conflict(size: seen.size)) }
        if checkpoint.head.size == seen.size, checkpoint.head.root != seen.root {
            return .refuse(.conflict(size: seen.size))
        }
        guard checkpoint.head.extends(seen, proof: request.proof) else {
            return .refuse(.badProof)
        }
        return .cosign(
            origin: checkpoint.origin, head: checkpoint.head,
            signer.cosignature(over: request.checkpoint.text, seconds: seconds))
    }
}
