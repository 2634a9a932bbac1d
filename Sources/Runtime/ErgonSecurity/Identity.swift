package import ErgonModel
package import X509

/// What a certificate's holder may be. One role per certificate.
package enum Role: String, Hashable, Sendable, CaseIterable {
    case coordinator, worker, submitter, approver, auditor, `operator`

    /// How long a certificate of this role is valid unless someone says otherwise.
    /// Workers renew by themselves; people come back once a month.
    package var lifetime: Microseconds {
        switch self {
        case .coordinator: .seconds(90 * 86_400)
        case .worker: .seconds(86_400)
        case .submitter, .approver, .auditor, .operator: .seconds(30 * 86_400)
        }
    }
}

/// Who a certificate names: `spiffe://ergon/<role>/<name>` (SPIFFE-ID specification, section 2).
package struct Identity: Hashable, Sendable, CustomStringConvertible {
    package let role: Role
    package let name: String

    private static let prefix = "spiffe://ergon/"
    /// So that a name fits wherever a host name does.
    private static let nameLimit = 63

    /// - Parameter name: 1 to 63 of `a-z A-Z 0-9 . - _`, starting with a letter or a digit.
    package init(role: Role, name: String) throws(IdentityFault) {
        guard Self.isName(name) else { throw .badName(printable(name)) }
        self.role = role
        self.name = name
    }

    package init(uri: String) throws(IdentityFault) {
        guard uri.hasPrefix(Self.prefix) else { throw .foreignURI(printable(uri)) }
        let path = uri.dropFirst(Self.prefix.count)
            .split(separator: "/", omittingEmptySubsequences: false)
        guard path.count == 2, let role = Role(rawValue: String(path[0])) else {
            throw .foreignURI(printable(uri))
        }
        try self.init(role: role, name: String(path[1]))
    }

    /// - Throws: `IdentityFault` unless the certificate carries exactly one URI, and that is ours.
    package init(certificate: Certificate) throws(IdentityFault) {
        let names: SubjectAlternativeNames?
        do { names = try certificate.extensions.subjectAlternativeNames } catch {
            throw .unreadableNames
        }
        let uris = (names ?? SubjectAlternativeNames()).compactMap { name -> String? in
            if case .uniformResourceIdentifier(let uri) = name { uri } else { nil }
        }
        guard uris.count == 1 else { throw .uriCount(uris.count) }
        try self.init(uri: uris[0])
    }

    package var uri: String { "\(Self.prefix)\(role.rawValue)/\(name)" }
    package var description: String { "\(role.rawValue) \(name)" }

    private static func isName(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        guard (1...nameLimit).contains(bytes.count), isLetterOrDigit(bytes[0]) else { return false }
        return bytes.allSatisfy { isLetterOrDigit($0) || ".-_".utf8.contains($0) }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: false
        }
    }
}

/// Why a certificate or a text names nobody.
package enum IdentityFault: Error, Hashable, Sendable, CustomStringConvertible {
    case badName(String)
    case foreignURI(String)
    case uriCount(Int)
    case unreadableNames

    package var description: String {
        switch self {
        case .badName(let name):
            "`\(name)` is not a name: 1 to 63 letters, digits, `.`, `-` and `_`, "
                + "the first a letter or a digit"
        case .foreignURI(let uri): "`\(uri)` is not of the form spiffe://ergon/<role>/<name>"
        case .uriCount(let count): "the certificate carries \(count) URIs instead of one"
        case .unreadableNames: "the certificate's alternative names cannot be read"
        }
    }
}

/// What a peer sent, in a form that can stand in a log line: printable ASCII, at most 100 of it.
func printable(_ text: String) -> String {
    let clean = text.unicodeScalars.prefix(101).map { (" "..."~").contains($0) ? $0 : "?" }
    let kept = String(String.UnicodeScalarView(clean.prefix(100)))
    return clean.count > 100 ? kept + "..." : kept
}
