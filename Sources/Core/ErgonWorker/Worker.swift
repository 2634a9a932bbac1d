package import ErgonModel

/// One worker as a value: what it holds, what runs, and what it has not yet been thanked for.
package struct Worker: Sendable {
    /// One attempt at one task.
    package struct Attempt: Hashable, Comparable, Sendable {
        package var lease: LeaseID
        package var task: Int

        package init(lease: LeaseID, task: Int) {
            self.lease = lease
            self.task = task
        }
        package static func < (left: Attempt, right: Attempt) -> Bool {
            (left.lease, left.task) < (right.lease, right.task)
        }
    }

    package enum Event: Sendable {
        case connected
        case disconnected
        case order(WorkerOrder)
        case loaded(Digest, Campaign)
        /// The campaign cannot run here: its manifest, its code or its environment is not to be
        /// had.
        case loadFailed(Digest, reason: String)
        case prepared(Attempt)
        case prepareFailed(Attempt, reason: String)
        case started(Attempt)
        case startFailed(Attempt, reason: String)
        case ended(Attempt, ProcessEnd)
        case collected(Attempt, Collected)
        case tick
    }

    package enum Effect: Hashable, Sendable {
        /// Fetch and parse a manifest, stage its code and check its environment.
        case load(StoredFile)
        /// Stage what the task reads and make its folder.
        case prepare(Attempt)
        case start(Attempt)
        /// Stop the process and all it started.
        case stop(Attempt)
        /// Take in the outputs, or, of a failed attempt, only what it said.
        case collect(Attempt, succeeded: Bool)
        /// Nobody needs the attempt's folder any more.
        case discard(Attempt)
        case send(WorkerReport)
        /// This worker cannot run the lease's campaign; nothing of it was started.
        case decline(LeaseID, reason: String)
        case forget(Kept)
    }

    /// What the runtime keeps until nobody needs it any more.
    package enum Kept: Hashable, Sendable {
        /// What rode in these attempts' results, for sending them again: the coordinator has it, or
        /// does not want it.
        case content([Attempt])
        /// A campaign's code.
        case campaign(Digest)
    }

    /// How a process ended, and what it used.
    package struct ProcessEnd: Hashable, Sendable {
        package enum Status: Hashable, Sendable { case exit(Int), signal(Int) }
        package var status: Status
        package var started: Instant
        package var wall: Microseconds
        /// User and system time.
        package var cpu: Microseconds

        package init(
            status: Status, started: Instant, wall: Microseconds, cpu: Microseconds
        ) {
            self.status = status
            self.started = started
            self.wall = wall
            self.cpu = cpu
        }
    }

    /// What an attempt left on disk.
    package struct Collected: Hashable, Sendable {
        package enum Outputs: Hashable, Sendable {
            case there([StoredFile])
            case missing(String)
            case lost(reason: String)
        }
        package var outputs: Outputs
        package var log: StoredFile?

        package init(outputs: Outputs, log: StoredFile?) {
            self.outputs = outputs
            self.log = log
        }
    }

    /// The most results in one report.
    static let longestReport = 1000
    /// The most content in one report, in bytes: half of what a message may have.
    static let largestReport: Int64 = 8 << 20
    /// Outputs up to this size, in bytes, ride in the result.
    package static let ridingLimit: Int64 = 16 << 10

    let facts: WorkerFacts
    var isConnected = false
    var leases: [LeaseID: Held] = [:]
    var campaigns: [Digest: Loading] = [:]
    /// The same campaigns in the order of their latest leases.
    var recent: [Digest] = []
    var active: [Attempt: Activity] = [:]
    var free: Free
    var finished: [LeaseID: [TaskResult]] = [:]
    var unacknowledged: [Int: WorkerReport] = [:]
    var lastBatch = 0

    /// What tasks may still take of this worker.
    struct Free: Hashable, Sendable {
        var cpus: Int
        var memory: Int64
    }

    /// A lease in hand.
    struct Held: Sendable {
        let lease: Lease
        /// Not begun.
        var waiting: IntervalSet
        /// Begun or not, without a result.
        var remaining: IntervalSet
    }

    enum Loading: Sendable {
        case underWay
        case there(Campaign)
        case failed
    }

    struct Activity: Sendable {
        enum Phase: Hashable, Sendable { case preparing, prepared, starting, running, collecting }
        var phase: Phase
        let needs: Resources
        /// Whose code it runs, even when its lease is gone.
        let manifest: Digest
        /// Since when it runs, by the worker's uptime.
        var since = Microseconds.zero
        var started = Instant(microseconds: 0)
        var wall = Microseconds.zero
        var cpu = Microseconds.zero
        var failure: Failure?
        /// Its lease was withdrawn: stop it and say nothing.
        var isAbandoned = false
    }

    package init(facts: WorkerFacts) {
        self.facts = facts
        free = Free(cpus: facts.cpus, memory: facts.memory.bytes)
    }

    /// What the worker still works on, for the coordinator it (re)connects to.
    package var held: [HeldLease] {
        leases.values.map { held in
            HeldLease(
                id: held.lease.id, campaign: held.lease.campaign, stage: held.lease.stage,
                remaining: unreported(held))
        }.sorted { $0.id < $1.id }
    }

    /// Results that wait for an answer still belong to the lease.
    private func unreported(_ held: Held) -> IntervalSet {
        var tasks = held.remaining
        for report in unacknowledged.values where report.lease == held.lease.id {
            for result in report.results { tasks.insert(result.task..<result.task + 1) }
        }
        for result in finished[held.lease.id] ?? [] { tasks.insert(result.task..<result.task + 1) }
        return tasks
    }

    package func lease(of attempt: Attempt) -> Lease? { leases[attempt.lease]?.lease }

    package func campaign(of lease: Lease) -> Campaign? {
        guard case .there(let campaign) = campaigns[lease.manifest.digest] else { return nil }
        return campaign
    }

    /// How many tasks run now.
    package var running: Int { active.values.count { $0.phase == .running } }

    // MARK: The only way in

    /// - Parameters:
    ///   - now: the time of day, for the record.
    ///   - uptime: by a clock that nobody sets, for limits.
    package mutating func handle(
        _ event: Event, now: Instant, uptime: Microseconds
    ) -> [Effect] {
        var effects: [Effect] = []
        switch event {
        case .connected:
            isConnected = true
            for batch in unacknowledged.keys.sorted() {
                if let report = unacknowledged[batch] { effects.append(.send(report)) }
            }
        case .disconnected: isConnected = false
        case .order(let order): take(order, &effects)
        case .loaded(let digest, let campaign): campaigns[digest] = .there(campaign)
        case .loadFailed(let digest, let reason): failLoading(digest, reason, &effects)
        case .prepared(let attempt): prepared(attempt, &effects)
        case .prepareFailed(let attempt, let reason), .startFailed(let attempt, let reason):
            failToStart(attempt, reason, now, &effects)
        case .started(let attempt): started(attempt, uptime, &effects)
        case .ended(let attempt, let end): ended(attempt, end, &effects)
        case .collected(let attempt, let collected): take(collected, of: attempt, &effects)
        case .tick: stopOverdue(uptime, &effects)
        }
        beginTasks(&effects)
        report(&effects)
        forgetIdleCampaigns(&effects)
        return effects
    }

    /// For a runtime with a single clock, which nobody sets.
    package mutating func handle(_ event: Event, now: Instant) -> [Effect] {
        handle(event, now: now, uptime: Microseconds(now.microseconds))
    }

    // MARK: Attempts

    /// Stages ahead of what runs, so that a free slot never waits for a file.
    private mutating func beginTasks(_ effects: inout [Effect]) {
        startPrepared(&effects)
        var ahead = active.values.count { $0.phase == .preparing || $0.phase == .prepared }
        for id in leases.keys.sorted() {
            guard let held = leases[id], let campaign = campaign(of: held.lease) else { continue }
            while ahead < facts.cpus + 1, let range = leases[id]?.waiting.takeFirst(1) {
                let attempt = Attempt(lease: id, task: range.lowerBound)
                active[attempt] = Activity(
                    phase: .preparing, needs: needs(of: held.lease.stage, in: campaign),
                    manifest: held.lease.manifest.digest)
                effects.append(.prepare(attempt))
                ahead += 1
            }
        }
    }

    private mutating func startPrepared(_ effects: inout [Effect]) {
        let ready = active.filter { $0.value.phase == .prepared }.keys.sorted()
        for attempt in ready {
            guard let needs = active[attempt]?.needs, needs.cpus <= free.cpus,
                needs.memory.bytes <= free.memory
            else { continue }
            free.cpus -= needs.cpus
            free.memory -= needs.memory.bytes
            active[attempt]?.phase = .starting
            effects.append(.start(attempt))
        }
    }

    /// A lease that does not fit its campaign needs nothing: its tasks fail when they are prepared.
    private func needs(of stage: Stage, in campaign: Campaign) -> Resources {
        guard campaign.steps.indices.contains(stage.step) else {
            return Resources(cpus: 0, memory: ByteCount(0), time: nil, limit: .zero)
        }
        var needs = campaign.steps[stage.step].resources
        if case .merge = stage.part { needs.cpus = 1 }
        return needs
    }

    private mutating func prepared(_ attempt: Attempt, _ effects: inout [Effect]) {
        guard let activity = active[attempt] else { return }
        if activity.isAbandoned {
            drop(attempt, &effects)
        } else {
            active[attempt]?.phase = .prepared
        }
    }

    private mutating func started(
        _ attempt: Attempt, _ uptime: Microseconds, _ effects: inout [Effect]
    ) {
        guard let activity = active[attempt] else { return }
        active[attempt]?.phase = .running
        active[attempt]?.since = uptime
        if activity.isAbandoned { effects.append(.stop(attempt)) }
    }

    private mutating func failToStart(
        _ attempt: Attempt, _ reason: String, _ now: Instant, _ effects: inout [Effect]
    ) {
        guard let activity = active[attempt] else { return }
        if activity.phase == .starting { giveBack(activity.needs) }
        if !activity.isAbandoned {
            finish(attempt, failed(attempt.task, .notStarted(reason), now))
        }
        drop(attempt, &effects)
    }

    private mutating func ended(
        _ attempt: Attempt, _ end: ProcessEnd, _ effects: inout [Effect]
    ) {
        guard let activity = active[attempt] else { return }
        giveBack(activity.needs)
        guard !activity.isAbandoned else {
            drop(attempt, &effects)
            return
        }
        active[attempt]?.phase = .collecting
        active[attempt]?.started = end.started
        active[attempt]?.wall = end.wall
        active[attempt]?.cpu = end.cpu
        if activity.failure == nil {
            switch end.status {
            case .exit(0): break
            case .exit(let code): active[attempt]?.failure = .exit(code)
            case .signal(let number): active[attempt]?.failure = .signal(number)
            }
        }
        effects.append(.collect(attempt, succeeded: active[attempt]?.failure == nil))
    }

    private mutating func take(
        _ collected: Collected, of attempt: Attempt, _ effects: inout [Effect]
    ) {
        guard let activity = active[attempt] else { return }
        if !activity.isAbandoned { finish(attempt, result(attempt.task, activity, collected)) }
        drop(attempt, &effects)
    }

    private func result(
        _ task: Int, _ activity: Activity, _ collected: Collected
    ) -> TaskResult {
        var (failure, outputs): (Failure?, [StoredFile]) = (activity.failure, [])
        if failure == nil {
            switch collected.outputs {
            case .there(let files): outputs = files
            case .missing(let name): failure = .missingOutput(name)
            case .lost(let reason): failure = .notStarted(reason)
            }
        }
        return TaskResult(
            task: task, outcome: failure.map { .failed($0, isFinal: false) } ?? .succeeded,
            outputs: outputs, log: collected.log, started: activity.started, wall: activity.wall,
            cpu: activity.cpu, energy: facts.power.perThread * activity.cpu)
    }

    private func failed(_ task: Int, _ failure: Failure, _ now: Instant) -> TaskResult {
        TaskResult(
            task: task, outcome: .failed(failure, isFinal: false), outputs: [], log: nil,
            started: now, wall: .zero, cpu: .zero, energy: .zero)
    }

    private mutating func giveBack(_ needs: Resources) {
        free.cpus += needs.cpus
        free.memory += needs.memory.bytes
    }

    mutating func drop(_ attempt: Attempt, _ effects: inout [Effect]) {
        active[attempt] = nil
        effects.append(.discard(attempt))
    }

    private mutating func stopOverdue(_ uptime: Microseconds, _ effects: inout [Effect]) {
        for (attempt, activity) in active.sorted(by: { $0.key < $1.key })
        where activity.phase == .running && activity.failure == nil
            && activity.since + activity.needs.limit < uptime
        {
            active[attempt]?.failure = .timeLimit
            effects.append(.stop(attempt))
        }
    }
}
