import Crypto
package import ErgonModel
import SwiftASN1
package import X509

/// An installation's private authority: a P-256 key and its self-signed certificate in a folder.
/// Whoever has the key can be anyone; it never leaves the coordinator's machine.
package struct Authority: Sendable {
    package let certificate: Certificate
    /// What join tokens pin: SHA-256 of the authority's public key.
    package let keyDigest: ErgonModel.Digest
    package let certificatePEM: String
    private let key: P256.Signing.PrivateKey

    private static let lifetime = Microseconds.seconds(3650 * 86_400)

    /// The authority in `folder`, made there if there is none yet.
    /// - Throws: `SecurityFault`; above all it never makes a new one in the place of one that is
    ///   damaged, for then nobody could tell the two apart.
    package static func openOrCreate(
        in folder: String, now: Instant
    ) throws(SecurityFault) -> Authority {
        let paths = (key: folder + "/authority-key.pem", certificate: folder + "/authority.pem")
        let certificate = try PrivateFile.read(paths.certificate)
        guard let pem = try PrivateFile.readSecret(paths.key) else {
            guard certificate == nil else { throw .keyLost(path: paths.key) }
            let key = P256.Signing.PrivateKey()
            try PrivateFile.write(Array(key.pemRepresentation.utf8), to: paths.key)
            return try create(key, at: paths.certificate, now: now)
        }
        guard let key = try? P256.Signing.PrivateKey(pemRepresentation: text(pem)) else {
            throw .unreadable(path: paths.key, expected: "a P-256 private key in PEM form")
        }
        // A crash came between the two files: the same key gives the same authority.
        guard let certificate else { return try create(key, at: paths.certificate, now: now) }
        return try open(key, certificate, folder: folder, path: paths.certificate, now: now)
    }

    private static func open(
        _ key: P256.Signing.PrivateKey, _ pem: [UInt8], folder: String, path: String, now: Instant
    ) throws(SecurityFault) -> Authority {
        guard let certificate = try? Certificate(pemEncoded: text(pem)) else {
            throw .unreadable(path: path, expected: "a certificate in PEM form")
        }
        guard certificate.isAuthority, certificate.isIssued(by: certificate) else {
            throw .notAnAuthority(path: path)
        }
        guard certificate.publicKey == Certificate.PublicKey(key.publicKey) else {
            throw .keyMismatch(folder: folder)
        }
        guard now < certificate.validity.notAfter else { throw .authorityExpired(path: path) }
        return try Authority(key: key, certificate: certificate)
    }

    private static func create(
        _ key: P256.Signing.PrivateKey, at path: String, now: Instant
    ) throws(SecurityFault) -> Authority {
        let certificate = try selfSigned(key, now: now)
        let authority = try Authority(key: key, certificate: certificate)
        try PrivateFile.write(Array(authority.certificatePEM.utf8), to: path)
        return authority
    }

    private static func selfSigned(
        _ key: P256.Signing.PrivateKey, now: Instant
    ) throws(SecurityFault) -> Certificate {
        let publicKey = Certificate.PublicKey(key.publicKey)
        let validity = Validity(lifetime, from: now)
        return try refusing {
            // The key's identifier in the name keeps two installations apart in any list.
            let name = try DistinguishedName {
                CommonName("Ergon authority \(hexadecimal(keyIdentifier(of: publicKey).prefix(8)))")
            }
            return try Certificate(
                version: .v3, serialNumber: .random(), publicKey: publicKey,
                notValidBefore: validity.notBefore.date, notValidAfter: validity.notAfter.date,
                issuer: name, subject: name, signatureAlgorithm: .ecdsaWithSHA256,
                extensions: .authority(publicKey), issuerPrivateKey: Certificate.PrivateKey(key))
        }
    }

    private init(key: P256.Signing.PrivateKey, certificate: Certificate) throws(SecurityFault) {
        self.key = key
        self.certificate = certificate
        (keyDigest, certificatePEM) = try refusing {
            (try certificate.keyDigest, try certificate.serializeAsPEM().pemString)
        }
    }

    /// A certificate for whoever holds the request's key. All that it says comes from here:
    /// nothing of the request but the key is in it.
    /// - Parameter lifetime: cut off at the authority's own end.
    package func issue(
        _ request: SigningRequest, to identity: Identity, for lifetime: Microseconds, now: Instant
    ) throws(SecurityFault) -> Certificate {
        var validity = Validity(lifetime, from: now)
        validity.notAfter = min(validity.notAfter, certificate.validity.notAfter)
        let publicKey = Certificate.PublicKey(request.publicKey)
        return try refusing {
            try Certificate(
                version: .v3, serialNumber: .random(), publicKey: publicKey,
                notValidBefore: validity.notBefore.date, notValidAfter: validity.notAfter.date,
                issuer: certificate.subject,
                subject: try DistinguishedName { CommonName(identity.name) },
                signatureAlgorithm: .ecdsaWithSHA256,
                extensions: .leaf(of: identity, key: publicKey, issuer: certificate.publicKey),
                issuerPrivateKey: Certificate.PrivateKey(key))
        }
    }

    /// A fresh key and certificate for somebody on this machine: the coordinator itself at every
    /// start, or the person who started it. Not yet saved.
    package func issueCredentials(
        to identity: Identity, in folder: String, now: Instant
    ) throws(SecurityFault) -> Credentials {
        let key = FreshKey()
        let request = SigningRequest(publicKey: key.publicKey)
        let certificate = try issue(request, to: identity, for: identity.role.lifetime, now: now)
        return try Credentials(
            folder: folder, key: key, certificate: certificate, authority: self.certificate)
    }
}

func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// Errors of the cryptographic libraries in our terms.
func refusing<Value>(_ body: () throws -> Value) throws(SecurityFault) -> Value {
    do { return try body() } catch { throw .refused(String(describing: error)) }
}
