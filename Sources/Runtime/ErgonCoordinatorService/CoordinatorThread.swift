import ErgonCoordinator
import ErgonModel
import ErgonProvenance
import ErgonStorage
import ErgonSystem
import Logging
import Synchronization

/// The thread that owns the core and the log: it folds the log, then runs the loop.
struct CoordinatorThread: Sendable {
    let configuration: CoordinatorConfiguration
    let signer: NoteSigner
    let store: ContentStore
    let inbox: CoordinatorInbox
    let board: Board
    let ports: SharedPorts
    let clock: @Sendable () -> Instant
    let logger: Logger
    /// `nil` if no plans are followed.
    let planner: PlannerThread?
    private let restored = Outcome()
    private let end = Outcome()

    init(
        configuration: CoordinatorConfiguration, signer: NoteSigner, store: ContentStore,
        inbox: CoordinatorInbox, board: Board, ports: SharedPorts,
        clock: @escaping @Sendable () -> Instant, logger: Logger
    ) {
        self.configuration = configuration
        self.signer = signer
        self.store = store
        self.inbox = inbox
        self.board = board
        self.ports = ports
        self.clock = clock
        self.logger = logger
        planner = configuration.planning.map {
            PlannerThread($0, store: store, inbox: inbox, clock: clock, logger: logger)
        }
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
            var desk = configuration.planning.map {
                PlanDesk(loaded: $0.loaded, clock: $0.clock)
            }
            var (core, log) = try restore(learning: &desk)
            if let desk {
                core.followPlans()
                planner?.start(at: desk)
            }
            defer { planner?.stop() }
            let loop = CoordinatorLoop(
                core: core, log: log, signer: signer, store: store, inbox: inbox, board: board,
                reserve: DiskReserve(folder: configuration.home.folder), clock: clock, ports: ports,
                isLogged: configuration.isLogged, planner: planner,
                policy: configuration.policy?.digest, logger: logger)
            restored.settle(.success(()))
            try loop.run()
            end.settle(.success(()))
        } catch {
            restored.settle(.failure(error))
            end.settle(.failure(error))
        }
    }

    /// The state that the log leads to, from the newest snapshot of it on.
    /// - Parameter desk: where what tasks took is remembered.
    private func restore(learning desk: inout PlanDesk?) throws -> (Coordinator, LogSegments) {
        var core = Coordinator(grace: configuration.grace)
        var learned = desk
        let log = try LogSegments.open(
            configuration.home.log,
            restore: { payload, _ throws(LogFault) in
                guard let restored = restored(payload) else { return false }
                core = restored
                return true
            },
            recover: { place, bytes throws(LogFault) in
                let record = try replay(place, bytes, &core)
                learned?.learn(from: record)
            })
        desk = learned
        report(log.opening)
        return (core, log)
    }

    /// - Returns: `nil` if nothing can be made of it: then the records themselves are read.
    private func restored(_ payload: [UInt8]) -> Coordinator? {
        do throws(ReplayFault) {
            return try Coordinator(snapshot: payload, grace: configuration.grace) {
                digest throws(ReplayFault) in
                try campaign(digest, in: store)
            }
        } catch {
            logger.warning("a snapshot was of no use", metadata: ["reason": "\(error.problem)"])
            return nil
        }
    }

    private func replay(
        _ place: LogPlace, _ bytes: [UInt8], _ core: inout Coordinator
    ) throws(LogFault) -> Record {
        do {
            let (_, record) = try decode(bytes)
            try core.replay(record) { digest throws(ReplayFault) in
                try campaign(digest, in: store)
            }
            return record
        } catch let fault as ReplayFault {
            throw .unreadable(place, problem: fault.problem)
        } catch {
            throw .unreadable(place, problem: "\(error)")
        }
    }

    private func report(_ opening: LogSegments.Opening) {
        if let torn = opening.tornTail {
            logger.warning(
                "an unfinished record was cut off the log",
                metadata: ["segment": "\(torn.place.segment)", "bytes": "\(torn.count)"])
        }
        for unused in opening.unusedSnapshots {
            logger.warning(
                "a snapshot was not used",
                metadata: ["path": "\(unused.path)", "reason": "\(unused.reason)"])
        }
        if let restored = opening.restored {
            logger.info("restored from a snapshot", metadata: ["records": "\(restored)"])
        }
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
