import ErgonModel
import ErgonProvenance
import ErgonSystem
import ErgonTransfer
import ErgonWire
import ErgonWireMessages
import ErgonWorker
import Logging
import Synchronization

/// What reaches the worker's loop: events for its core, and what has to be kept beside them.
enum WorkerNews: Sendable {
    case core(Worker.Event)
    case prepared(Worker.Attempt, Workplace.Prepared)
    case collected(Worker.Attempt, Worker.Collected, [RidingContent.Piece])
    case linkOpened(AsyncStream<Ergon_V1_FromWorker>.Continuation)
    case linkClosed
    /// The coordinator said where content is.
    case dataPort(Int)
}

/// Drives the worker's core: owns all its state as local variables.
struct WorkerLoop {
    private var core: Worker
    private let facts: WorkerFacts
    private let life: Int
    private let workplace: Workplace
    private let launcher: Launcher
    private let news: AsyncStream<WorkerNews>.Continuation
    private let clock: @Sendable () -> Instant
    private let logger: Logger
    private var endpoint: Endpoint
    private var outbox: AsyncStream<Ergon_V1_FromWorker>.Continuation?
    private var prepared: [Worker.Attempt: Workplace.Prepared] = [:]
    /// Finished to stop what is being collected.
    private var collecting: [Worker.Attempt: AsyncStream<Never>.Continuation] = [:]
    private var riding = RidingContent()
    private var spool: Spool
    private var ending: Worker.Ending?

    /// How many ticks the last words have to reach the coordinator.
    private static let farewellTicks = 8

    init(
        facts: WorkerFacts, life: Int, workplace: Workplace, spool: Spool, endpoint: Endpoint,
        news: AsyncStream<WorkerNews>.Continuation, clock: @escaping @Sendable () -> Instant,
        logger: Logger
    ) {
        self.life = life
        let reports = spool.takeStock()
        if !reports.isEmpty {
            let tasks = reports.reduce(0) { $0 + $1.results.count }
            logger.notice(
                "an earlier process has left results", metadata: ["tasks": "\(tasks)"])
        }
        core = Worker(facts: facts, life: life, spooled: reports)
        self.spool = spool
        self.facts = facts
        self.workplace = workplace
        self.endpoint = endpoint
        self.news = news
        self.clock = clock
        self.logger = logger
        launcher = Launcher(logger: logger) { news.yield(.core($0)) }
    }

    /// - Returns: how it ended by itself; `nil` if it was cancelled.
    mutating func run(_ inbox: AsyncStream<WorkerNews>) async -> Worker.Ending? {
        await withDiscardingTaskGroup { group in
            var items = inbox.makeAsyncIterator()
            while ending == nil, let item = await items.next() {
                let effects = take(item)
                for effect in effects { perform(effect, in: &group) }
            }
            if ending != nil { await finishTalking(&items) }
            await launcher.end()
            group.cancelAll()
        }
        return ending
    }

    /// The stream ends when the coordinator has heard all that was said on it.
    private mutating func finishTalking(
        _ items: inout AsyncStream<WorkerNews>.Iterator
    ) async {
        guard let outbox else { return }
        outbox.finish()
        var ticks = 0
        while ticks < Self.farewellTicks, let item = await items.next() {
            switch item {
            case .linkClosed: return
            case .core(.tick): ticks += 1
            case .core, .prepared, .collected, .linkOpened, .dataPort: break
            }
        }
    }

    private mutating func take(_ item: WorkerNews) -> [Worker.Effect] {
        let event: Worker.Event
        switch item {
        case .core(let core): event = core
        case .prepared(let attempt, let task):
            prepared[attempt] = task
            event = .prepared(attempt)
        case .collected(let attempt, let collected, let content):
            // What nobody waits for any more is not reported.
            if core.isWanted(attempt) { riding.add(content, of: attempt) }
            collecting[attempt] = nil
            event = .collected(attempt, collected)
        case .linkOpened(let outbox):
            self.outbox = outbox
            var message = Ergon_V1_FromWorker()
            message.hello = Ergon_V1_Hello(
                facts, life: life, held: core.held, version: ergonVersion)
            outbox.yield(message)
            event = .connected
        case .linkClosed:
            outbox = nil
            spool.rest()
            event = .disconnected
        case .dataPort(let port):
            endpoint.port = port
            return []
        }
        return core.handle(event, now: clock(), uptime: steadyClock())
    }

    private mutating func perform(_ effect: Worker.Effect, in group: inout DiscardingTaskGroup) {
        switch effect {
        case .load(let manifest): load(manifest, in: &group)
        case .prepare(let attempt): prepare(attempt, in: &group)
        case .start(let attempt):
            guard let task = prepared[attempt] else { break }
            launcher.start(workplace.request(attempt, task))
        case .warn(let attempt): launcher.warn(attempt)
        case .stop(let attempt): launcher.stop(attempt)
        case .collect(let attempt, let succeeded): collect(attempt, succeeded, in: &group)
        case .discard(let attempt): discard(attempt, in: &group)
        case .keep(let report): keep(report)
        case .send(let report):
            let results = spool.message(report)
            say { $0.results = results }
        case .decline(let lease, let reason):
            logger.warning("campaign declined", metadata: ["reason": "\(reason)"])
            say { $0.decline = Ergon_V1_Decline(lease, reason: reason) }
        case .giveBack(let lease, let tasks):
            say { $0.giveBack = Ergon_V1_GiveBack(lease, tasks) }
        case .announceLeaving: outbox?.yield(.goodbye)
        case .forget(.report(let id)): spool.forget(id)
        case .forget(.campaign(let digest)): workplace.forget(digest)
        case .end(let ending): self.ending = ending
        }
    }

    private func say(_ fill: (inout Ergon_V1_FromWorker) -> Void) {
        var message = Ergon_V1_FromWorker()
        fill(&message)
        outbox?.yield(message)
    }

    private mutating func keep(_ report: WorkerReport) {
        let message = Ergon_V1_Results(report) { riding[$0] }
        spool.keep(message, isSentSoon: outbox != nil)
        riding.forget(
            report.results.map { Worker.Attempt(lease: report.lease, task: $0.task) })
    }

    // MARK: What takes time

    private func load(_ manifest: StoredFile, in group: inout DiscardingTaskGroup) {
        let (workplace, endpoint, news, logger) = (workplace, endpoint, news, logger)
        group.addTask {
            do throws(WorkplaceFault) {
                let campaign = try await workplace.load(manifest, from: endpoint)
                news.yield(.core(.loaded(manifest.digest, campaign)))
            } catch {
                logger.warning("a campaign was not loaded", metadata: ["reason": "\(error.detail)"])
                news.yield(.core(.loadFailed(manifest.digest, reason: error.reason)))
            }
        }
    }

    private func prepare(_ attempt: Worker.Attempt, in group: inout DiscardingTaskGroup) {
        let (workplace, endpoint, news, logger) = (workplace, endpoint, news, logger)
        guard let lease = core.lease(of: attempt), let campaign = core.campaign(of: lease) else {
            news.yield(.core(.prepareFailed(attempt, reason: "its lease is gone")))
            return
        }
        group.addTask {
            do throws(WorkplaceFault) {
                let task = try await workplace.prepare(attempt, lease, campaign, from: endpoint)
                news.yield(.prepared(attempt, task))
            } catch {
                logger.warning("a task was not prepared", metadata: ["reason": "\(error.detail)"])
                news.yield(.core(.prepareFailed(attempt, reason: error.reason)))
            }
        }
    }

    private mutating func collect(
        _ attempt: Worker.Attempt, _ succeeded: Bool, in group: inout DiscardingTaskGroup
    ) {
        let (workplace, endpoint, news) = (workplace, endpoint, news)
        let lease = core.lease(of: attempt)
        let plan = lease.flatMap { lease in
            core.campaign(of: lease).flatMap { TaskPlan(lease, task: attempt.task, campaign: $0) }
        }
        let outputs = plan?.outputs ?? []
        let (stop, stopper) = AsyncStream.makeStream(of: Never.self)
        collecting[attempt] = stopper
        group.addTask {
            await withDiscardingTaskGroup { group in
                group.addTask {
                    let (collected, content) = await workplace.collect(
                        attempt, outputs, succeeded: succeeded, to: endpoint)
                    news.yield(.collected(attempt, collected, content))
                    stopper.finish()
                }
                for await _ in stop {}
                group.cancelAll()
            }
        }
    }

    private mutating func discard(
        _ attempt: Worker.Attempt, in group: inout DiscardingTaskGroup
    ) {
        collecting.removeValue(forKey: attempt)?.finish()
        let pins = prepared.removeValue(forKey: attempt)?.pins ?? []
        let workplace = workplace
        group.addTask {
            for pin in pins { await workplace.cache.release(pin) }
            workplace.discard(attempt)
        }
    }
}
