import ErgonSecurity
import NIOCore
import NIOPosix
import NIOSSL
import Synchronization
import Testing

/// A server that says what a test tells it to, whatever that does to HTTP.
final class ScriptedServer: Sendable {
    struct Line: Sendable {
        var bytes: [UInt8]
        var closes = false

        /// A whole answer, or the start of one: `length` is what the head promises.
        static func answer(
            _ status: String, _ body: [UInt8] = [], length: Int? = nil, fields: String = "",
            closes: Bool = false
        ) -> Line {
            let head =
                "HTTP/1.1 \(status)\r\nContent-Length: \(length ?? body.count)\r\n\(fields)\r\n"
            return Line(bytes: Array(head.utf8) + body, closes: closes)
        }

        static let silence = Line(bytes: [])
    }

    private let heard = Mutex<[String]>([])
    private let arrival: AsyncStream<Void>.Continuation
    /// One element for each request.
    let arrivals: AsyncStream<Void>
    private let script: @Sendable (_ request: String, _ number: Int) -> Line

    private init(_ script: @escaping @Sendable (String, Int) -> Line) {
        self.script = script
        (arrivals, arrival) = AsyncStream.makeStream()
    }

    /// The heads of the requests so far.
    var requests: [String] { heard.withLock { $0 } }

    fileprivate func answer(_ request: String) -> Line {
        let number = heard.withLock { heard in
            heard.append(request)
            return heard.count
        }
        let line = script(request, number)
        arrival.yield()
        return line
    }

    /// - Parameters:
    ///   - context: a TLS context for one connection.
    ///   - script: what to say to a request, given its number from 1.
    static func run(
        _ context: @escaping @Sendable () throws -> NIOSSLContext,
        script: @escaping @Sendable (String, Int) -> Line,
        _ body: (ScriptedServer, Int) async throws -> Void
    ) async throws {
        let server = ScriptedServer(script)
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let tls = NIOSSLServerHandler(context: try context())
                    try channel.pipeline.syncOperations.addHandlers([tls, Speaker(server)])
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        do {
            try await body(server, #require(listener.localAddress?.port))
        } catch {
            try await listener.close()
            throw error
        }
        try await listener.close()
    }
}

extension ScriptedServer {
    /// As the coordinator of `site`.
    static func run(
        _ site: Site, script: @escaping @Sendable (String, Int) -> Line,
        _ body: (ScriptedServer, Int) async throws -> Void
    ) async throws {
        try await run(
            {
                try TLS.serverContext(
                    site.coordinator, requiringClient: true, protocols: ["http/1.1"])
            }, script: script, body)
    }
}

private final class Speaker: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let server: ScriptedServer
    private var heard = ""

    init(_ server: ScriptedServer) { self.server = server }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        heard += String(buffer: unwrapInboundIn(data))
        guard heard.hasSuffix("\r\n\r\n") else { return }
        let line = server.answer(heard)
        heard = ""
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: line.bytes)), promise: nil)
        if line.closes { context.close(promise: nil) }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }
}
