package import ErgonModel
package import ErgonProvenance
package import ErgonTransfer

/// Asks witnesses to sign a checkpoint (c2sp.org/tlog-witness).
package struct WitnessClient: Sendable {
    private let transfers: TransferClient

    package init(_ transfers: TransferClient) { self.transfers = transfers }

    /// The lines that the witness at `url` signs the checkpoint with.
    /// - Parameters:
    ///   - url: what `/add-checkpoint` is added to.
    ///   - proof: the hashes that show that the log extends its first so many records.
    /// - Throws: `WitnessFault`; what the network can do; what `proof` throws.
    package func cosignatures(
        of checkpoint: SignedNote, from url: String,
        proof: (Int) throws -> [Digest]
    ) async throws -> [SignedNote.Signature] {
        let place = url + "/add-checkpoint"
        var old = 0
        // It says what it has seen last; a second answer of the kind means that it sees more.
        for _ in 0..<3 {
            let request = WitnessRequest(
                oldSize: old, proof: try proof(old), checkpoint: checkpoint)
            let (status, body) = try await transfers.post(Array(request.text.utf8), to: place)
            let text = String(decoding: body, as: UTF8.self)
            switch status {
            case 200: return try signatures(text, checkpoint, from: place)
            case 409:
                let said = text.split(separator: "\n").first.flatMap { Int($0) }
                let size = try Checkpoint(parsing: checkpoint.text).head.size
                guard let said, said != old, said <= size else {
                    throw WitnessFault(
                        place: place, problem: "has seen another past of the log: \(text)")
                }
                old = said
            default:
                throw WitnessFault(
                    place: place, problem: "answers \(status): \(text)")
            }
        }
        throw WitnessFault(place: place, problem: "sees the log grow faster than it can be asked")
    }

    private func signatures(
        _ lines: String, _ checkpoint: SignedNote, from place: String
    ) throws -> [SignedNote.Signature] {
        do {
            return try SignedNote(parsing: Array((checkpoint.text + "\n" + lines).utf8)).signatures
        } catch {
            throw WitnessFault(place: place, problem: "does not answer with signatures: \(error)")
        }
    }
}

/// Why a witness has not signed.
package struct WitnessFault: Actionable, Hashable {
    package var place: String
    package var problem: String
    package var remedy: String {
        "a witness signs a log that it was told to witness, and that has only grown"
    }
}
