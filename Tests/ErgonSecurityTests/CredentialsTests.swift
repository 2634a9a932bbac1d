import Crypto
import ErgonModel
import Glibc
import Testing
import X509

@testable import ErgonSecurity

struct CredentialsTests {
    @Test func `what was saved is loaded`() throws {
        let (home, folder) = (try Folder(), try Folder())
        let saved = try worker("w1", home, folder)
        try saved.save()
        let loaded = try #require(try Credentials.load(from: folder.path))
        #expect(loaded.identity == saved.identity)
        #expect(loaded.certificate == saved.certificate)
        #expect(loaded.authority == saved.authority)
        #expect(loaded.key.rawRepresentation == saved.key.rawRepresentation)
        #expect(try folder.names == ["authority.pem", "cert.pem", "key.pem"])
        #expect(folder.mode(of: "key.pem") == 0o600)
    }

    @Test func `an empty folder holds no credentials`() throws {
        let folder = try Folder()
        #expect(try Credentials.load(from: folder.path) == nil)
        #expect(try Credentials.load(from: folder.path + "/none") == nil)
    }

    @Test func `a crash while renewing leaves the old or the new`() throws {
        let (home, folder) = (try Folder(), try Folder())
        let (old, new) = (try worker("w1", home, folder), try worker("w1", home, folder))
        try new.save()
        let next = (
            key: try #require(try folder.content(of: "key.pem")),
            certificate: try #require(try folder.content(of: "cert.pem"))
        )
        try old.save()

        try PrivateFile.stage(next.certificate, at: new.certificatePath + ".new")
        try PrivateFile.stage(next.key, at: new.keyPath + ".new")
        #expect(try Credentials.load(from: folder.path)?.certificate == old.certificate)

        try PrivateFile.adopt(new.keyPath)
        #expect(try Credentials.load(from: folder.path)?.certificate == new.certificate)
        #expect(try Credentials.load(from: folder.path)?.certificate == new.certificate)
    }

    @Test func `files that do not belong together are refused`() throws {
        let (home, folder, other) = (try Folder(), try Folder(), try Folder())
        try worker("w1", home, folder).save()
        try worker("w1", try Folder(), other).save()
        let foreign = try #require(try other.content(of: "authority.pem"))
        try PrivateFile.write(foreign, to: folder.path + "/authority.pem")
        #expect(throws: SecurityFault.notIssuedHere(folder: folder.path)) {
            try Credentials.load(from: folder.path)
        }
        let key = try #require(try other.content(of: "key.pem"))
        try PrivateFile.write(key, to: folder.path + "/key.pem")
        #expect(throws: SecurityFault.keyMismatch(folder: folder.path)) {
            try Credentials.load(from: folder.path)
        }
        chmod(folder.path + "/key.pem", 0o604)
        #expect(throws: SecurityFault.keyExposed(path: folder.path + "/key.pem")) {
            try Credentials.load(from: folder.path)
        }
    }

    @Test func `a half-written folder says what is missing`() throws {
        let (home, folder) = (try Folder(), try Folder())
        try worker("w1", home, folder).save()
        unlink(folder.path + "/cert.pem")
        let path = folder.path + "/cert.pem"
        #expect(throws: SecurityFault.cannotRead(path: path, reason: "no such file")) {
            try Credentials.load(from: folder.path)
        }
    }

    @Test func `a folder that cannot be written is the world's fault`() throws {
        let folder = try Folder()
        let credentials = try worker("w1", folder, folder)
        try PrivateFile.write([], to: folder.path + "/file")
        let path = folder.path + "/file/authority.pem"
        let fault = #expect(throws: SecurityFault.self) { try PrivateFile.write([1], to: path) }
        #expect(fault?.problem.hasPrefix("cannot be written") == true)
        #expect(credentials.folder == folder.path)
    }

    @Test func `renewal comes at half the lifetime, not for all at once`() {
        let validity = Validity(notBefore: noon, notAfter: noon + day)
        var random = SystemRandomNumberGenerator()
        let times = (0..<1000).map { _ in validity.renewal(using: &random) }
        let tenth = day.count / 10
        #expect(times.allSatisfy { abs(($0 - noon).count - 5 * tenth) <= tenth })
        #expect(Set(times).count > 900)
    }

    private func worker(_ name: String, _ home: Folder, _ folder: Folder) throws -> Credentials {
        let authority = try Authority.openOrCreate(in: home.path, now: noon)
        let identity = try Identity(role: .worker, name: name)
        return try authority.issueCredentials(to: identity, in: folder.path, now: noon)
    }
}
