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
    private let workplace: Workplace
    private let launcher: Launcher
    private let news: AsyncStream<WorkerNews>.Continuation
    private let clock: @Sendable () -> Instant
    private let logger: Logger
    private var endpoint: Endpoint
    private var outbox: AsyncStream<Ergon_V1_FromWorker>.Continuation?
    private var prepared: [Worker.Attempt: Workplace.Prepared] = [:]
    private var riding = RidingContent()

    init(
        facts: WorkerFacts, workplace: Workplace, endpoint: Endpoint,
        news: AsyncStream<WorkerNews>.Continuation, clock: @escaping @Sendable () -> Instant,
        logger: Logger
    ) {
        core = Worker(facts: facts)
        self.facts = facts
        self.workplace = workplace
        self.endpoint = endpoint
        self.news = news
        self.clock = clock
        self.logger = logger
        launcher = Launcher(logger: logger) { news.yield(.core($0)) }
    }

    mutating func run(_ inbox: AsyncStream<WorkerNews>) async {
        await withDiscardingTaskGroup { group in
            for await item in inbox {
                let effects = take(item)
                for effect in effects { perform(effect, in: &group) }
            }
            await launcher.end()
            group.cancelAll()
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
            // A lease that was withdrawn meanwhile will not be reported on.
            if core.lease(of: attempt) != nil { riding.add(content, of: attempt) }
            event = .collected(attempt, collected)
        case .linkOpened(let outbox):
            self.outbox = outbox
            var message = Ergon_V1_FromWorker()
            message.hello = Ergon_V1_Hello(facts, held: core.held, version: ergonVersion)
            outbox.yield(message)
            event = .connected
        case .linkClosed:
            outbox = nil
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
        case .stop(let attempt): launcher.stop(attempt)
        case .collect(let attempt, let succeeded): collect(attempt, succeeded, in: &group)
        case .discard(let attempt): discard(attempt, in: &group)
        case .send(let report):
            var message = Ergon_V1_FromWorker()
            message.results = Ergon_V1_Results(report) { riding[$0] }
            outbox?.yield(message)
        case .decline(let lease, let reason):
            logger.warning("campaign declined", metadata: ["reason": "\(reason)"])
            var message = Ergon_V1_FromWorker()
            message.decline = Ergon_V1_Decline(lease, reason: reason)
            outbox?.yield(message)
        case .forget(.content(let attempts)): riding.forget(attempts)
        case .forget(.campaign(let digest)): workplace.forget(digest)
        }
    }

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

    private func collect(
        _ attempt: Worker.Attempt, _ succeeded: Bool, in group: inout DiscardingTaskGroup
    ) {
        let (workplace, endpoint, news) = (workplace, endpoint, news)
        let lease = core.lease(of: attempt)
        let plan = lease.flatMap { lease in
            core.campaign(of: lease).flatMap { TaskPlan(lease, task: attempt.task, campaign: $0) }
        }
        let outputs = plan?.outputs ?? []
        group.addTask {
            let (collected, content) = await workplace.collect(
                attempt, outputs, succeeded: succeeded, to: endpoint)
            news.yield(.collected(attempt, collected, content))
        }
    }

    private mutating func discard(
        _ attempt: Worker.Attempt, in group: inout DiscardingTaskGroup
    ) {
        let pins = prepared.removeValue(forKey: attempt)?.pins ?? []
        let workplace = workplace
        group.addTask {
            for pin in pins { await workplace.cache.release(pin) }
            workplace.discard(attempt)
        }
    }
}
