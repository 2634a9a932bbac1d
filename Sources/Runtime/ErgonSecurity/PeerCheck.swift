package import ErgonModel
package import X509

/// Asked on every call, since a connection may outlive its certificate and the leave to use it.
/// - Parameters:
///   - certificate: what the transport says the peer presented, already verified by TLS.
///   - denied: identities (`spiffe://…`), serial numbers (`serialText`) and fingerprints (hex).
/// - Returns: who it is.
package func checkPeer(
    _ certificate: Certificate?, now: Instant, denied: Set<String>, allowed: Set<Role>
) throws(PeerRefusal) -> Identity {
    guard let certificate else { throw .noCertificate }
    let validity = certificate.validity
    guard validity.notBefore <= now else { throw .notYetValid(from: validity.notBefore) }
    guard now <= validity.notAfter else { throw .expired(at: validity.notAfter) }
    let identity: Identity
    do { identity = try Identity(certificate: certificate) } catch { throw .nobody(error) }
    guard let fingerprint = try? certificate.fingerprint else { throw .nobody(.unreadableNames) }
    for name in [identity.uri, certificate.serialText, fingerprint.hex] where denied.contains(name)
    {
        throw .denied(identity, by: name)
    }
    guard allowed.contains(identity.role) else {
        throw .wrongRole(identity, allowed: allowed.sorted { $0.rawValue < $1.rawValue })
    }
    return identity
}

/// Why a call is not answered.
package enum PeerRefusal: Error, Hashable, Sendable {
    case noCertificate
    case notYetValid(from: Instant)
    case expired(at: Instant)
    case nobody(IdentityFault)
    /// `by` is the entry of the deny list.
    case denied(Identity, by: String)
    case wrongRole(Identity, allowed: [Role])

    /// A sentence for the coordinator's log.
    package var forLog: String {
        switch self {
        case .noCertificate: "the connection carries no client certificate"
        case .notYetValid(let time): "the client's certificate is not valid before \(time.text)"
        case .expired(let time): "the client's certificate expired at \(time.text)"
        case .nobody(let fault): "\(fault)"
        case .denied(let identity, let entry): "\(identity) is on the deny list (\(entry))"
        case .wrongRole(let identity, let allowed):
            "\(identity) asked for what only \(Self.list(allowed)) may do"
        }
    }

    /// A sentence for the peer: what it can know anyway, and what it can do about it.
    package var forPeer: String {
        switch self {
        case .noCertificate: "a client certificate is needed"
        case .notYetValid: "your certificate is not yet valid; check your clock"
        case .expired: "your certificate has expired; join again"
        case .nobody: "your certificate names nobody known here"
        case .denied: "access denied"
        case .wrongRole(let identity, let allowed):
            "a certificate of role \(identity.role.rawValue) may not do this; it takes "
                + Self.list(allowed)
        }
    }

    private static func list(_ roles: [Role]) -> String {
        roles.map(\.rawValue).joined(separator: " or ")
    }
}
