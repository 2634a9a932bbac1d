package import ErgonModel

/// What a log asks of a witness: to sign that a checkpoint extends one that it has seen
/// (c2sp.org/tlog-witness, `add-checkpoint`).
package struct WitnessRequest: Hashable, Sendable {
    /// More hashes than this no proof has.
    private static let hashLimit = 63

    /// The size that the witness has seen.
    package var oldSize: Int
    /// That the new tree begins with the old one.
    package var proof: [Digest]
    package var checkpoint: SignedNote

    package init(oldSize: Int, proof: [Digest], checkpoint: SignedNote) {
        self.oldSize = oldSize
        self.proof = proof
        self.checkpoint = checkpoint
    }

    package var text: String {
        (["old \(oldSize)"] + proof.map { Base64.text($0.bytes) }).joined(separator: "\n")
            + "\n\n" + checkpoint.note
    }

    /// - Throws: `malformed`. Nothing is verified yet.
    package init(parsing bytes: [UInt8]) throws(NoteFault) {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .malformed("a request is UTF-8")
        }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let first = lines.first, first.hasPrefix("old "), let size = Int(first.dropFirst(4)),
            size >= 0, "old \(size)" == first, let blank = lines.firstIndex(where: \.isEmpty)
        else { throw .malformed("a request begins with `old SIZE` and has an empty line") }
        let proof = lines[1..<blank].compactMap { Base64.bytes($0).flatMap { Digest(bytes: $0) } }
        guard proof.count == blank - 1, proof.count <= Self.hashLimit else {
            throw .malformed("a proof is at most \(Self.hashLimit) hashes in base64")
        }
        let note = lines[(blank + 1)...].joined(separator: "\n")
        self.init(
            oldSize: size, proof: proof, checkpoint: try SignedNote(parsing: Array(note.utf8)))
    }
}
