import Crypto
package import ErgonModel
import SwiftASN1
package import X509

extension Certificate {
    /// The one name every client checks, whatever address it connects to.
    package static let coordinatorName = "coordinator.ergon"

    package init(der: [UInt8]) throws { try self.init(derEncoded: der) }

    package var der: [UInt8] {
        get throws { try serialized(self) }
    }

    /// SHA-256 of the certificate as a whole.
    package var fingerprint: ErgonModel.Digest {
        get throws { sha256(try der) }
    }

    /// SHA-256 of the SubjectPublicKeyInfo (RFC 7469, section 2.4): stays when the certificate is
    /// made anew for the same key.
    package var keyDigest: ErgonModel.Digest {
        get throws { sha256(try serialized(publicKey)) }
    }

    /// Lower-case hexadecimal digits, as `openssl x509 -serial` shows them in capitals.
    package var serialText: String { hexadecimal(serialNumber.bytes) }

    package var validity: Validity {
        Validity(notBefore: Instant(notValidBefore), notAfter: Instant(notValidAfter))
    }

    func isIssued(by authority: Certificate) -> Bool {
        issuer == authority.subject && authority.publicKey.isValidSignature(signature, for: self)
    }

    func allows(_ usage: ExtendedKeyUsage.Usage) -> Bool {
        guard let usages = try? extensions.extendedKeyUsage else { return false }
        return usages.contains(usage)
    }

    var isAuthority: Bool {
        guard case .isCertificateAuthority = try? extensions.basicConstraints else { return false }
        return true
    }
}

extension Certificate.Extensions {
    /// Of an authority that issues leaves and nothing else (RFC 5280, section 4.2.1).
    static func authority(_ key: Certificate.PublicKey) throws -> Certificate.Extensions {
        try Certificate.Extensions {
            Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
            Critical(KeyUsage(keyCertSign: true, cRLSign: true))
            SubjectKeyIdentifier(keyIdentifier: keyIdentifier(of: key)[...])
        }
    }

    static func leaf(
        of identity: Identity, key: Certificate.PublicKey, issuer: Certificate.PublicKey
    ) throws -> Certificate.Extensions {
        var names = [GeneralName.uniformResourceIdentifier(identity.uri)]
        var usages = [ExtendedKeyUsage.Usage.clientAuth]
        if identity.role == .coordinator {
            names.append(.dnsName(Certificate.coordinatorName))
            usages.append(.serverAuth)
        }
        return try Certificate.Extensions {
            Critical(BasicConstraints.notCertificateAuthority)
            Critical(KeyUsage(digitalSignature: true))
            try ExtendedKeyUsage(usages)
            SubjectAlternativeNames(names)
            SubjectKeyIdentifier(keyIdentifier: keyIdentifier(of: key)[...])
            AuthorityKeyIdentifier(keyIdentifier: keyIdentifier(of: issuer)[...])
        }
    }
}

extension Certificate.SerialNumber {
    /// 127 random bits, so that it is positive in 16 octets (RFC 5280, section 4.1.2.2).
    static func random() -> Certificate.SerialNumber {
        var bytes = randomBytes(16)
        bytes[0] = bytes[0] & 0x7F | 0x40
        return Certificate.SerialNumber(bytes: bytes)
    }
}

/// The leftmost 160 bits of SHA-256 over the key's bits (RFC 7093, section 2, method 1).
func keyIdentifier(of key: Certificate.PublicKey) -> [UInt8] {
    Array(sha256(key.subjectPublicKeyInfoBytes).bytes.prefix(20))
}

func serialized(_ value: some DERSerializable) throws -> [UInt8] {
    var serializer = DER.Serializer()
    try serializer.serialize(value)
    return serializer.serializedBytes
}

func sha256(_ bytes: some Sequence<UInt8>) -> ErgonModel.Digest {
    guard let digest = Digest(bytes: Array(SHA256.hash(data: Array(bytes)))) else {
        preconditionFailure("SHA-256 is not 32 bytes long")
    }
    return digest
}

/// From the system, fit for keys.
package func randomBytes(_ count: Int) -> [UInt8] {
    var random = SystemRandomNumberGenerator()
    return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &random) }
}
