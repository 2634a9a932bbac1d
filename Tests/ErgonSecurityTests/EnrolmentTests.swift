import Crypto
import ErgonModel
import SwiftASN1
import Testing
import X509

@testable import ErgonSecurity

struct JoinTokenTests {
    private let secret = Array(UInt8(0)...31)
    private let text =
        "ergon1.-Pn6-_z9_v8.AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
        + ".7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u7u4"

    @Test func `a token reads as it is written`() throws {
        let token = try #require(JoinToken(parsing: text))
        #expect(token.id.bytes == Array(0xF8...0xFF))
        #expect(token.secret == secret)
        #expect(token.pin.bytes == [UInt8](repeating: 0xEE, count: 32))
        #expect(token.text == text)
    }

    @Test func `a token does not give its secret away by being printed`() throws {
        let token = try #require(JoinToken(parsing: text))
        var dumped = ""
        dump(token, to: &dumped)
        for printed in ["\(token)", String(reflecting: token), dumped] {
            #expect(!printed.contains("AAECAwQF"))
            #expect(!printed.contains("31"))
        }
    }

    @Test func `any other text is no token`() {
        let wrong = [
            "", "ergon1", text + ".", text + "=", "ergon2" + text.dropFirst(6), " " + text,
            String(text.dropLast()), String(text.dropLast()) + "5",
            text.replacing("-Pn6-", with: "+Pn6+"),
        ]
        for text in wrong { #expect(JoinToken(parsing: text) == nil, "\(text)") }
    }

    /// Computed with Python's `hmac` and `hashlib`.
    @Test func `key and proofs are those of the protocol`() throws {
        let key = EnrolmentKey(secret: secret)
        #expect(
            hexadecimal(key.bytes)
                == "34be4d0f794988895afda100a1f1ab6fbe98ace5aeb530cd38b76b668ef9415f")
        let nonce = [UInt8](repeating: 7, count: 32)
        let id = try #require(TokenID(bytes: Array(0xF8...0xFF)))
        let request = EnrolmentRequest(
            token: id, nonce: nonce, signingRequest: Array("csr".utf8), code: [])
        #expect(
            hexadecimal(key.code(for: request.message(serverLeaf: Array("leaf".utf8))))
                == "d12993fed50870447afb54a088f34fde7d4b4e5db65e57e9f23b39203facb0c6")
        let message = EnrolmentAnswer.message(nonce: nonce, certificate: Array("cert".utf8))
        #expect(
            hexadecimal(key.code(for: message))
                == "9ca23bcdce87d2a2e10b56c305ed15e107461a2b403b5be7ac97f1b0707cda6a")
    }
}

struct EnrolmentTests {
    private let folder: Folder
    private let authority: Authority
    private let leaf = Array("the server's certificate".utf8)

    init() throws {
        folder = try Folder()
        authority = try Authority.openOrCreate(in: folder.path, now: noon)
    }

    private func token(
        _ book: inout TokenBook, for bearer: TokenBook.Bearer = .named("w7"),
        role: Role = .worker
    ) throws -> JoinToken {
        try book.create(
            role: role, for: bearer, pin: authority.keyDigest, term: .seconds(900), now: noon)
    }

    private func refusal(
        _ book: inout TokenBook, _ request: EnrolmentRequest, leaf: [UInt8]? = nil,
        name: String = "unnamed", now: Instant = noon
    ) -> EnrolmentRefusal? {
        do throws(EnrolmentRefusal) {
            _ = try book.redeem(request, serverLeaf: leaf ?? self.leaf, name: name, now: now)
            return nil
        } catch { return error }
    }

    @Test func `a bearer gets a certificate for its own key`() throws {
        var book = TokenBook()
        let enrolment = try Enrolment(token: try token(&book), serverLeaf: leaf)
        let grant = try book.redeem(enrolment.request, serverLeaf: leaf, name: "no", now: noon)
        #expect(grant.identity.uri == "spiffe://ergon/worker/w7")
        let (certificate, answer) = try grant.answer(from: authority, for: day, now: noon)
        let credentials = try enrolment.accept(answer, folder: "nowhere")
        #expect(credentials.identity == grant.identity)
        #expect(credentials.certificate == certificate)
        #expect(credentials.notAfter == noon + day)
    }

    @Test func `a token without a name takes the one it is given`() throws {
        var book = TokenBook()
        let token = try token(&book, for: .unnamed(uses: 2))
        for name in ["node-1", "node-2"] {
            let request = try Enrolment(token: token, serverLeaf: leaf).request
            let grant = try book.redeem(request, serverLeaf: leaf, name: name, now: noon)
            #expect(grant.identity.name == name)
        }
        let third = try Enrolment(token: token, serverLeaf: leaf).request
        #expect(refusal(&book, third) == .used(token.id))
    }

    @Test func `of two who race with one token one wins, also across a crash`() throws {
        var book = TokenBook()
        let token = try token(&book)
        let requests = try (0..<2).map { _ in try Enrolment(token: token, serverLeaf: leaf).request
        }
        #expect(refusal(&book, requests[0]) == nil)
        var restored = try #require(TokenBook(json: try reread(book.json)))
        #expect(restored == book)
        for request in requests + [requests[0]] {
            #expect(refusal(&book, request) == .used(token.id))
            #expect(refusal(&restored, request) == .used(token.id))
        }
    }

    private func reread(_ json: JSON) throws -> JSON { try JSON(parsing: json.text().utf8) }

    @Test func `a proof is good for one server, request and token only`() throws {
        var book = TokenBook()
        let (mine, other) = (try token(&book), try token(&book, for: .named("w8")))
        let good = try Enrolment(token: mine, serverLeaf: leaf).request
        var wrong = [good, good, good]
        wrong[0].code[31] ^= 1
        wrong[1].nonce[0] ^= 1
        wrong[2].signingRequest = try FreshKey().signingRequest()
        for (count, request) in wrong.enumerated() {
            #expect(refusal(&book, request) == .wrongCode(mine.id, count: count + 1))
        }
        var crossed = good
        crossed.token = other.id
        #expect(refusal(&book, crossed) == .wrongCode(other.id, count: 1))
        #expect(refusal(&book, good, leaf: [0]) == .wrongCode(mine.id, count: 4))
        #expect(refusal(&book, good) == nil)
    }

    @Test func `five wrong proofs burn a token, also across a restart`() throws {
        var book = TokenBook()
        let token = try token(&book, for: .unnamed(uses: 9))
        let good = try Enrolment(token: token, serverLeaf: leaf).request
        var bad = good
        bad.code = []
        for count in 1...5 {
            #expect(refusal(&book, bad) == .wrongCode(token.id, count: count))
            book = try #require(TokenBook(json: try reread(book.json)))
        }
        #expect(refusal(&book, good) == .burnt(token.id))
    }

    @Test func `a token is refused when its time is over, and when nobody knows it`() throws {
        var book = TokenBook()
        let token = try token(&book)
        let request = try Enrolment(token: token, serverLeaf: leaf).request
        let end = noon + .seconds(900)
        #expect(refusal(&book, request, now: end) == .expired(token.id, at: end))
        var empty = TokenBook()
        #expect(refusal(&empty, request) == .unknown(token.id))
        #expect(refusal(&book, request, now: end + Microseconds(-1)) == nil)
    }

    @Test func `a peer does not learn what became of a token`() throws {
        let id = try #require(TokenID(bytes: [UInt8](repeating: 1, count: 8)))
        let refusals: [EnrolmentRefusal] = [
            .unknown(id), .expired(id, at: noon), .used(id), .burnt(id), .wrongCode(id, count: 1),
        ]
        #expect(Set(refusals.map(\.forPeer)).count == 1)
        #expect(Set(refusals.map(\.forLog)).count == refusals.count)
        #expect(refusals[1].forLog == "join token AQEBAQEBAQE expired at 2026-07-01T00:00:00Z")
    }

    @Test func `a request that asks for more gets a plain certificate`() throws {
        var book = TokenBook()
        let token = try token(&book)
        let key = P256.Signing.PrivateKey()
        let greedy = try CertificateSigningRequest(
            version: .v1, subject: DistinguishedName { CommonName("root") },
            privateKey: Certificate.PrivateKey(key),
            attributes: CertificateSigningRequest.Attributes([
                .init(
                    ExtensionRequest(
                        extensions: Certificate.Extensions {
                            Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
                            SubjectAlternativeNames([
                                .uniformResourceIdentifier("spiffe://ergon/operator/root")
                            ])
                        }))
            ]), signatureAlgorithm: .ecdsaWithSHA256)
        var request = try Enrolment(token: token, serverLeaf: leaf).request
        request.signingRequest = try serialized(greedy)
        request.code = token.enrolmentKey.code(for: request.message(serverLeaf: leaf))
        let grant = try book.redeem(request, serverLeaf: leaf, name: "no", now: noon)
        let certificate = try grant.answer(from: authority, for: day, now: noon).certificate
        #expect(!certificate.isAuthority)
        #expect(try Identity(certificate: certificate).uri == "spiffe://ergon/worker/w7")
        #expect(certificate.subject == (try DistinguishedName { CommonName("w7") }))
    }

    @Test func `an unusable request or name spends no use`() throws {
        var book = TokenBook()
        let token = try token(&book, for: .unnamed(uses: 1))
        var request = try Enrolment(token: token, serverLeaf: leaf).request
        let good = request
        request.signingRequest = Array("nonsense".utf8)
        request.code = token.enrolmentKey.code(for: request.message(serverLeaf: leaf))
        #expect(refusal(&book, request) == .badRequest(token.id, .malformed))
        #expect(refusal(&book, good, name: "a b") == .badName(token.id, .badName("a b")))
        #expect(refusal(&book, good) == nil)
    }

    @Test func `an answer from anybody else is not taken`() throws {
        var book = TokenBook()
        let enrolment = try Enrolment(token: try token(&book), serverLeaf: leaf)
        let grant = try book.redeem(enrolment.request, serverLeaf: leaf, name: "no", now: noon)
        let answer = try grant.answer(from: authority, for: day, now: noon).answer

        var flipped = answer
        flipped.code[0] ^= 1
        #expect(throws: EnrolmentFault.wrongCode) { try enrolment.accept(flipped, folder: "") }
        var swapped = answer
        swapped.certificate = try authority.certificate.der
        #expect(throws: EnrolmentFault.wrongCode) { try enrolment.accept(swapped, folder: "") }
        let rogue = try otherAuthority(now: noon)
        let theirs = try grant.answer(from: rogue, for: day, now: noon).answer
        #expect(throws: EnrolmentFault.otherAuthority) {
            try enrolment.accept(theirs, folder: "")
        }
        let bystander = try Enrolment(token: try token(&book), serverLeaf: leaf)
        #expect(throws: EnrolmentFault.wrongCode) { try bystander.accept(answer, folder: "") }
    }

    @Test func `a renewal is for a fresh key and the same holder`() throws {
        let identity = try Identity(role: .worker, name: "w7")
        let old = try authority.issueCredentials(to: identity, in: folder.path, now: noon)
        let renewal = try Renewal(of: old)
        let request = try SigningRequest(der: renewal.signingRequest)
        let root = try authority.certificate.der
        let later = noon + day
        let next = try authority.issue(request, to: identity, for: day, now: later)
        let new = try renewal.accept(certificate: try next.der, authority: root)
        #expect(new.folder == old.folder)
        #expect(new.notAfter == later + day)
        #expect(new.certificate.publicKey != old.certificate.publicKey)

        let stranger = try Identity(role: .operator, name: "w7")
        let wrong = try authority.issue(request, to: stranger, for: day, now: later)
        #expect(throws: EnrolmentFault.otherIdentity(stranger)) {
            try renewal.accept(certificate: try wrong.der, authority: root)
        }
    }

    @Test func `a damaged book is not opened`() throws {
        var book = TokenBook()
        _ = try token(&book)
        let text = book.json.text()
        let damages = [
            ("\"usesLeft\":1", "\"usesLeft\":-1"), ("\"role\":\"worker\"", "\"role\":\"root\""),
            ("\"version\":1", "\"version\":2"), ("\"key\":\"", "\"key\":\"00"),
            ("\"tokens\"", "\"token\""), ("\"name\":\"w7\"", "\"nome\":\"w7\""),
        ]
        for (whole, broken) in damages {
            let json = try JSON(parsing: text.replacing(whole, with: broken).utf8)
            #expect(TokenBook(json: json) == nil, "\(broken)")
        }
    }

    @Test func `a dead token is forgotten after a week`() throws {
        var book = TokenBook()
        let old = try token(&book)
        let later = noon + .seconds(900) + .seconds(7 * 86_400)
        for (now, count) in [(later, 2), (later + Microseconds(1), 2)] {
            _ = try book.create(
                role: .worker, for: .named("w9"), pin: old.pin, term: day, now: now)
            #expect(book.entries.count == count)
        }
    }
}
