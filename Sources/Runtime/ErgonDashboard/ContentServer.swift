package import ErgonModel
package import ErgonSecurity
package import ErgonStorage
import HummingbirdCore
package import Logging
import NIOCore
import NIOPosix

/// Serves the content store over HTTP/1.1 and mutual TLS 1.3:
///
/// - `HEAD`, `GET /content/sha256/<hex>`, whole or one range;
/// - `PUT /content/sha256/<hex>`: 201 when taken, 200 when it was there, 422 when it is something
///   else, 413 when it is too large, 507 when the disk is full;
/// - `HEAD`, `GET /log/…`: the log as others read it (c2sp.org/tlog-tiles).
///
/// Workers, submitters, operators and coordinators may get and put content; auditors and all of
/// these but workers may read the log; every request is checked.
package final class ContentServer: Sendable {
    package struct Configuration: Sendable {
        package var host: String
        /// 0 lets the system pick one.
        package var port: Int
        /// The largest content that is taken.
        package var limit: ByteCount
        /// More connections wait until others end.
        package var connections: Int

        package init(
            host: String, port: Int = 0, limit: ByteCount = ByteCount(1 << 40),
            connections: Int = 8192
        ) {
            self.host = host
            self.port = port
            self.limit = limit
            self.connections = connections
        }
    }

    private let server: Server<SecureChannel>
    private let place: String

    /// How long a connection may say nothing while we wait for it.
    private static let idleTimeout = TimeAmount.seconds(90)

    /// - Parameters:
    ///   - log: what stands under `/log/`.
    ///   - credentials: asked for every connection, so that a renewal needs no restart.
    ///   - denied: the deny list (`checkPeer`), asked for every request.
    ///   - onRunning: gets the port that is listened on; requests are answered once it returns.
    package init(
        store: ContentStore, log: LogTiles? = nil,
        credentials: @escaping @Sendable () -> Credentials,
        denied: @escaping @Sendable () -> Set<String>, configuration: Configuration,
        clock: @escaping @Sendable () -> Instant, logger: Logger,
        onRunning: @escaping @Sendable (Int) async -> Void
    ) {
        let responder = ContentResponder(
            store: store, log: log, limit: configuration.limit, denied: denied, clock: clock,
            logger: logger)
        let http = HTTP1Channel(
            responder: { request, writer, channel in
                try await responder.respond(to: request, writer, on: channel)
            }, configuration: HTTP1Channel.Configuration(idleTimeout: Self.idleTimeout))
        place = "\(configuration.host):\(configuration.port)"
        // Of itself the server has to say only what nobody else does: nothing.
        var own = logger
        own.logLevel = .critical
        server = Server(
            childChannelSetup: SecureChannel(
                http: http, credentials: credentials, clock: clock, refusals: logger),
            configuration: ServerConfiguration(
                address: .hostname(configuration.host, port: configuration.port),
                availableConnectionsDelegate: .maximum(configuration.connections, logger: own)),
            onServerRunning: { await onRunning($0.localAddress?.port ?? configuration.port) },
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: own)
    }

    /// Serves until `shutdown()` has let the last request end, or the calling task is cancelled,
    /// which breaks them off. To be called once.
    /// - Throws: `ListenFault` if it cannot listen.
    package func run() async throws(ListenFault) {
        do { try await server.run() } catch {
            throw ListenFault(place: place, problem: "cannot listen: \(error)")
        }
    }

    /// Takes no more requests and returns when those under way have ended.
    package func shutdown() async {
        do { try await server.shutdownGracefully() } catch {
            server.logger.error("content server shut down", metadata: ["error": "\(error)"])
        }
    }
}

/// Why nothing is served.
package struct ListenFault: Actionable, Hashable {
    package var place: String
    package var problem: String
    package var remedy: String { "choose an address of this machine and a port nobody else uses" }
}
