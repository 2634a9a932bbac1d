import Crypto
import ErgonModel
import NIOCore
import NIOEmbedded
import NIOSSL
import Testing
import X509

@testable import ErgonSecurity

/// Real handshakes, without a network: a server as the coordinator sets it up, and clients of all
/// kinds. TLS looks at the real clock, so these certificates are made for today.
struct HandshakeTests {
    private let folder: Folder
    private let open: OpenAuthority
    private let server: Credentials

    init() throws {
        folder = try Folder()
        open = try OpenAuthority(in: folder, now: today)
        let identity = try Identity(role: .coordinator, name: "c1")
        server = try open.authority.issueCredentials(to: identity, in: folder.path, now: today)
    }

    private var worker: Credentials {
        get throws {
            let identity = try Identity(role: .worker, name: "w1")
            return try open.authority.issueCredentials(to: identity, in: "nowhere", now: today)
        }
    }

    @Test func `a worker of ours is let in, and the server knows who it is`() throws {
        let line = try Line(to: server)
        try TLS.secure(line.client, as: try worker, protocols: ["h2"])
        #expect(try line.ask("hello") == "hello")
        #expect(line.failures == [])
        let shown = try #require(try line.server.pipeline.syncOperations.nioSSL_peerCertificate())
        let certificate = try Certificate(der: try shown.toDERBytes())
        let peer = try checkPeer(certificate, now: today, denied: [], allowed: [.worker])
        #expect(peer.name == "w1")
        #expect(try line.server.pipeline.syncOperations.nioSSL_tlsVersion() == .tlsv13)
    }

    @Test func `a client without a certificate is refused`() throws {
        #expect(try refusal(of: nil) == "the client showed no certificate")
    }

    @Test func `a certificate of another authority with the same name is refused`() throws {
        let other = P256.Signing.PrivateKey()
        let forgery = Forgery()
        let certificate = try forgery.signed(
            by: other, named: open.authority.certificate.subject)
        #expect(
            try refusal(of: [certificate], forgery.key)
                == refused + "it names our authority as its issuer, but was not signed by it")
    }

    @Test func `a certificate of an unknown authority is refused`() throws {
        let root = Forgery(name: "other\nauthority", isAuthority: true)
        let forgery = Forgery()
        let certificate = try forgery.signed(by: root.key, named: try root.subject)
        #expect(
            try refusal(of: [certificate, try root.selfSigned()], forgery.key)
                == refused + "it is from an unknown authority, `CN=other?authority`")
    }

    @Test func `an expired certificate is refused`() throws {
        let end = Instant(microseconds: 1_700_000_000_000_000)
        let forgery = Forgery(validity: Validity(notBefore: end + .seconds(-60), notAfter: end))
        #expect(
            try refusal(of: [try open.sign(forgery)], forgery.key)
                == refused + "it expired at 2023-11-14T22:13:20Z")
    }

    @Test func `a certificate that is not yet valid is refused`() throws {
        let start = Instant(microseconds: 4_000_000_000_000_000)
        let forgery = Forgery(validity: Validity(notBefore: start, notAfter: start + day))
        #expect(
            try refusal(of: [try open.sign(forgery)], forgery.key)
                == refused + "it is not valid before 2096-10-02T07:06:40Z")
    }

    @Test func `a certificate for servers only is refused`() throws {
        let forgery = Forgery(usages: [.serverAuth])
        #expect(
            try refusal(of: [try open.sign(forgery)], forgery.key)
                == refused + "it is not meant for clients")
    }

    @Test func `a self-signed certificate is refused`() throws {
        let forgery = Forgery()
        #expect(
            try refusal(of: [try forgery.selfSigned()], forgery.key)
                == refused + "it is self-signed")
    }

    @Test func `a worker cannot issue certificates`() throws {
        let holder = try worker
        let forgery = Forgery(names: [.uniformResourceIdentifier("spiffe://ergon/operator/w1")])
        let certificate = try forgery.signed(by: holder.key, named: holder.certificate.subject)
        #expect(
            try refusal(of: [certificate, holder.certificate], forgery.key)
                == refused + "it is from an unknown authority, `CN=w1`")
    }

    @Test func `a client of TLS 1.2 is refused`() throws {
        let holder = try worker
        let failure = try refusal(of: [holder.certificate], holder.key) {
            $0.maximumTLSVersion = .tlsv12
        }
        #expect(failure == "the peer does not speak TLS 1.3")
    }

    @Test(arguments: [
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "the peer does not speak TLS"),
        ("GET / HTTP/1.1\r\n\r\n", "the peer speaks plain HTTP where TLS is needed"),
    ])
    func `a client that speaks plain text is refused`(text: String, sentence: String) throws {
        let line = try Line(to: server)
        #expect(try line.ask(text) == "")
        #expect(line.failures == [sentence])
    }

    @Test func `a client that goes away is noted as such`() throws {
        let line = try Line(to: server)
        try TLS.secure(line.client, as: try worker, protocols: ["h2"])
        try line.connect()
        line.server.pipeline.fireChannelInactive()
        #expect(line.failures == ["the peer closed the connection during the handshake"])
    }

    @Test func `a client does not talk to a server of another authority`() throws {
        let elsewhere = try otherAuthority(now: today)
        let identity = try Identity(role: .worker, name: "w1")
        let stranger = try elsewhere.issueCredentials(to: identity, in: "nowhere", now: today)
        let line = try Line(to: server)
        try TLS.secure(line.client, as: stranger, protocols: ["h2"])
        #expect(try line.ask("secret") == "")
        #expect(line.failures == ["the peer does not know the authority of our certificate"])
    }

    @Test func `a worker cannot stand in for the coordinator`() throws {
        let line = try Line(to: try worker)
        try TLS.secure(line.client, as: try worker, protocols: ["h2"])
        #expect(try line.ask("secret") == "")
        #expect(line.failures.count == 1)
    }

    @Test func `a refused client learns what TLS can say`() throws {
        let expired = Forgery(validity: Validity(notBefore: noon, notAfter: noon))
        let purpose = Forgery(usages: [.serverAuth])
        let stranger = Forgery()
        let (none, wrongTime, wrongUse, unknown) = (
            try line(from: nil), try line(from: [try open.sign(expired)], expired.key),
            try line(from: [try open.sign(purpose)], purpose.key),
            try line(from: [try stranger.selfSigned()], stranger.key)
        )
        for line in [none, wrongTime, wrongUse, unknown] { _ = try line.ask("hello") }
        #expect(none.complaints == ["the peer wants a certificate, and we showed none"])
        #expect(wrongTime.complaints == ["the peer says that our certificate has expired"])
        #expect(
            wrongUse.complaints == ["the peer says that our certificate is not meant for this"])
        #expect(unknown.complaints == ["the peer does not know the authority of our certificate"])
    }

    private let refused = "the client's certificate was refused: "

    /// What the server says of a client with these certificates, after making sure that the client
    /// was not heard.
    private func refusal(
        of chain: [Certificate]?, _ key: P256.Signing.PrivateKey? = nil,
        configure: (inout TLSConfiguration) -> Void = { _ in }
    ) throws -> String? {
        let line = try line(from: chain, key, configure: configure)
        #expect(try line.ask("hello") == "")
        #expect(line.failures.count == 1)
        return line.failures.first
    }

    private func line(
        from chain: [Certificate]?, _ key: P256.Signing.PrivateKey? = nil,
        configure: (inout TLSConfiguration) -> Void = { _ in }
    ) throws -> Line {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates([server.chain[1]])
        configuration.applicationProtocols = ["h2"]
        if let chain, let key {
            configuration.certificateChain = try chain.map {
                .certificate(try NIOSSLCertificate(bytes: try $0.der, format: .der))
            }
            configuration.privateKey = .privateKey(
                try NIOSSLPrivateKey(bytes: Array(key.derRepresentation), format: .der))
        }
        configure(&configuration)
        let line = try Line(to: server)
        try line.client.pipeline.syncOperations.addHandler(
            NIOSSLClientHandler(
                context: NIOSSLContext(configuration: configuration),
                serverHostname: "coordinator.ergon"))
        return line
    }
}

/// Two ends of a connection in one thread.
private final class Line {
    let client = EmbeddedChannel()
    let server = EmbeddedChannel()
    private let notes = Notes<String>()

    init(to credentials: Credentials) throws {
        try TLS.secure(
            server, with: credentials, requiringClient: true, protocols: ["h2"],
            clock: { today }, report: { [notes] in notes.add($0) })
    }

    /// How the client explains the errors it got.
    private(set) var complaints: [String] = []
    /// What the server's log says.
    var failures: [String] { notes.all }

    func connect() throws {
        let address = try SocketAddress(unixDomainSocketPath: "/nowhere")
        try server.connect(to: address).wait()
        try client.connect(to: address).wait()
    }

    /// Says something to the server. What comes out there.
    func ask(_ text: String) throws -> String {
        try connect()
        client.writeAndFlush(ByteBuffer(string: text), promise: nil)
        var heard = ByteBuffer()
        while try carry(from: client, to: server) || carry(from: server, to: client) {
            while var part = try server.readInbound(as: ByteBuffer.self) {
                heard.writeBuffer(&part)
            }
        }
        return String(buffer: heard)
    }

    private func carry(from: EmbeddedChannel, to: EmbeddedChannel) throws -> Bool {
        guard let bytes = try from.readOutbound(as: ByteBuffer.self) else { return false }
        do { try to.writeInbound(bytes) } catch {
            if to === client { complaints.append(explain(error)) }
        }
        return true
    }
}
