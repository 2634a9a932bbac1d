import ErgonModel

/// What is wrong with keys and certificates on this machine.
package enum SecurityFault: Error, Hashable, Sendable {
    case cannotRead(path: String, reason: String)
    case cannotWrite(path: String, reason: String)
    /// The file is there, but does not hold what it should.
    case unreadable(path: String, expected: String)
    /// Others than its owner may read the private key.
    case keyExposed(path: String)
    case keyMismatch(folder: String)
    /// The authority's certificate is there without its key.
    case keyLost(path: String)
    /// Something that the first start made is not there, but what later starts made is.
    case lost(path: String, beside: String)
    case notAnAuthority(path: String)
    case authorityExpired(path: String)
    /// The certificate was not issued by the authority beside it.
    case notIssuedHere(folder: String)
    case namesNobody(place: String, IdentityFault)
    /// A cryptographic library refused.
    case refused(String)
}

extension SecurityFault: Actionable {
    package var place: String {
        switch self {
        case .cannotRead(let path, _), .cannotWrite(let path, _), .unreadable(let path, _),
            .keyExposed(let path), .keyLost(let path), .lost(let path, _),
            .notAnAuthority(let path),
            .authorityExpired(let path), .namesNobody(let path, _):
            path
        case .keyMismatch(let folder), .notIssuedHere(let folder): folder
        case .refused: "cryptography"
        }
    }

    package var problem: String {
        switch self {
        case .cannotRead(_, let reason): "cannot be read: \(reason)"
        case .cannotWrite(_, let reason): "cannot be written: \(reason)"
        case .unreadable(_, let expected): "does not hold \(expected)"
        case .keyExposed: "the private key can be read by others than its owner"
        case .keyMismatch: "key.pem and cert.pem do not belong together"
        case .keyLost: "the authority's private key is not there, but its certificate is"
        case .lost(_, let other): "is not there, but \(other) is"
        case .notAnAuthority: "is not the self-signed certificate of an authority"
        case .authorityExpired: "the authority's certificate has expired"
        case .notIssuedHere: "cert.pem was not issued by the authority in authority.pem"
        case .namesNobody(_, let fault): "the certificate names nobody: \(fault)"
        case .refused(let reason): reason
        }
    }

    package var remedy: String {
        switch self {
        case .cannotRead, .cannotWrite: "check the folder, its owner and the free space"
        case .keyExposed(let path): "chmod 600 \(path), and ask whether anyone has copied it"
        case .lost: "restore it from a backup; without it nobody could tell this log from another"
        case .keyLost: "restore the key from a backup; a new authority means that all join anew"
        case .authorityExpired: "start a new authority in another folder; all must join anew"
        case .unreadable, .keyMismatch, .notAnAuthority, .notIssuedHere, .namesNobody:
            "restore the files from a backup, or join again with a new token"
        case .refused: ""
        }
    }
}
