import Crypto
package import ErgonModel
import NIOSSL
import SwiftASN1
package import X509

/// A key, its certificate and the authority they both go back to: `key.pem`, `cert.pem` and
/// `authority.pem` in one folder.
package struct Credentials: Sendable {
    package let folder: String
    package let identity: Identity
    package let certificate: Certificate
    package let authority: Certificate
    let key: P256.Signing.PrivateKey
    let chain: [NIOSSLCertificate]

    package var keyPath: String { Self.keyPath(in: folder) }
    package var certificatePath: String { Self.certificatePath(in: folder) }
    package var authorityPath: String { Self.authorityPath(in: folder) }
    package var validity: Validity { certificate.validity }
    package var notAfter: Instant { validity.notAfter }

    /// - Throws: `SecurityFault` unless the key is the certificate's, the authority issued the
    ///   certificate, and it names somebody. Whether it is still valid is the caller's to ask.
    package init(
        folder: String, key: FreshKey, certificate: Certificate, authority: Certificate
    ) throws(SecurityFault) {
        try self.init(
            folder: folder, key: key.privateKey, certificate: certificate, authority: authority)
    }

    private init(
        folder: String, key: P256.Signing.PrivateKey, certificate: Certificate,
        authority: Certificate
    ) throws(SecurityFault) {
        guard certificate.publicKey == Certificate.PublicKey(key.publicKey) else {
            throw .keyMismatch(folder: folder)
        }
        guard authority.isAuthority, certificate.isIssued(by: authority) else {
            throw .notIssuedHere(folder: folder)
        }
        do { identity = try Identity(certificate: certificate) } catch {
            throw .namesNobody(place: Self.certificatePath(in: folder), error)
        }
        chain = try refusing {
            try [certificate, authority].map { try NIOSSLCertificate(bytes: $0.der, format: .der) }
        }
        self.folder = folder
        self.key = key
        self.certificate = certificate
        self.authority = authority
    }

    private static func keyPath(in folder: String) -> String { folder + "/key.pem" }
    private static func certificatePath(in folder: String) -> String { folder + "/cert.pem" }
    private static func authorityPath(in folder: String) -> String { folder + "/authority.pem" }
}

extension Credentials {
    /// What `folder` holds, or `nil` if it holds none of it.
    ///
    /// A renewal replaces two files; if a crash came between them, the second is put in its place
    /// here.
    package static func load(from folder: String) throws(SecurityFault) -> Credentials? {
        do { return try loadOnce(from: folder) } catch {
            // A renewal may have come between the reading of one file and of the other.
            guard case .keyMismatch = error else { throw error }
            return try loadOnce(from: folder)
        }
    }

    private static func loadOnce(from folder: String) throws(SecurityFault) -> Credentials? {
        let keyPath = keyPath(in: folder)
        guard let pem = try PrivateFile.readSecret(keyPath) else { return nil }
        guard let key = try? P256.Signing.PrivateKey(pemRepresentation: text(pem)) else {
            throw .unreadable(path: keyPath, expected: "a P-256 private key in PEM form")
        }
        let authority = try certificate(at: authorityPath(in: folder))
        let path = certificatePath(in: folder)
        let isOurs = { (certificate: Certificate) in
            certificate.publicKey == Certificate.PublicKey(key.publicKey)
        }
        if let staged = try? certificate(at: path + ".new"), isOurs(staged) {
            try PrivateFile.adopt(path)
        }
        return try Credentials(
            folder: folder, key: key, certificate: try certificate(at: path), authority: authority)
    }

    private static func certificate(at path: String) throws(SecurityFault) -> Certificate {
        guard let pem = try PrivateFile.read(path) else {
            throw .cannotRead(path: path, reason: "no such file")
        }
        // What follows in the file is the chain, which we have from elsewhere.
        guard let first = try? PEMDocument.parseMultiple(pemString: text(pem)).first,
            let certificate = try? Certificate(pemDocument: first)
        else { throw .unreadable(path: path, expected: "a certificate in PEM form") }
        return certificate
    }

    /// Into `folder`; whatever the moment of a crash, `load` finds the old or the new.
    package func save() throws(SecurityFault) {
        let leaf = try refusing { try certificate.serializeAsPEM().pemString }
        let root = try refusing { try authority.serializeAsPEM().pemString }
        try PrivateFile.write(Array((root + "\n").utf8), to: authorityPath)
        // The certificate is staged before the key is in place, so that `load` can finish the move.
        try PrivateFile.stage(Array("\(leaf)\n\(root)\n".utf8), at: certificatePath + ".new")
        try PrivateFile.write(Array((key.pemRepresentation + "\n").utf8), to: keyPath)
        try PrivateFile.adopt(certificatePath)
    }
}
