import ErgonModel
import ErgonSecurity
import ErgonSystem
import ErgonTransfer
import ErgonWire
import ErgonWireMessages
import ErgonWorker
import FoundationEssentials
import Glibc
import Logging

/// Drives the worker's core, on a thread of its own: that of the processes it starts. Owns all its
/// state as local variables. Where one task has ended, the next is started before anything else.
struct WorkerLoop: ~Copyable {
    var core: Worker
    let facts: WorkerFacts
    /// In use now; they are renewed now and then.
    let credentials: @Sendable () -> Credentials
    /// Those of the present connection, with which it signs.
    private var signer: Credentials?
    let life: Int
    let workplace: Workplace
    let inbox: WorkerInbox
    let errands: Errands
    let clock: @Sendable () -> Instant
    let logger: Logger
    var launcher: Launcher
    var folders: PrivateFolders
    var endpoint: Endpoint
    var outbox: AsyncStream<Ergon_V1_FromWorker>.Continuation?
    var attempts: [Worker.Attempt: AttemptInHand] = [:]
    /// A manifest that came with the lease that is next.
    var told: [UInt8]?
    /// The environment that was made last.
    var latest: (lease: LeaseID, environment: TaskEnvironment)?
    /// Programs that take task after task, by their numbers.
    var crew: [CInt: WarmProcess] = [:]
    var riding = RidingContent()
    var spool: Spool
    /// What was caused while effects were performed.
    var pending: [Worker.Event] = []
    var ending: Worker.Ending?
    /// None where no meter is read.
    var desk: MeterDesk?
    private var isCancelled = false
    /// By the worker's uptime.
    private var nextTick = steadyClock()

    /// How often there is a tick at least.
    private static let tickPeriod = Microseconds(250_000)
    /// How many ticks the last words have to reach the coordinator.
    private static let farewellTicks = 8

    /// - Parameter life: drawn anew by each process.
    init(
        facts: WorkerFacts, life: Int, credentials: @escaping @Sendable () -> Credentials,
        workplace: Workplace, spool: Spool, endpoint: Endpoint, inbox: WorkerInbox,
        errands: Errands, desk: MeterDesk?,
        clock: @escaping @Sendable () -> Instant, logger: Logger
    ) {
        var spool = spool
        let reports = spool.takeStock()
        let tasks = reports.reduce(0) { $0 + $1.results.count }
        if tasks > 0 {
            logger.notice(
                "an earlier process has left results", metadata: ["tasks": "\(tasks)"])
        }
        core = Worker(
            facts: facts, life: life, spooled: reports, gathering: Worker.usualGathering,
            meteredCores: desk?.cores)
        self.desk = desk
        launcher = Launcher(folder: workplace.taskFolder, bell: inbox.bell, logger: logger)
        folders = PrivateFolders(parent: workplace.taskFolder)
        self.spool = spool
        self.life = life
        self.facts = facts
        self.credentials = credentials
        self.workplace = workplace
        self.endpoint = endpoint
        self.inbox = inbox
        self.errands = errands
        self.clock = clock
        self.logger = logger
    }

    /// - Returns: how it ended by itself; `nil` if it was cancelled.
    mutating func run() -> Worker.Ending? {
        while ending == nil, !isCancelled { turn() }
        if ending != nil { finishTalking() }
        for _ in launcher.end() {}
        desk?.end()
        return ending
    }

    private mutating func turn() {
        let now = steadyClock()
        if core.due.map({ $0 <= now }) ?? false || nextTick <= now {
            if nextTick <= now {
                nextTick = now + Self.tickPeriod
                dismissIdle(now)
            }
            handle(.tick)
        }
        if let due = desk?.due, due <= now { handle(.metered(readMeter(isAsked: false))) }
        let heard = launcher.wait(patience(now))
        for process in heard.talking { hear(process) }
        for ended in heard.ended {
            if crew[ended.process] != nil {
                warmProcessEnded(ended)
            } else {
                attempts[ended.attempt]?.said = ended.said
                handle(.ended(ended.attempt, ended.end))
            }
        }
        for item in inbox.take() { take(item) }
    }

    private func patience(_ now: Microseconds) -> Microseconds {
        let next = min(nextTick, core.due ?? nextTick, desk?.due ?? nextTick)
        return Microseconds(max(next.count - now.count, 0))
    }

    /// The stream ends when the coordinator has heard all that was said on it.
    private mutating func finishTalking() {
        guard let outbox else { return }
        outbox.finish()
        for _ in 0..<Self.farewellTicks {
            _ = launcher.wait(Self.tickPeriod)
            for item in inbox.take() {
                switch item {
                case .linkClosed, .cancelled: return
                case .core, .manifest, .prepared, .collected, .linkOpened, .dataPort: break
                }
            }
        }
    }

    private mutating func take(_ item: WorkerNews) {
        switch item {
        case .core(let event):
            if case .leave = event { handle(.metered(readMeter(isAsked: true))) }
            handle(event)
            if case .order = event { told = nil }
        case .manifest(let text): told = text
        case .prepared(let attempt, let staged):
            attempts[attempt]?.staged = staged
            handle(.prepared(attempt))
        case .collected(let attempt, let left):
            if let event = collected(attempt, left) { handle(event) }
        case .linkOpened(let outbox): greet(outbox)
        case .linkClosed:
            outbox = nil
            spool.rest()
            handle(.disconnected)
        case .dataPort(let port): endpoint.port = port
        case .cancelled: isCancelled = true
        }
    }

    private mutating func greet(_ outbox: AsyncStream<Ergon_V1_FromWorker>.Continuation) {
        self.outbox = outbox
        let signer = credentials()
        self.signer = signer
        var facts = facts
        facts.signing = signer.signing
        var message = Ergon_V1_FromWorker()
        message.hello = Ergon_V1_Hello(
            facts, life: life, held: core.held, version: ergonVersion)
        outbox.yield(message)
        handle(.connected)
    }

    /// What an event causes may cause further events: they are next.
    mutating func handle(_ event: Worker.Event) {
        pending.append(event)
        handlePending()
    }

    mutating func handlePending() {
        var place = 0
        while place < pending.count {
            let effects = core.handle(pending[place], now: clock(), uptime: steadyClock())
            place += 1
            for effect in effects { perform(effect) }
        }
        pending.removeAll(keepingCapacity: true)
    }

    // MARK: What is only said or kept

    private mutating func perform(_ effect: Worker.Effect) {
        switch effect {
        case .load(let manifest): load(manifest)
        case .prepare(let attempt): prepare(attempt)
        case .start(let attempt): start(attempt)
        case .warn(let attempt): signal(attempt, SIGTERM)
        case .stop(let attempt): signal(attempt, SIGKILL)
        case .collect(let attempt, let succeeded): collect(attempt, succeeded)
        case .discard(let attempt): discard(attempt)
        case .keep(let report): keep(report)
        case .send(let report):
            var results = spool.message(report)
            if let signer { results.sign(as: signer) }
            say { $0.results = results }
        case .decline(let lease, let reason):
            logger.warning("campaign declined", metadata: ["reason": "\(reason)"])
            say { $0.decline = Ergon_V1_Decline(lease, reason: reason) }
        case .giveBack(let lease, let tasks):
            say { $0.giveBack = Ergon_V1_GiveBack(lease, tasks) }
        case .readMeter: pending.append(.metered(readMeter(isAsked: true)))
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
}
