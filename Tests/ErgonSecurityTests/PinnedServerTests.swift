import Crypto
import ErgonModel
import NIOCore
import NIOPosix
import Testing
import X509

@testable import ErgonSecurity

struct PinnedServerTests {
    private let folder: Folder
    private let open: OpenAuthority
    private let coordinator: Credentials
    private let dnsName = GeneralName.dnsName("coordinator.ergon")

    init() throws {
        folder = try Folder()
        open = try OpenAuthority(in: folder, now: today)
        let identity = try Identity(role: .coordinator, name: "c1")
        coordinator = try open.authority.issueCredentials(to: identity, in: "nowhere", now: today)
    }

    private func fault(_ chain: [Certificate], now: Instant = today) async -> ServerFault? {
        do throws(ServerFault) {
            guard let der = try? chain.map({ try $0.der }) else { return .malformed }
            let pin = open.authority.keyDigest
            #expect(try await TLS.verifyServer(der, pin: pin, now: now) == der.first)
            return nil
        } catch { return error }
    }

    private func isUnverified(_ fault: ServerFault?) -> Bool {
        if case .notVerified = fault { true } else { false }
    }

    @Test func `the coordinator is known by the pin`() async throws {
        #expect(await fault([coordinator.certificate, coordinator.authority]) == nil)
    }

    @Test func `a server that does not show the pinned authority is refused`() async throws {
        let other = try otherAuthority(now: today).certificate
        #expect(await fault([coordinator.certificate]) == .otherAuthority)
        #expect(await fault([coordinator.certificate, other]) == .otherAuthority)
        #expect(await fault([open.authority.certificate]) == .otherAuthority)
        #expect(await fault([]) == .malformed)
    }

    @Test func `a server with somebody else's certificate is refused`() async throws {
        let stranger = Forgery(usages: [.serverAuth], names: [dnsName])
        let root = open.authority.certificate
        #expect(isUnverified(await fault([try stranger.selfSigned(), root])))
        let certificate = try stranger.signed(by: P256.Signing.PrivateKey(), named: root.subject)
        #expect(isUnverified(await fault([certificate, root])))
    }

    @Test func `a certificate for another purpose, name or time is refused`() async throws {
        let root = open.authority.certificate
        let good = Forgery(usages: [.serverAuth], names: [dnsName])
        #expect(await fault([try open.sign(good), root]) == nil)
        var bad = [good, good, good, good, good]
        bad[0].usages = [.clientAuth]
        bad[1].usages = []
        bad[2].names = [.dnsName("w1.ergon")]
        bad[3].isAuthority = true
        bad[4].names = []
        for forgery in bad { #expect(isUnverified(await fault([try open.sign(forgery), root]))) }
        #expect(isUnverified(await fault([try open.sign(good), root], now: today + day)))
        #expect(
            isUnverified(
                await fault([try open.sign(good), root], now: noon + .seconds(-9_999_999))))
    }

    @Test func `a worker of ours cannot issue a server's certificate`() async throws {
        let identity = try Identity(role: .worker, name: "w1")
        let worker = try open.authority.issueCredentials(to: identity, in: "nowhere", now: today)
        let forged = try Forgery(usages: [.serverAuth], names: [dnsName])
            .signed(by: worker.key, named: worker.certificate.subject)
        let chain = [forged, worker.certificate, open.authority.certificate]
        #expect(isUnverified(await fault(chain)))
    }

    @Test(.timeLimit(.minutes(1)), arguments: [true, false])
    func `nothing is sent before the pin is checked`(isRight: Bool) async throws {
        let heard = Notes<String>()
        let outcomes = Notes<Result<[UInt8], ServerFault>>()
        let group = MultiThreadedEventLoopGroup.singleton
        let (server, now) = (coordinator, today)
        let listener = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try TLS.secure(
                        channel, with: server, requiringClient: false, protocols: ["h2"],
                        clock: { now }, report: { _ in })
                    try channel.pipeline.syncOperations.addHandler(Listener(heard))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let port = try #require(listener.localAddress?.port)
        let pin = isRight ? open.authority.keyDigest : sha256([])
        let client = try await ClientBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try TLS.secure(
                        channel, pinning: pin, protocols: ["h2"], now: now,
                        outcome: { outcomes.add($0) })
                    // Written while the handshake is still going on: must wait for its end.
                    channel.pipeline.writeAndFlush(ByteBuffer(string: "token"), promise: nil)
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        // The server closes when it has heard something, the client when it refuses the server.
        try? await client.closeFuture.get()
        try await listener.close()

        #expect(
            outcomes.all == [
                isRight ? .success(try server.certificate.der) : .failure(.otherAuthority)
            ])
        #expect(heard.all == (isRight ? ["token"] : []))
    }
}

private final class Listener: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let heard: Notes<String>

    init(_ heard: Notes<String>) { self.heard = heard }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        heard.add(String(buffer: unwrapInboundIn(data)))
        context.close(promise: nil)
    }
}
