package import ErgonModel
package import ErgonSecurity
import ErgonTransfer
package import ErgonWire
import ErgonWireMessages
import ErgonWorker
import FoundationEssentials
import GRPCCore
package import Logging
import Synchronization

/// What a worker is told on its command line.
package struct WorkerConfiguration: Sendable {
    package var facts: WorkerFacts
    /// Everything it writes is under here.
    package var folder: String
    /// The most its cache may hold.
    package var cacheLimit: ByteCount
    /// Where programs are looked up.
    package var searchPath: String
    package var address: CoordinatorAddress

    package init(
        facts: WorkerFacts, folder: String, cacheLimit: ByteCount, searchPath: String,
        address: CoordinatorAddress
    ) {
        self.facts = facts
        self.folder = folder
        self.cacheLimit = cacheLimit
        self.searchPath = searchPath
        self.address = address
    }
}

/// The coordinator will not have this worker; trying again does not help.
package struct WorkerRefused: Error {
    package var reason: String
}

/// Runs a worker until it is cancelled or refused. A coordinator that is away is waited for.
package func runWorker(
    _ configuration: WorkerConfiguration, credentials: Credentials,
    clock: @escaping @Sendable () -> Instant, logger: Logger
) async throws {
    let workplace = try Workplace(
        folder: configuration.folder, cacheLimit: configuration.cacheLimit,
        searchPath: configuration.searchPath, logger: logger)
    let current = CurrentCredentials(credentials)
    let (inbox, news) = AsyncStream.makeStream(of: WorkerNews.self)
    let endpoint = Endpoint(
        host: configuration.address.host, port: configuration.address.dataPort,
        keyPath: credentials.keyPath, certificatePath: credentials.certificatePath,
        authorityPath: credentials.authorityPath)
    let loop = WorkerLoop(
        facts: configuration.facts, workplace: workplace, endpoint: endpoint, news: news,
        clock: clock, logger: logger)
    let client = try Connection.client(
        host: configuration.address.host, port: configuration.address.controlPort,
        credentials: { current.value })
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await client.runConnections() }
        group.addTask { try await tick(news) }
        group.addTask { try await renew(current, client, clock: clock, logger: logger) }
        group.addTask { try await keepLinked(client, news, logger) }
        group.addTask { [loop] in
            var loop = loop
            await loop.run(inbox)
        }
        defer {
            news.finish()
            client.beginGracefulShutdown()
            group.cancelAll()
        }
        try await group.next()
    }
}

/// Time for what depends on it: limits.
private func tick(_ news: AsyncStream<WorkerNews>.Continuation) async throws {
    while true {
        try await Task.sleep(for: .milliseconds(250))
        news.yield(.core(.tick))
    }
}

/// One stream after the other, for as long as it takes.
private func keepLinked(
    _ client: GRPCClient<some ClientTransport>, _ news: AsyncStream<WorkerNews>.Continuation,
    _ logger: Logger
) async throws {
    let link = Ergon_V1_WorkerLink.Client(wrapping: client)
    var options = CallOptions.defaults
    // Despite its name, the limit of what grpc-swift takes.
    options.maxRequestMessageBytes = Connection.messageLimit
    var wait = Duration.milliseconds(100)
    while true {
        let (messages, outbox) = AsyncStream.makeStream(of: Ergon_V1_FromWorker.self)
        let heard = Mutex(false)
        do {
            try await link.work(options: options) { writer in
                news.yield(.linkOpened(outbox))
                for await message in messages { try await writer.write(message) }
            } onResponse: { response in
                for try await message in response.messages {
                    heard.withLock { $0 = true }
                    try take(message, news)
                }
            }
        } catch let error as RPCError where isFinal(error) {
            throw WorkerRefused(reason: error.message)
        } catch let error as RPCError {
            logger.notice("the coordinator is away", metadata: ["reason": "\(error.message)"])
        } catch let error as WireFault {
            // However well it began: the next try is likely to hear the same.
            heard.withLock { $0 = false }
            logger.warning(
                "the coordinator makes no sense", metadata: ["reason": "\(error.problem)"])
        }
        try Task.checkCancellation()
        outbox.finish()
        news.yield(.linkClosed)
        wait = heard.withLock { $0 } ? .milliseconds(100) : min(wait * 2, .seconds(5))
        try await Task.sleep(for: wait * Double.random(in: 0.5...1))
    }
}

private func take(
    _ message: Ergon_V1_ToWorker, _ news: AsyncStream<WorkerNews>.Continuation
) throws(WireFault) {
    let order = try message.model()
    if case .welcome(let welcome) = message.kind {
        guard (1...65_535).contains(welcome.dataPort) else {
            throw WireFault(problem: "a welcome to data port \(welcome.dataPort)")
        }
        news.yield(.dataPort(Int(welcome.dataPort)))
    }
    news.yield(.core(.order(order)))
}

private func isFinal(_ error: RPCError) -> Bool {
    error.code == .unauthenticated || error.code == .permissionDenied
}

// MARK: Certificates

/// The credentials in use, which are renewed now and then.
private final class CurrentCredentials: Sendable {
    private let credentials: Mutex<Credentials>

    init(_ credentials: Credentials) { self.credentials = Mutex(credentials) }

    var value: Credentials {
        get { credentials.withLock { $0 } }
        set { credentials.withLock { $0 = newValue } }
    }
}

/// Asks for the next certificate at half of the current one's life, with some jitter.
private func renew(
    _ current: CurrentCredentials, _ client: GRPCClient<some ClientTransport>,
    clock: @Sendable () -> Instant, logger: Logger
) async throws {
    var random = SystemRandomNumberGenerator()
    while true {
        let due = current.value.validity.renewal(using: &random)
        try await Task.sleep(for: .microseconds(max((due - clock()).count, 60_000_000)))
        do {
            current.value = try await renewed(current.value, by: client)
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            logger.warning("the certificate was not renewed", metadata: ["reason": "\(error)"])
        }
    }
}
