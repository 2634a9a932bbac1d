private import Crypto
import ErgonModel

/// A public key that checks notes.
package struct VerifierKey: Hashable, Sendable, CustomStringConvertible {
    /// The byte that says what a key signs (c2sp.org/signed-note, "Signature types").
    package enum Kind: UInt8, Hashable, Sendable {
        /// The text.
        case ed25519 = 1
        /// That the text is of a log that was seen to grow only, and when
        /// (c2sp.org/tlog-cosignature, version 1).
        case cosignature = 4
    }

    package let kind: Kind
    package let name: String
    /// 32 bytes (RFC 8032).
    package let publicKey: [UInt8]
    /// The first four bytes of SHA-256(name ‖ newline ‖ kind ‖ public key).
    package let id: UInt32

    /// `nil` if the name may not name a key or the key is not an Ed25519 public key.
    package init?(_ kind: Kind = .ed25519, name: String, publicKey: [UInt8]) {
        guard isKeyName(name),
            (try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey)) != nil
        else { return nil }
        self.kind = kind
        self.name = name
        self.publicKey = publicKey
        var hasher = ContentHasher()
        hasher.update(Array(name.utf8) + [UInt8(ascii: "\n"), kind.rawValue] + publicKey)
        id = hasher.finish().bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// `name+<eight hexadecimal digits>+<base64 of kind and key>`.
    package init(parsing text: String) throws(NoteFault) {
        let parts = text.split(
            separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let bytes = Base64.bytes(parts[2]),
            let kind = bytes.first.flatMap(Kind.init),
            let key = VerifierKey(
                kind, name: String(parts[0]), publicKey: Array(bytes.dropFirst()))
        else { throw .malformed("not a verifier key for Ed25519: \(text)") }
        guard key.description == text else {
            throw .malformed("the verifier key and its checksum differ: \(text)")
        }
        self = key
    }

    package var description: String {
        "\(name)+\(hexadecimal(bigEndian(id)))+\(Base64.text([kind.rawValue] + publicKey))"
    }

    func matches(_ signature: SignedNote.Signature) -> Bool {
        signature.name == name && signature.keyID == id
    }

    func verifies(_ signature: [UInt8], over text: String) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey) else {
            return false
        }
        switch kind {
        case .ed25519: return verifies(signature, overBytes: Array(text.utf8))
        case .cosignature:
            guard signature.count == 72 else { return false }
            let seconds = signature.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            let signed = Array(cosigned(text, seconds: seconds).utf8)
            return key.isValidSignature(Array(signature.dropFirst(8)), for: signed)
        }
    }

    /// Of bytes as they are; false if the key is not for that.
    func verifies(_ signature: [UInt8], overBytes bytes: [UInt8]) -> Bool {
        guard kind == .ed25519,
            let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey)
        else { return false }
        return key.isValidSignature(signature, for: bytes)
    }
}

/// What a cosignature is over (c2sp.org/tlog-cosignature, version 1).
private func cosigned(_ text: String, seconds: UInt64) -> String {
    "cosignature/v1\ntime \(seconds)\n\(text)"
}

/// A private key that signs notes.
package struct NoteSigner: Sendable {
    private let key: Curve25519.Signing.PrivateKey
    package let verifier: VerifierKey

    /// `nil` if the name may not name a key or the seed is not 32 bytes.
    package init?(_ kind: VerifierKey.Kind = .ed25519, name: String, seed: [UInt8]) {
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed),
            let verifier = VerifierKey(
                kind, name: name, publicKey: Array(key.publicKey.rawRepresentation))
        else { return nil }
        self.key = key
        self.verifier = verifier
    }

    /// - Precondition: the key is one for texts.
    func signature(over text: String) -> SignedNote.Signature {
        precondition(verifier.kind == .ed25519, "\(verifier) is a witness's key")
        return signature(bytes: signed(text))
    }

    /// Says that the checkpoint is of a log that has only grown.
    /// - Parameters:
    ///   - text: of a checkpoint.
    ///   - seconds: since 1970.
    /// - Precondition: the key is a witness's.
    package func cosignature(over text: String, seconds: UInt64) -> SignedNote.Signature {
        precondition(verifier.kind == .cosignature, "\(verifier) is no witness's key")
        let time = (0..<8).map { UInt8(truncatingIfNeeded: seconds >> (56 - 8 * UInt64($0))) }
        return signature(bytes: time + signed(cosigned(text, seconds: seconds)))
    }

    private func signature(bytes: [UInt8]) -> SignedNote.Signature {
        SignedNote.Signature(name: verifier.name, keyID: verifier.id, bytes: bytes)
    }

    /// - Precondition: the key is one for texts.
    func signature(overBytes bytes: [UInt8]) -> [UInt8] {
        precondition(verifier.kind == .ed25519, "\(verifier) is a witness's key")
        return signed(bytes)
    }

    private func signed(_ text: String) -> [UInt8] { signed(Array(text.utf8)) }

    private func signed(_ bytes: [UInt8]) -> [UInt8] {
        guard let signature = try? key.signature(for: bytes) else {
            preconditionFailure("Ed25519 cannot fail on a message in memory")
        }
        return Array(signature)
    }
}
