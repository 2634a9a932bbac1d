package import Crypto
import ErgonModel
import SwiftASN1
import X509

/// A private key that was made just now and is nowhere on disk yet.
package struct FreshKey: Sendable {
    let privateKey: P256.Signing.PrivateKey

    package init() { privateKey = P256.Signing.PrivateKey() }

    package var publicKey: P256.Signing.PublicKey { privateKey.publicKey }

    /// A PKCS #10 request (RFC 2986), DER. It names nobody: names are the authority's to give.
    package func signingRequest() throws(SecurityFault) -> [UInt8] {
        try refusing {
            try serialized(
                CertificateSigningRequest(
                    version: .v1, subject: DistinguishedName(),
                    privateKey: Certificate.PrivateKey(privateKey),
                    attributes: CertificateSigningRequest.Attributes(),
                    signatureAlgorithm: .ecdsaWithSHA256))
        }
    }
}

/// What is left of a request after the check: a key whose holder has shown that it holds it.
/// Names, extensions and attributes in the request are never looked at.
package struct SigningRequest: Sendable {
    package let publicKey: P256.Signing.PublicKey

    package enum Fault: Error, Hashable, Sendable {
        case malformed
        case keyType
        case signature
    }

    /// Requests of ours are about 200 bytes.
    private static let sizeLimit = 4096

    /// - Parameter der: PKCS #10 (RFC 2986).
    package init(der: [UInt8]) throws(Fault) {
        guard der.count <= Self.sizeLimit,
            let request = try? CertificateSigningRequest(derEncoded: der)
        else { throw .malformed }
        guard let key = P256.Signing.PublicKey(request.publicKey) else { throw .keyType }
        guard request.publicKey.isValidSignature(request.signature, for: request) else {
            throw .signature
        }
        publicKey = key
    }

    /// For a key that was made in this process.
    init(publicKey: P256.Signing.PublicKey) { self.publicKey = publicKey }
}

extension SigningRequest.Fault: CustomStringConvertible {
    package var description: String {
        switch self {
        case .malformed: "the signing request cannot be read"
        case .keyType: "the signing request is for a key that is not P-256"
        case .signature: "the signing request is not signed by its own key"
        }
    }
}
