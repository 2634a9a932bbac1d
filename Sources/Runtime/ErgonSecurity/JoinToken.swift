import Crypto
package import ErgonModel
import FoundationEssentials

/// What lets somebody in once: `ergon1.<id>.<secret>.<pin>`, each part in base64url without
/// padding (RFC 4648, section 5).
package struct JoinToken: Hashable, Sendable {
    /// 8 bytes; not secret.
    package let id: TokenID
    /// 32 bytes; never travels and is never stored by the coordinator.
    let secret: [UInt8]
    /// SHA-256 of the authority's public key: the only server the bearer may talk to.
    package let pin: ErgonModel.Digest

    private static let version = "ergon1"

    init(id: TokenID, secret: [UInt8], pin: ErgonModel.Digest) {
        self.id = id
        self.secret = secret
        self.pin = pin
    }

    /// - Parameter text: as `text` gives it, or `nil` comes back.
    package init?(parsing text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == Self.version,
            let id = bytes(base64URL: parts[1]).flatMap(TokenID.init(bytes:)),
            let secret = bytes(base64URL: parts[2]), secret.count == 32,
            let pin = bytes(base64URL: parts[3]).flatMap({ ErgonModel.Digest(bytes: $0) })
        else { return nil }
        self.init(id: id, secret: secret, pin: pin)
    }

    /// The whole token, secret and all: for the one who asked for it, and for no log.
    package var text: String {
        "\(Self.version).\(id).\(base64URL(secret)).\(base64URL(pin.bytes))"
    }

    var enrolmentKey: EnrolmentKey { EnrolmentKey(secret: secret) }
}

extension JoinToken: CustomStringConvertible, CustomReflectable {
    /// Without the secret, in case it ends up in a log after all.
    package var description: String { "\(Self.version).\(id)" }
    package var customMirror: Mirror { Mirror(self, children: ["id": id]) }
}

/// What a token is called: 8 random bytes.
package struct TokenID: Hashable, Sendable, CustomStringConvertible {
    package let bytes: [UInt8]

    package init?(bytes: [UInt8]) {
        guard bytes.count == 8 else { return nil }
        self.bytes = bytes
    }

    package var description: String { base64URL(bytes) }
}

/// HKDF-SHA256(secret, info "ergon-enrol-v1") (RFC 5869): what the coordinator keeps of a token's
/// secret, and what both sides prove to each other that they have.
struct EnrolmentKey: Hashable, Sendable {
    let bytes: [UInt8]

    init(secret: [UInt8]) {
        let key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: secret), info: Array("ergon-enrol-v1".utf8),
            outputByteCount: 32)
        bytes = key.withUnsafeBytes { Array($0) }
    }

    init?(bytes: [UInt8]) {
        guard bytes.count == 32 else { return nil }
        self.bytes = bytes
    }

    func code(for message: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: bytes)))
    }

    /// In constant time.
    func isValid(_ code: [UInt8], for message: [UInt8]) -> Bool {
        HMAC<SHA256>.isValidAuthenticationCode(
            code, authenticating: message, using: SymmetricKey(data: bytes))
    }
}

func base64URL(_ bytes: [UInt8]) -> String {
    String(
        Data(bytes).base64EncodedString().compactMap { character in
            switch character {
            case "+": "-"
            case "/": "_"
            case "=": nil
            default: character
            }
        })
}

/// The inverse of `base64URL`; `nil` for all else, also for another spelling of the same bytes.
func bytes(base64URL text: Substring) -> [UInt8]? {
    let standard = text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }
    let padding = String(repeating: "=", count: (4 - standard.count % 4) % 4)
    guard let data = Data(base64Encoded: String(standard) + padding) else { return nil }
    let bytes = Array(data)
    return base64URL(bytes) == text ? bytes : nil
}
