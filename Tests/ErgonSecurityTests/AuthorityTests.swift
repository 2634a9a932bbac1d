import Crypto
import ErgonModel
import Glibc
import SwiftASN1
import Testing
import X509

@testable import ErgonSecurity

struct AuthorityTests {
    @Test func `an authority is made once and found again`() throws {
        let folder = try Folder()
        let made = try Authority.openOrCreate(in: folder.path, now: noon)
        let found = try Authority.openOrCreate(in: folder.path, now: noon + day)
        #expect(made.certificate == found.certificate)
        #expect(made.keyDigest == found.keyDigest)
        #expect(try folder.names == ["authority-key.pem", "authority.pem"])
        #expect(folder.mode(of: "authority-key.pem") == 0o600)
    }

    @Test func `a crash between key and certificate leaves the same authority`() throws {
        let folder = try Folder()
        let made = try Authority.openOrCreate(in: folder.path, now: noon)
        unlink(folder.path + "/authority.pem")
        let again = try Authority.openOrCreate(in: folder.path, now: noon + day)
        #expect(again.keyDigest == made.keyDigest)
        #expect(again.certificate.subject == made.certificate.subject)
    }

    @Test func `a damaged authority is never replaced`() throws {
        let folder = try Folder()
        let key = folder.path + "/authority-key.pem"
        let certificate = folder.path + "/authority.pem"
        _ = try Authority.openOrCreate(in: folder.path, now: noon)
        let whole = try #require(try PrivateFile.read(certificate))
        func fault() -> SecurityFault? {
            do { _ = try Authority.openOrCreate(in: folder.path, now: noon) } catch { return error }
            return nil
        }

        let other = try Folder()
        _ = try Authority.openOrCreate(in: other.path, now: noon)
        try PrivateFile.write(try #require(try other.content(of: "authority.pem")), to: certificate)
        #expect(fault() == .keyMismatch(folder: folder.path))
        try PrivateFile.write(Array("nonsense".utf8), to: certificate)
        #expect(fault() == .unreadable(path: certificate, expected: "a certificate in PEM form"))
        let leaf = try Forgery().selfSigned().serializeAsPEM().pemString
        try PrivateFile.write(Array(leaf.utf8), to: certificate)
        #expect(fault() == .notAnAuthority(path: certificate))

        try PrivateFile.write(whole, to: certificate)
        #expect(fault() == nil)
        chmod(key, 0o640)
        #expect(fault() == .keyExposed(path: key))
        unlink(key)
        #expect(fault() == .keyLost(path: key))
        #expect(try folder.content(of: "authority-key.pem") == nil)
    }

    @Test func `an expired authority says so`() throws {
        let folder = try Folder()
        _ = try Authority.openOrCreate(in: folder.path, now: noon)
        let later = noon + .seconds(3650 * 86_400)
        #expect(throws: SecurityFault.authorityExpired(path: folder.path + "/authority.pem")) {
            try Authority.openOrCreate(in: folder.path, now: later)
        }
    }

    @Test(arguments: Role.allCases)
    func `a certificate says what its role needs and nothing more`(role: Role) throws {
        let folder = try Folder()
        let authority = try Authority.openOrCreate(in: folder.path, now: noon)
        let identity = try Identity(role: role, name: "x1")
        let certificate = try issue(from: authority, to: identity, lifetime: role.lifetime)

        let uri = GeneralName.uniformResourceIdentifier("spiffe://ergon/\(role.rawValue)/x1")
        let isCoordinator = role == .coordinator
        let names = try #require(try certificate.extensions.subjectAlternativeNames)
        #expect(Array(names) == (isCoordinator ? [uri, .dnsName("coordinator.ergon")] : [uri]))
        let usages = try #require(try certificate.extensions.extendedKeyUsage)
        #expect(Array(usages) == (isCoordinator ? [.clientAuth, .serverAuth] : [.clientAuth]))
        #expect(try certificate.extensions.keyUsage == KeyUsage(digitalSignature: true))
        #expect(try certificate.extensions.basicConstraints == .notCertificateAuthority)
        let constraints = certificate.extensions[oid: .X509ExtensionID.basicConstraints]
        #expect(constraints?.critical == true)
        #expect(certificate.validity.notBefore == noon + .seconds(-300))
        #expect(certificate.validity.notAfter == noon + role.lifetime)
        #expect(certificate.serialNumber.bytes.count == 16)
        #expect(certificate.isIssued(by: authority.certificate))
        let again = try issue(from: authority, to: identity, lifetime: role.lifetime)
        #expect(certificate.serialNumber != again.serialNumber)
    }

    @Test func `no certificate outlives the authority`() throws {
        let folder = try Folder()
        let authority = try Authority.openOrCreate(in: folder.path, now: noon)
        let identity = try Identity(role: .submitter, name: "anna")
        let certificate = try issue(
            from: authority, to: identity, lifetime: .seconds(9999 * 86_400))
        #expect(certificate.notValidAfter == authority.certificate.notValidAfter)
    }

    private func issue(
        from authority: Authority, to identity: Identity, lifetime: Microseconds
    ) throws -> Certificate {
        let request = try SigningRequest(der: try FreshKey().signingRequest())
        return try authority.issue(request, to: identity, for: lifetime, now: noon)
    }
}

struct SigningRequestTests {
    @Test func `a request of our own passes`() throws {
        let key = FreshKey()
        let request = try SigningRequest(der: try key.signingRequest())
        #expect(request.publicKey.rawRepresentation == key.publicKey.rawRepresentation)
    }

    @Test func `a request signed by another key is refused`() throws {
        let (claimed, held) = (P256.Signing.PrivateKey(), P256.Signing.PrivateKey())
        let honest = try CertificateSigningRequest(
            version: .v1, subject: DistinguishedName(), privateKey: Certificate.PrivateKey(held),
            attributes: CertificateSigningRequest.Attributes(),
            signatureAlgorithm: .ecdsaWithSHA256)
        let stolen = try CertificateSigningRequest(
            version: .v1, subject: DistinguishedName(),
            publicKey: Certificate.PublicKey(claimed.publicKey),
            attributes: CertificateSigningRequest.Attributes(),
            signatureAlgorithm: .ecdsaWithSHA256, signature: honest.signature)
        #expect(throws: SigningRequest.Fault.signature) {
            try SigningRequest(der: try serialized(stolen))
        }
    }

    @Test func `a request for another kind of key is refused`() throws {
        let request = try CertificateSigningRequest(
            version: .v1, subject: DistinguishedName(),
            privateKey: Certificate.PrivateKey(P384.Signing.PrivateKey()),
            attributes: CertificateSigningRequest.Attributes(),
            signatureAlgorithm: .ecdsaWithSHA384)
        #expect(throws: SigningRequest.Fault.keyType) {
            try SigningRequest(der: try serialized(request))
        }
    }

    @Test func `nonsense is refused`() throws {
        let whole = try FreshKey().signingRequest()
        let padded = whole + [UInt8](repeating: 0, count: 5000)
        for bytes in [[], [0x30], Array("hello".utf8), Array(whole.dropLast()), padded] {
            #expect(throws: SigningRequest.Fault.malformed) { try SigningRequest(der: bytes) }
        }
    }
}
