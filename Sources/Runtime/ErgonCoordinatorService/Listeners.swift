import ErgonDashboard
import ErgonModel
import ErgonStorage
import ErgonWire
import GRPCNIOTransportHTTP2Posix
import Logging

/// The coordinator's three ports: control and data for those with a certificate of ours, and the
/// one for strangers with a join token.
struct Listeners: Sendable {
    let control: HTTP2ServerTransport.Posix
    let enrolment: HTTP2ServerTransport.Posix
    private let content: ContentServer
    private let contentPort: AsyncStream<Int>
    private let contentStarted: AsyncStream<Int>.Continuation

    /// - Parameter before: the ports of the last start, which workers still look for.
    init(
        _ configuration: CoordinatorConfiguration, before: ListeningPorts?, _ own: OwnCredentials,
        _ store: ContentStore, log: LogTiles, clock: @escaping @Sendable () -> Instant,
        logger: Logger
    ) {
        func port(_ wanted: Int, _ last: Int?) -> Int { wanted == 0 ? last ?? 0 : wanted }
        func transport(_ port: Int, _ name: String, mutual: Bool) -> HTTP2ServerTransport.Posix {
            Connection.serverTransport(
                host: configuration.host, port: port, credentials: { own.value },
                requiringClient: mutual, clock: clock
            ) { reason in
                logger.warning(
                    "connection refused", metadata: ["port": "\(name)", "reason": "\(reason)"])
            }
        }
        control = transport(
            port(configuration.controlPort, before?.control), "control", mutual: true)
        enrolment = transport(
            port(configuration.enrolmentPort, before?.enrolment), "enrolment", mutual: false)
        let (ports, started) = AsyncStream.makeStream(of: Int.self)
        (contentPort, contentStarted) = (ports, started)
        content = ContentServer(
            store: store, log: log, credentials: { own.value }, denied: { [] },
            configuration: .init(
                host: configuration.host, port: port(configuration.dataPort, before?.data)),
            clock: clock, logger: logger, onRunning: { started.yield($0) })
    }

    func serveContent() async throws {
        defer { contentStarted.finish() }
        try await content.run()
    }

    /// Waits until all three listen.
    /// - Returns: `nil` if one of them cannot.
    func ports(_ configuration: CoordinatorConfiguration) async throws -> ListeningPorts? {
        var data: Int?
        for await port in contentPort {
            data = port
            break
        }
        guard let data, let control = await port(of: control),
            let enrolment = await port(of: enrolment)
        else {
            try Task.checkCancellation()
            return nil
        }
        let isAnywhere = configuration.host == "0.0.0.0"
        return ListeningPorts(
            host: isAnywhere ? "127.0.0.1" : configuration.host,
            advertised: configuration.advertised, control: control, data: data,
            enrolment: enrolment)
    }

    /// `nil` if it cannot listen; why, its `serve` throws.
    private func port(of transport: HTTP2ServerTransport.Posix) async -> Int? {
        try? await transport.listeningAddress.ipv4?.port
    }
}
