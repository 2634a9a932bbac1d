package import ErgonEnergy
package import ErgonModel
import ErgonProvenance
package import ErgonSecurity
import ErgonSystem
import ErgonTransfer
package import ErgonWire
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
    /// How long what runs may go on when the worker is asked to leave.
    package var drainTime: Microseconds
    /// What the site says of its meters; none is read if it is `nil`.
    package var meters: NodeMeter.Settings?
    /// False for one that only says that all is done, for benchmarks.
    package var runsTasks: Bool

    package init(
        facts: WorkerFacts, folder: String, cacheLimit: ByteCount, searchPath: String,
        address: CoordinatorAddress, drainTime: Microseconds,
        meters: NodeMeter.Settings? = nil, runsTasks: Bool = true
    ) {
        self.facts = facts
        self.folder = folder
        self.cacheLimit = cacheLimit
        self.searchPath = searchPath
        self.address = address
        self.drainTime = drainTime
        self.meters = meters
        self.runsTasks = runsTasks
    }
}

/// The coordinator will not have this worker; trying again does not help.
package struct WorkerRefused: Error {
    package var reason: String
    package var remedy: String
}

/// There was no coordinator for so long that the worker gave up; its results are kept.
package struct CoordinatorGone: Error {
    package var hours: Int64
}

/// Runs a worker until it has left or is cancelled. A coordinator that is away is waited for.
/// - Parameter stop: ends when the worker shall leave.
/// - Throws: `WorkerRefused`, `CoordinatorGone`.
package func runWorker(
    _ configuration: WorkerConfiguration, credentials: Credentials, stop: AsyncStream<Never>,
    clock: @escaping @Sendable () -> Instant, logger: Logger
) async throws {
    let workplace = try Workplace(
        folder: configuration.folder, cacheLimit: configuration.cacheLimit,
        searchPath: configuration.searchPath, logger: logger)
    let authority = try read(credentials.authorityPath, as: "the authority's certificate")
    let life = Int.random(in: 0..<1 << 53)
    let spool = try Spool(
        folder: "\(configuration.folder)/results/\(Digest(of: authority).hex)", life: life,
        logger: logger)
    let (inbox, errands, current) = (WorkerInbox(), Errands(), CurrentCredentials(credentials))
    let endpoint = Endpoint(
        host: configuration.address.host, port: configuration.address.dataPort,
        keyPath: credentials.keyPath, certificatePath: credentials.certificatePath,
        authorityPath: credentials.authorityPath)
    let client = try Connection.client(
        host: configuration.address.host, port: configuration.address.controlPort,
        credentials: { current.value })
    // Each says whether the worker is over with it.
    try await withThrowingTaskGroup(of: Bool.self) { group in
        group.addTask {
            try await client.runConnections()
            return true
        }
        group.addTask {
            await errands.run()
            return false
        }
        group.addTask { try await renew(current, client, clock: clock, logger: logger) }
        group.addTask { try await keepLinked(client, inbox, logger) }
        group.addTask { await leave(when: stop, configuration.drainTime, inbox, logger) }
        group.addTask {
            let ending = await onItsOwnThread(until: inbox) {
                guard configuration.runsTasks else {
                    var loop = ZeroWork(
                        configuration.facts, life: life, { current.value }, clock: clock)
                    loop.run(inbox)
                    return .left
                }
                let desk = configuration.meters.flatMap { MeterDesk.open($0, logger: logger) }
                var loop = WorkerLoop(
                    facts: configuration.facts, life: life, credentials: { current.value },
                    workplace: workplace, spool: spool, endpoint: endpoint, inbox: inbox,
                    errands: errands, desk: desk, clock: clock, logger: logger)
                return loop.run()
            }
            guard ending != .forsaken else {
                throw CoordinatorGone(hours: Worker.longestAbsence.count / 3_600_000_000)
            }
            return true
        }
        defer {
            client.beginGracefulShutdown()
            group.cancelAll()
        }
        for try await isOver in group where isOver { break }
    }
}

/// - Returns: false: the worker is over when it has left.
private func leave(
    when stop: AsyncStream<Never>, _ drainTime: Microseconds,
    _ inbox: WorkerInbox, _ logger: Logger
) async -> Bool {
    for await _ in stop {}
    guard !Task.isCancelled else { return false }
    let seconds = Int(drainTime.seconds)
    logger.notice("the worker leaves", metadata: ["its tasks may end within": "\(seconds) s"])
    inbox.post(.core(.leave(patience: drainTime)))
    return false
}

/// Cancelled, it tells the inbox so and waits for the end all the same.
private func onItsOwnThread(
    until inbox: WorkerInbox, _ body: @escaping @Sendable () -> Worker.Ending?
) async -> Worker.Ending? {
    await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
            startThread { continuation.resume(returning: body()) }
        }
    } onCancel: {
        inbox.post(.cancelled)
    }
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
) async throws -> Never {
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
