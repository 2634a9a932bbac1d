package import ErgonModel

/// That a record is in a log, for whoever has the record and knows a key
/// (c2sp.org/tlog-proof, version 1).
package struct LogProof: Hashable, Sendable {
    private static let title = "c2sp.org/tlog-proof@v1"

    package var index: Int
    /// Leaf side first.
    package var hashes: [Digest]
    package var checkpoint: SignedNote

    package init(index: Int, hashes: [Digest], checkpoint: SignedNote) {
        self.index = index
        self.hashes = hashes
        self.checkpoint = checkpoint
    }

    /// The content of a `.tlog-proof` file.
    package var text: String {
        ([Self.title, "index \(index)"] + hashes.map { Base64.text($0.bytes) })
            .joined(separator: "\n") + "\n\n" + checkpoint.note
    }

    /// - Throws: `malformed`. Nothing is verified yet. A line `extra …` is passed over.
    package init(parsing bytes: [UInt8]) throws(NoteFault) {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .malformed("a proof is UTF-8")
        }
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.first == Self.title[...], let blank = lines.firstIndex(where: \.isEmpty) else {
            throw .malformed("a proof begins with `\(Self.title)` and has an empty line")
        }
        var head = lines[1..<blank]
        if head.first?.hasPrefix("extra ") == true { head.removeFirst() }
        guard let line = head.popFirst(), line.hasPrefix("index "),
            let index = Int(line.dropFirst(6)), index >= 0, "index \(index)" == line
        else { throw .malformed("a proof says which record it is of") }
        let hashes = head.compactMap { Base64.bytes($0).flatMap { Digest(bytes: $0) } }
        guard hashes.count == head.count else {
            throw .malformed("a hash of a proof is 32 bytes in base64")
        }
        let note = lines[(blank + 1)...].joined(separator: "\n")
        self.init(
            index: index, hashes: hashes, checkpoint: try SignedNote(parsing: Array(note.utf8)))
    }

    /// The checkpoint, if it is signed by one of `keys` and has the record where the proof says.
    /// - Throws: why the proof does not convince.
    package func verified(
        of record: [UInt8], by keys: [VerifierKey]
    ) throws(NoteFault) -> Checkpoint {
        _ = try checkpoint.verified(by: keys)
        let signed = try Checkpoint(parsing: checkpoint.text)
        guard signed.head.includes(leaf: leafHash(record), at: index, proof: hashes) else {
            throw .malformed("the record is not entry \(index) of the log of \(signed.head.size)")
        }
        return signed
    }
}
