import ErgonModel

/// What runs here: from what is staged ahead to what is left behind.
extension Worker {
    /// How a shell tells that a signal, here SIGTERM, ended its command.
    private static let terminated = (signal: 15, exit: 128 + 15)
    /// Of a lease that does not fit its campaign: its tasks fail when they are prepared.
    private static let noNeeds = Resources(
        cpus: 0, memory: ByteCount(0), time: nil, limit: .zero)

    /// Stages ahead of what runs, so that a free slot never waits for a file.
    mutating func beginTasks(_ effects: inout [Effect]) {
        guard spooled < Self.spoolLimit else { return }
        startPrepared(&effects)
        guard unbegun <= facts.cpus else { return }
        for id in leases.keys.sorted() {
            guard let held = leases[id], !held.waiting.isEmpty, isLoaded(held.lease) else {
                continue
            }
            let plan = plan(of: held)
            while unbegun <= facts.cpus {
                let size = plan.map { blockSize(of: $0, id) } ?? 1
                guard let block = leases[id]?.waiting.takeFirst(size) else { break }
                let attempt = Attempt(lease: id, task: block.lowerBound)
                active[attempt] = Activity(
                    block: block, needs: plan?.resources ?? Self.noNeeds, lease: held.lease)
                unbegun += 1
                effects.append(.prepare(attempt))
            }
        }
    }

    private mutating func startPrepared(_ effects: inout [Effect]) {
        var place = 0
        while place < ready.count {
            let attempt = ready[place]
            guard let needs = active[attempt]?.needs, needs.cpus <= free.cpus,
                needs.memory.bytes <= free.memory
            else {
                place += 1
                continue
            }
            ready.remove(at: place)
            unbegun -= 1
            free.cpus -= needs.cpus
            free.memory -= needs.memory.bytes
            active[attempt]?.phase = .starting
            effects.append(.start(attempt))
        }
    }

    private func isLoaded(_ lease: Lease) -> Bool {
        if case .there = campaigns[lease.manifest.digest] { true } else { false }
    }

    /// Worked out when the first of its tasks is begun.
    private mutating func plan(of held: Held) -> LeasePlan? {
        if let plan = held.plan { return plan }
        let plan = campaign(of: held.lease).flatMap { LeasePlan(held.lease, campaign: $0) }
        leases[held.lease.id]?.plan = plan
        return plan
    }

    mutating func prepared(_ attempt: Attempt, _ effects: inout [Effect]) {
        guard let activity = active[attempt] else { return }
        if activity.isUnwanted {
            drop(attempt, &effects)
        } else {
            active[attempt]?.phase = .prepared
            ready.insert(attempt, at: ready.firstIndex { attempt < $0 } ?? ready.endIndex)
        }
    }

    mutating func started(
        _ attempt: Attempt, _ uptime: Microseconds, _ effects: inout [Effect]
    ) {
        guard let activity = active[attempt] else { return }
        active[attempt]?.phase = .running
        active[attempt]?.since = uptime
        proven[activity.manifest, default: []].insert(activity.stage)
        if activity.isUnwanted { effects.append(.stop(attempt)) }
    }

    mutating func failToStart(
        _ attempt: Attempt, _ reason: String, _ now: Instant, _ effects: inout [Effect]
    ) {
        guard let activity = active[attempt] else { return }
        if activity.phase == .starting { release(activity.needs) }
        if !activity.isUnwanted {
            giveUpBlock(attempt, activity)
            finish(attempt, failed(activity.block.lowerBound, .notStarted(reason), now))
        }
        drop(attempt, &effects)
    }

    /// If no task of its stage has ever started here, none will: others shall have them all.
    mutating func missProgram(
        _ attempt: Attempt, _ reason: String, _ now: Instant, _ effects: inout [Effect]
    ) {
        guard let activity = active[attempt], !activity.isUnwanted,
            proven[activity.manifest]?.contains(activity.stage) != true
        else { return failToStart(attempt, reason, now, &effects) }
        if activity.phase == .starting { release(activity.needs) }
        drop(attempt, &effects)
        for id in leases.keys.sorted() {
            guard let lease = leases[id]?.lease, lease.manifest.digest == activity.manifest,
                lease.stage == activity.stage
            else { continue }
            decline(id, reason, &effects)
        }
    }

    mutating func ended(_ attempt: Attempt, _ end: ProcessEnd, _ effects: inout [Effect]) {
        guard let activity = active[attempt] else { return }
        release(activity.needs)
        active[attempt]?.started = end.started
        active[attempt]?.wall = end.wall + activity.wall
        active[attempt]?.cpu = end.cpu + activity.cpu
        guard !activity.block.isEmpty else { return drop(attempt, &effects) }
        guard !activity.isUnwanted else { return finishStopped(attempt, &effects) }
        giveUpBlock(attempt, activity)
        active[attempt]?.phase = .collecting
        let failure = activity.failure ?? failure(of: end.status, isWarned: activity.isWarned)
        active[attempt]?.failure = failure
        effects.append(.collect(attempt, succeeded: failure == nil))
    }

    /// Whoever was asked to end for its time was up, and did, has not used the time it was given.
    private func failure(of status: ProcessEnd.Status, isWarned: Bool) -> Failure? {
        switch status {
        case .exit(0): nil
        case .exit(Self.terminated.exit) where isWarned: .timeLimit
        case .signal(Self.terminated.signal) where isWarned: .timeLimit
        case .exit(let code): .exit(code)
        case .signal(let number): .signal(number)
        }
    }

    mutating func take(
        _ collected: Collected, of attempt: Attempt, _ effects: inout [Effect]
    ) {
        guard let activity = active[attempt] else { return }
        var (failure, outputs): (Failure?, [StoredFile]) = (activity.failure, [])
        if failure == nil {
            switch collected.outputs {
            case .there(let files): outputs = files
            case .missing(let name): failure = .missingOutput(name)
            case .lost(let reason): failure = .notStarted(reason)
            }
        }
        let outcome = failure.map { Outcome.failed($0, isFinal: false) } ?? .succeeded
        finish(
            attempt, result(activity, outcome, outputs: outputs, log: collected.log))
        drop(attempt, &effects)
    }

    /// Nobody wants what it would leave; what it cost is to be known all the same.
    mutating func finishStopped(_ attempt: Attempt, _ effects: inout [Effect]) {
        guard let activity = active[attempt] else { return }
        let outcome = Outcome.failed(.stopped, isFinal: false)
        finish(attempt, result(activity, outcome, outputs: [], log: nil))
        drop(attempt, &effects)
    }

    private func result(
        _ activity: Activity, _ outcome: Outcome, outputs: [StoredFile], log: StoredFile?
    ) -> TaskResult {
        TaskResult(
            task: activity.block.lowerBound, outcome: outcome, outputs: outputs, log: log,
            started: activity.started,
            wall: activity.wall, cpu: activity.cpu, energy: facts.power.perThread * activity.cpu)
    }

    private func failed(_ task: Int, _ failure: Failure, _ now: Instant) -> TaskResult {
        TaskResult(
            task: task, outcome: .failed(failure, isFinal: false), outputs: [], log: nil,
            started: now, wall: .zero, cpu: .zero, energy: .zero)
    }

    mutating func release(_ needs: Resources) {
        free.cpus += needs.cpus
        free.memory += needs.memory.bytes
    }

    mutating func drop(_ attempt: Attempt, _ effects: inout [Effect]) {
        if let dropped = active.removeValue(forKey: attempt), dropped.isUnbegun {
            unbegun -= 1
            ready.removeAll { $0 == attempt }
        }
        effects.append(.discard(attempt))
    }

    /// They are somebody else's, or nobody's.
    mutating func abandon(_ attempts: some Sequence<Attempt>, _ effects: inout [Effect]) {
        for attempt in attempts.sorted() where isWanted(attempt) {
            active[attempt]?.isUnwanted = true
            switch active[attempt]?.phase {
            case .running: effects.append(.stop(attempt))
            case .prepared: drop(attempt, &effects)
            case .collecting: finishStopped(attempt, &effects)
            case .preparing, .starting, nil: break
            }
        }
    }

    mutating func warnOrStopOverdue(_ uptime: Microseconds, _ effects: inout [Effect]) {
        for (attempt, activity) in active.sorted(by: { $0.key < $1.key })
        where activity.phase == .running && activity.failure == nil && !activity.isUnwanted {
            let (end, needs) = (activity.since + activity.needs.limit, activity.needs)
            if end < uptime {
                active[attempt]?.failure = .timeLimit
                effects.append(.stop(attempt))
            } else if needs.cleanup > .zero, !activity.isWarned, end < uptime + needs.cleanup {
                active[attempt]?.isWarned = true
                effects.append(.warn(attempt))
            }
        }
    }
}

extension Lease {
    /// What one of its tasks takes. The lease's stage is one of the campaign's.
    func resources(in campaign: Campaign) -> Resources {
        var needs = campaign.resources(of: stage)
        needs.memory = memory ?? needs.memory
        return needs
    }
}
