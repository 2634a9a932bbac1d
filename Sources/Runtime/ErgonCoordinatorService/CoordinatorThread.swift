import ErgonCoordinator
import ErgonModel
import ErgonProvenance
import ErgonStorage
import ErgonSystem
import Logging
import Synchronization

/// The thread that owns the core and the log: it folds the log, then runs the loop.
struct CoordinatorThread: Sendable {
    let home: CoordinatorHome
    let grace: Microseconds
    let signer: NoteSigner
    let store: ContentStore
    let inbox: CoordinatorInbox
    let ports: SharedPorts
    let clock: @Sendable () -> Instant
    let logger: Logger
    private let restored = Outcome()
    private let end = Outcome()

    init(
        home: CoordinatorHome, grace: Microseconds, signer: NoteSigner, store: ContentStore,
        inbox: CoordinatorInbox, ports: SharedPorts, clock: @escaping @Sendable () -> Instant,
        logger: Logger
    ) {
        self.home = home
        self.grace = grace
        self.signer = signer
        self.store = store
        self.inbox = inbox
        self.ports = ports
        self.clock = clock
        self.logger = logger
    }

    /// Returns when the state is what it was before.
    func start() async throws {
        startThread { run() }
        try await restored.value()
    }

    /// Returns when the loop has ended; throws what ended it.
    func ended() async throws { try await end.value() }

    private func run() {
        do {
            let (core, log) = try restore()
            let loop = CoordinatorLoop(
                core: core, log: log, signer: signer, store: store, inbox: inbox, clock: clock,
                ports: ports, logger: logger)
            restored.settle(.success(()))
            try loop.run()
            end.settle(.success(()))
        } catch {
            restored.settle(.failure(error))
            end.settle(.failure(error))
        }
    }

    /// Folds the log into the state it had.
    private func restore() throws -> (Coordinator, LogSegments) {
        var core = Coordinator(grace: grace)
        let log = try LogSegments.open(home.log) { place, bytes throws(LogFault) in
            do {
                let (_, record) = try decode(bytes)
                try core.replay(record) { digest throws(ReplayFault) in
                    try campaign(digest, in: store)
                }
            } catch let fault as ReplayFault {
                throw .unreadable(place, problem: fault.problem)
            } catch {
                throw .unreadable(place, problem: "\(error)")
            }
        }
        if let torn = log.tornTail {
            logger.warning(
                "an unfinished record was cut off the log",
                metadata: ["segment": "\(torn.place.segment)", "bytes": "\(torn.count)"])
        }
        return (core, log)
    }
}

/// Something that happens once, for which any number may wait.
private final class Outcome: Sendable {
    private struct State {
        var result: Result<Void, any Error>?
        var waiting: [CheckedContinuation<Void, any Error>] = []
    }

    private let state = Mutex(State())

    /// The first time counts.
    func settle(_ result: Result<Void, any Error>) {
        let waiting = state.withLock { state in
            guard state.result == nil else { return [CheckedContinuation<Void, any Error>]() }
            state.result = result
            let waiting = state.waiting
            state.waiting = []
            return waiting
        }
        for continuation in waiting { continuation.resume(with: result) }
    }

    func value() async throws {
        try await withCheckedThrowingContinuation { continuation in
            let known = state.withLock { state in
                if state.result == nil { state.waiting.append(continuation) }
                return state.result
            }
            if let known { continuation.resume(with: known) }
        }
    }
}
