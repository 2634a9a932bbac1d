package import ErgonModel

/// One worker as a value: what it holds, what runs, and what it has not yet been thanked for.
package struct Worker: Sendable {
    /// The most results in one report.
    static let longestReport = 1000
    /// The most content in one report, in bytes: half of what a message may have.
    static let largestReport: Int64 = 8 << 20
    /// Outputs up to this size, in bytes, ride in the result.
    package static let ridingLimit: Int64 = 16 << 10
    /// While reports that wait for an answer take that many bytes, no task is begun.
    package static let spoolLimit: Int64 = 1 << 30
    /// The most that is on its way to the coordinator, in bytes, without an answer.
    static let largestFlight: Int64 = 64 << 20
    /// So long it computes on for a coordinator that is away.
    package static let longestAbsence = Microseconds.seconds(24 * 3600)
    /// So long it waits, when its time is over, for tasks to be gone and reports to be answered.
    static let farewell = Microseconds.seconds(5)

    /// So long results gather while other tasks run, before they are reported; and so many times
    /// as long while further tasks wait here for those to end.
    package static let usualGathering = Microseconds(20_000)
    static let busyGathering: Int64 = 5

    let facts: WorkerFacts
    let gathering: Microseconds
    /// Which of the worker's processes this is.
    let life: Int
    var isConnected = false
    /// Since when there is no connection, if there is none, by the worker's uptime.
    var absentSince: Microseconds?
    var course = Course.working
    var leases: [LeaseID: Held] = [:]
    /// Leases of an earlier process, of which only reports are left.
    var inherited: [LeaseID: HeldLease] = [:]
    var campaigns: [Digest: Loading] = [:]
    /// The same campaigns in the order of their latest leases.
    var recent: [Digest] = []
    /// The stages of each campaign whose program is known to be here.
    var proven: [Digest: Set<Stage>] = [:]
    var active: [Attempt: Activity] = [:]
    /// Of stages whose tasks are given in blocks.
    var paces: [Digest: [Stage: Pace]] = [:]
    /// How many of them have not begun.
    var unbegun = 0
    /// Those of them that could, in order.
    var ready: [Attempt] = []
    var free: Free
    var finished: [LeaseID: Unreported] = [:]
    /// How many results that is.
    var gathered = 0
    /// Since when there are any, by the worker's uptime.
    var gatheredSince: Microseconds?
    var unanswered: [ReportID: Unanswered] = [:]
    /// About what they take, in bytes.
    var spooled: Int64 = 0
    /// Those of them that were not sent over the present connection, in order.
    var unsent: ArraySlice<ReportID> = []
    /// About what was sent over it and not answered, in bytes.
    var inFlight: Int64 = 0
    var lastBatch = 0
    /// None where no meter is read: then all energy is modelled.
    var books: EnergyBooks?

    /// - Parameters:
    ///   - life: drawn anew by every process, below 2^53.
    ///   - spooled: reports that an earlier process has kept.
    ///   - gathering: how long results may wait for others, so that one report holds many.
    ///   - meteredCores: of the node, if its meter is read.
    package init(
        facts: WorkerFacts, life: Int, spooled: [WorkerReport] = [],
        gathering: Microseconds = .zero, meteredCores: Int? = nil
    ) {
        self.facts = facts
        self.gathering = gathering
        self.life = life
        books = meteredCores.map { EnergyBooks(cores: $0) }
        free = Free(cpus: facts.cpus, memory: facts.memory.bytes)
        for report in spooled { inherit(report) }
    }

    /// What the worker still works on, or has done and not been thanked for, for the coordinator
    /// it (re)connects to.
    package var held: [HeldLease] {
        let own = leases.values.map { held in
            var tasks = held.remaining
            tasks.formUnion(held.unthanked)
            return HeldLease(
                id: held.lease.id, campaign: held.lease.campaign, stage: held.lease.stage,
                remaining: tasks)
        }
        return (own + inherited.values).sorted { $0.id < $1.id }
    }

    package func lease(of attempt: Attempt) -> Lease? { leases[attempt.lease]?.lease }

    /// What the attempt's lease asks for; `nil` if it is gone or does not fit its campaign.
    package func plan(of attempt: Attempt) -> LeasePlan? { leases[attempt.lease]?.plan }

    package func campaign(of lease: Lease) -> Campaign? {
        guard case .there(let campaign) = campaigns[lease.manifest.digest] else { return nil }
        return campaign
    }

    /// Whether anybody still waits for what the attempt leaves.
    package func isWanted(_ attempt: Attempt) -> Bool { active[attempt]?.isUnwanted == false }

    /// Which tasks it is still to do: one, or the rest of a block.
    package func tasks(of attempt: Attempt) -> Range<Int>? { active[attempt]?.block }

    /// How many attempts run now.
    package var running: Int { active.values.count { $0.phase == .running } }

    /// When there shall be a tick, by the worker's uptime, if that is sooner than usual.
    package var due: Microseconds? {
        unanswered.isEmpty ? gatheredSince.map { $0 + patience } : nil
    }

    /// How long results gather as things are.
    var patience: Microseconds {
        ready.isEmpty ? gathering : Microseconds(gathering.count * Self.busyGathering)
    }

    // MARK: The only way in

    /// - Parameters:
    ///   - now: the time of day, for the record.
    ///   - uptime: by a clock that nobody sets, for limits.
    package mutating func handle(
        _ event: Event, now: Instant, uptime: Microseconds
    ) -> [Effect] {
        var effects: [Effect] = []
        switch event {
        case .connected: connect(&effects)
        case .disconnected: disconnect(uptime)
        case .order(let order): take(order, &effects)
        case .loaded(let digest, let campaign): campaigns[digest] = .there(campaign)
        case .loadFailed(let digest, let reason): failLoading(digest, reason, &effects)
        case .prepared(let attempt): prepared(attempt, &effects)
        case .prepareFailed(let attempt, let reason), .startFailed(let attempt, let reason):
            failToStart(attempt, reason, now, &effects)
        case .programMissing(let attempt, let reason):
            missProgram(attempt, reason, now, &effects)
        case .started(let attempt): started(attempt, uptime, &effects)
        case .ended(let attempt, let end): ended(attempt, end, &effects)
        case .advanced(let attempt, let advance): advanced(attempt, advance, uptime)
        case .brokeOff(let attempt, let cpu): brokeOff(attempt, cpu, &effects)
        case .collected(let attempt, let collected): take(collected, of: attempt, &effects)
        case .leave(let patience):
            leave(until: uptime + patience, &effects)
            if isConnected { reportMeter(&effects) }
            stopIfTimeToLeave(uptime, &effects)
        case .metered(let sample): take(sample, uptime, &effects)
        case .tick: tick(uptime, &effects)
        }
        beginTasks(&effects)
        report(uptime, &effects)
        forgetIdleCampaigns(&effects)
        endIfOver(uptime, &effects)
        return effects
    }

    /// For a runtime with a single clock, which nobody sets.
    package mutating func handle(_ event: Event, now: Instant) -> [Effect] {
        handle(event, now: now, uptime: Microseconds(now.microseconds))
    }

    private mutating func connect(_ effects: inout [Effect]) {
        isConnected = true
        if course.isLeaving { effects.append(.announceLeaving) }
        sendAllAgain()
    }

    private mutating func disconnect(_ uptime: Microseconds) {
        isConnected = false
        absentSince = uptime
    }

    /// What comes with time.
    private mutating func tick(_ uptime: Microseconds, _ effects: inout [Effect]) {
        warnOrStopOverdue(uptime, &effects)
        watchAbsence(uptime, &effects)
        stopIfTimeToLeave(uptime, &effects)
        reportAll(&effects)
    }
}
