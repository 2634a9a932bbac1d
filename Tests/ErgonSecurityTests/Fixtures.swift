import Crypto
import ErgonModel
import FoundationEssentials
import Glibc
import SwiftASN1
import Synchronization
import X509

@testable import ErgonSecurity

/// A folder that is gone when the test is over.
final class Folder {
    let path: String

    init() throws {
        var template = Array("/tmp/ergon-security-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Unmade() }
        path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    struct Unmade: Error {}

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func mode(of name: String) -> UInt32 {
        var status = stat()
        return stat("\(path)/\(name)", &status) == 0 ? status.st_mode & 0o777 : 0
    }

    func content(of name: String) throws -> [UInt8]? { try PrivateFile.read("\(path)/\(name)") }

    var names: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() }
    }
}

/// What callbacks on other threads leave behind.
final class Notes<Note: Sendable>: Sendable {
    private let notes = Mutex<[Note]>([])
    func add(_ note: Note) { notes.withLock { $0.append(note) } }
    var all: [Note] { notes.withLock { $0 } }
}

/// 2026-07-01T00:00:00Z
let noon = Instant(microseconds: 1_782_864_000_000_000)
let day = Microseconds.seconds(86_400)

/// TLS itself looks at the real clock.
var today: Instant { Instant(Date()) }

/// A certificate that our own code would not write.
struct Forgery {
    var key = P256.Signing.PrivateKey()
    var name = "forged"
    var validity = Validity(.seconds(3600), from: today)
    var usages: [ExtendedKeyUsage.Usage] = [.clientAuth]
    var names: [GeneralName] = [.uniformResourceIdentifier("spiffe://ergon/worker/w1")]
    var isAuthority = false

    func signed(
        by issuer: P256.Signing.PrivateKey, named issuerName: DistinguishedName
    ) throws -> Certificate {
        try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(),
            publicKey: Certificate.PublicKey(key.publicKey),
            notValidBefore: validity.notBefore.date, notValidAfter: validity.notAfter.date,
            issuer: issuerName, subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: extensions, issuerPrivateKey: Certificate.PrivateKey(issuer))
    }

    func selfSigned() throws -> Certificate { try signed(by: key, named: subject) }

    var subject: DistinguishedName {
        get throws { try DistinguishedName { CommonName(name) } }
    }

    private var extensions: Certificate.Extensions {
        get throws {
            var extensions = try Certificate.Extensions {
                Critical(
                    isAuthority
                        ? BasicConstraints.isCertificateAuthority(maxPathLength: nil)
                        : BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true, keyCertSign: isAuthority))
            }
            if !usages.isEmpty {
                try extensions.append(
                    Certificate.Extension(ExtendedKeyUsage(usages), critical: false))
            }
            if !names.isEmpty {
                try extensions.append(
                    Certificate.Extension(SubjectAlternativeNames(names), critical: false))
            }
            return extensions
        }
    }
}

/// An authority of its own, whose folder is gone again.
func otherAuthority(now: Instant) throws -> Authority {
    let folder = try Folder()
    return try withExtendedLifetime(folder) {
        try Authority.openOrCreate(in: folder.path, now: now)
    }
}

/// An authority whose key the test has, so that it can misuse it.
struct OpenAuthority {
    let key: P256.Signing.PrivateKey
    let authority: Authority

    init(in folder: Folder, now: Instant) throws {
        authority = try Authority.openOrCreate(in: folder.path, now: now)
        let pem = String(decoding: try folder.content(of: "authority-key.pem") ?? [], as: UTF8.self)
        key = try P256.Signing.PrivateKey(pemRepresentation: pem)
    }

    func sign(_ forgery: Forgery) throws -> Certificate {
        try forgery.signed(by: key, named: authority.certificate.subject)
    }
}
