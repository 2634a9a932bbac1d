/// Why a note, a checkpoint or a key is not to be believed.
package enum NoteFault: Error, Hashable, Sendable, CustomStringConvertible {
    case malformed(String)
    /// A key that we know signed something else than this text.
    case wrongSignature(key: String)
    /// None of the known keys signed.
    case unsigned

    package var description: String {
        switch self {
        case .malformed(let problem): problem
        case .wrongSignature(let key): "the signature of \(key) is wrong"
        case .unsigned: "none of the known keys signed it"
        }
    }
}

/// A text and who signed it (c2sp.org/signed-note).
package struct SignedNote: Hashable, Sendable {
    package struct Signature: Hashable, Sendable {
        package var name: String
        package var keyID: UInt32
        package var bytes: [UInt8]

        package init(name: String, keyID: UInt32, bytes: [UInt8]) {
            self.name = name
            self.keyID = keyID
            self.bytes = bytes
        }

        package var line: String {
            "— \(name) \(Base64.text(bigEndian(keyID) + bytes))\n"
        }
    }

    /// More signatures than this are refused.
    package static let signatureLimit = 64

    /// Whole lines, the last one ended.
    package var text: String
    package var signatures: [Signature]

    /// `text`, signed by each of `signers`.
    /// - Precondition: `text` ends with a newline.
    package init(text: String, signers: [NoteSigner]) {
        precondition(text.utf8.last == UInt8(ascii: "\n"), "a note without a last newline")
        self.text = text
        signatures = signers.map { $0.signature(over: text) }
    }

    /// The file's content: the text, an empty line, one line a signature.
    package var note: String { text + "\n" + signatures.map(\.line).joined() }

    /// - Throws: `malformed`. Nothing is verified yet.
    package init(parsing bytes: some Sequence<UInt8>) throws(NoteFault) {
        let bytes = Array(bytes)
        guard let note = String(validating: bytes, as: UTF8.self),
            bytes.allSatisfy({ $0 >= 0x20 || $0 == UInt8(ascii: "\n") })
        else { throw .malformed("a note is UTF-8 without control characters") }
        let lines = note.split(separator: "\n", omittingEmptySubsequences: false)
        // The last piece is what follows the last newline; the text ends at the last empty line.
        guard lines.last?.isEmpty == true,
            let blank = lines.dropLast().lastIndex(where: \.isEmpty), blank > 0
        else { throw .malformed("a note is a text, an empty line and signatures") }
        text = lines[..<blank].joined(separator: "\n") + "\n"
        signatures = []
        let signed = lines[(blank + 1)..<(lines.count - 1)]
        guard (1...Self.signatureLimit).contains(signed.count) else {
            throw .malformed("a note has 1 to \(Self.signatureLimit) signatures")
        }
        for line in signed { signatures.append(try Self.signature(line)) }
    }

    private static func signature(_ line: Substring) throws(NoteFault) -> Signature {
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, words[0] == "—", isKeyName(words[1]),
            let bytes = Base64.bytes(words[2]), bytes.count > 4
        else { throw .malformed("not a signature line: \(line)") }
        let keyID = bytes.prefix(4).reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return Signature(name: String(words[1]), keyID: keyID, bytes: Array(bytes.dropFirst(4)))
    }

    /// Those of `keys` that signed this text. Signatures by other keys are passed over; one by a
    /// known key must be right.
    /// - Throws: `wrongSignature`, or `unsigned` if no known key signed.
    package func verified(by keys: [VerifierKey]) throws(NoteFault) -> [VerifierKey] {
        var signers: [VerifierKey] = []
        for signature in signatures {
            guard let key = keys.first(where: { $0.matches(signature) }) else { continue }
            guard key.verifies(signature.bytes, over: text) else {
                throw .wrongSignature(key: key.name)
            }
            if !signers.contains(key) { signers.append(key) }
        }
        guard !signers.isEmpty else { throw .unsigned }
        return signers
    }
}

/// Four bytes, the most significant first.
func bigEndian(_ value: UInt32) -> [UInt8] {
    (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * UInt32($0))) }
}
