private import Crypto
import ErgonModel

/// The type byte of Ed25519 keys of notes (c2sp.org/signed-note, "Signature types").
private let ed25519: UInt8 = 1

/// A public key that checks notes.
package struct VerifierKey: Hashable, Sendable, CustomStringConvertible {
    package let name: String
    /// 32 bytes (RFC 8032).
    package let publicKey: [UInt8]
    /// The first four bytes of SHA-256(name ‖ newline ‖ 1 ‖ public key).
    package let id: UInt32

    /// `nil` if the name may not name a key or the key is not an Ed25519 public key.
    package init?(name: String, publicKey: [UInt8]) {
        guard isKeyName(name),
            (try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey)) != nil
        else { return nil }
        self.name = name
        self.publicKey = publicKey
        var hasher = ContentHasher()
        hasher.update(Array(name.utf8) + [UInt8(ascii: "\n"), ed25519] + publicKey)
        id = hasher.finish().bytes.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// `name+<eight hexadecimal digits>+<base64 of type and key>`.
    package init(parsing text: String) throws(NoteFault) {
        let parts = text.split(
            separator: "+", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let bytes = Base64.bytes(parts[2]), bytes.first == ed25519,
            let key = VerifierKey(name: String(parts[0]), publicKey: Array(bytes.dropFirst()))
        else { throw .malformed("not a verifier key for Ed25519: \(text)") }
        guard key.description == text else {
            throw .malformed("the verifier key and its checksum differ: \(text)")
        }
        self = key
    }

    package var description: String {
        "\(name)+\(hexadecimal(bigEndian(id)))+\(Base64.text([ed25519] + publicKey))"
    }

    func matches(_ signature: SignedNote.Signature) -> Bool {
        signature.name == name && signature.keyID == id
    }

    func verifies(_ signature: [UInt8], over text: String) -> Bool {
        guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: publicKey) else {
            return false
        }
        return key.isValidSignature(signature, for: Array(text.utf8))
    }
}

/// A private key that signs notes.
package struct NoteSigner: Sendable {
    private let key: Curve25519.Signing.PrivateKey
    package let verifier: VerifierKey

    /// `nil` if the name may not name a key or the seed is not 32 bytes.
    package init?(name: String, seed: [UInt8]) {
        guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed),
            let verifier = VerifierKey(
                name: name, publicKey: Array(key.publicKey.rawRepresentation))
        else { return nil }
        self.key = key
        self.verifier = verifier
    }

    func signature(over text: String) -> SignedNote.Signature {
        guard let bytes = try? key.signature(for: Array(text.utf8)) else {
            preconditionFailure("Ed25519 cannot fail on a message in memory")
        }
        return SignedNote.Signature(name: verifier.name, keyID: verifier.id, bytes: Array(bytes))
    }
}
