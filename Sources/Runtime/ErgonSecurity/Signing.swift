import Crypto
package import ErgonModel
import SwiftASN1
package import X509

extension Credentials {
    /// For whoever checks what is signed with this key.
    package var signing: SigningKey {
        guard let der = try? certificate.der else {
            preconditionFailure("a certificate that was read cannot be written")
        }
        return SigningKey(key: Array(key.publicKey.compressedRepresentation), certificate: der)
    }

    /// r and s of ECDSA on P-256 with SHA-256 (FIPS 186-5, section 6.4), 64 bytes.
    package func signature(over text: [UInt8]) -> [UInt8] {
        guard let signature = try? key.signature(for: text) else {
            preconditionFailure("ECDSA cannot fail on a message in memory")
        }
        return Array(signature.rawRepresentation)
    }
}

/// Why a certificate is not one that a worker may sign with.
package struct SignerFault: Error, Hashable, Sendable {
    package var reason: String
}

extension SigningKey {
    /// - Parameters:
    ///   - der: the certificate with which the worker says that it signs.
    ///   - now: when it said so.
    /// - Throws: unless the authority issued it, for this worker and for that time.
    package init(
        certificate der: [UInt8], of worker: WorkerID, by authority: Certificate, now: Instant
    ) throws(SignerFault) {
        guard let certificate = try? Certificate(der: der),
            let key = P256.Signing.PublicKey(certificate.publicKey)
        else { throw SignerFault(reason: "no certificate of a key on P-256") }
        guard certificate.isIssued(by: authority) else {
            throw SignerFault(reason: "a certificate that this installation did not issue")
        }
        do throws(PeerRefusal) {
            let identity = try checkPeer(certificate, now: now, denied: [], allowed: [.worker])
            guard identity.name == worker.name else {
                throw .denied(identity, by: "the name of worker \(worker)")
            }
        } catch { throw SignerFault(reason: error.forLog) }
        self.init(key: Array(key.compressedRepresentation), certificate: der)
    }
}

/// The certificate at `path`; `nil` if there is none.
package func readAuthority(_ path: String) throws(SecurityFault) -> Certificate? {
    guard let pem = try PrivateFile.read(path) else { return nil }
    guard let certificate = try? Certificate(pemEncoded: text(pem)), certificate.isAuthority else {
        throw .unreadable(path: path, expected: "an authority's certificate in PEM form")
    }
    return certificate
}
