import ErgonModel

/// Workers that come, go and come back, and what becomes of their leases.
extension Coordinator {
    mutating func connect(
        _ facts: WorkerFacts, life: Int, _ held: [HeldLease], _ now: Instant,
        _ effects: inout [Effect]
    ) {
        let worker = facts.worker
        if workers[worker]?.facts != facts { commit(.workerJoined(facts), now, &effects) }
        let isSameProcess = workers[worker]?.life == life
        workers[worker]?.life = life
        workers[worker]?.isConnected = true
        workers[worker]?.isLeaving = false
        workers[worker]?.awayUntil = nil
        for id in campaigns.keys { campaigns[id]?.unfit[worker] = nil }
        effects.append(.send(worker, .welcome(epoch: epoch)))
        // What another process of it had begun went with that process.
        let remaining = Dictionary(held.map { ($0.id, $0.remaining) }) { first, _ in first }
        if !isSameProcess { loseRunning(of: worker, except: remaining, now, &effects) }
        for id in leaseIDs(of: worker) where remaining[id]?.isEmpty ?? true { release(id) }
        adopt(held, by: worker, now, &effects)
    }

    mutating func disconnect(_ worker: WorkerID, _ now: Instant) {
        workers[worker]?.isConnected = false
        workers[worker]?.awayUntil = now + grace
    }

    mutating func expire(_ now: Instant, _ effects: inout [Effect]) {
        for worker in workers.keys.sorted() {
            guard let until = workers[worker]?.awayUntil else { continue }
            guard until <= now else {
                // A clock that was set back makes nobody wait longer than the grace.
                workers[worker]?.awayUntil = min(until, now + grace)
                continue
            }
            workers[worker]?.awayUntil = nil
            loseRunning(of: worker, except: [:], now, &effects)
            for lease in leaseIDs(of: worker) { release(lease) }
        }
    }

    /// The worker ends what it runs and goes.
    mutating func leave(_ worker: WorkerID) { workers[worker]?.isLeaving = true }

    /// Tasks of a lease that its worker has not begun and will not.
    mutating func giveBack(_ tasks: IntervalSet, of id: LeaseID, by worker: WorkerID) {
        guard let lease = leases[id], lease.worker == worker else { return }
        let returned = lease.remaining.intersection(tasks)
        leases[id]?.remaining.subtract(returned)
        putBack(returned, of: lease)
        if leases[id]?.remaining.isEmpty == true { end(id) }
    }

    /// A worker without the campaign's environment must not use up its tasks' attempts, however
    /// fast it fails: it gets no more of it. Only where no other could run it do the tasks fail.
    mutating func decline(
        _ id: LeaseID, by worker: WorkerID, _ reason: String, _ now: Instant,
        _ effects: inout [Effect]
    ) {
        guard let lease = leases[id], lease.worker == worker else { return }
        campaigns[lease.campaign]?.unfit[worker] = reason
        if isAnyoneFit(for: lease.stage, of: lease.campaign) { return release(id) }
        let results = lease.remaining.ranges.joined().map { task in
            TaskResult(unstarted: task, .notStarted(reason), at: now)
        }
        record(results, of: id, report: nil, now, &effects)
        release(id)
    }

    /// Whether a worker is there that could run the stage and has not declined the campaign. If
    /// none is, whoever has declined may try again, until the attempts are used up.
    func isAnyoneFit(for stage: Stage, of id: CampaignID) -> Bool {
        guard let state = campaigns[id] else { return false }
        let needs = state.campaign.resources(of: stage)
        return workers.contains { worker, there in
            there.isConnected && !there.isLeaving && there.facts.fits(needs)
                && state.admits(there.facts) && state.unfit[worker] == nil
        }
    }

    /// A worker of which no record has spoken for so long is not waited for.
    private static let longestSilence = Microseconds.seconds(7 * 24 * 3600)

    /// Workers that are away after a start and may hold leases of an earlier one.
    func mayComeBack(_ now: Instant) -> [WorkerID] {
        workers.filter { _, there in
            if case .quarantined = there.standing { return false }
            return !there.isConnected && now - there.lastRecord < Self.longestSilence
        }.map(\.key)
    }

    // MARK: Leases

    func leaseIDs(of worker: WorkerID) -> [LeaseID] {
        workers[worker]?.leases.sorted() ?? []
    }

    /// From now on the lease is its worker's.
    mutating func begin(_ id: LeaseID, _ lease: LeaseState) {
        leases[id] = lease
        workers[lease.worker]?.leases.insert(id)
    }

    /// The lease is nobody's any more; what of it is unfinished is for the caller to put somewhere.
    @discardableResult
    mutating func end(_ id: LeaseID) -> LeaseState? {
        guard let lease = leases.removeValue(forKey: id) else { return nil }
        workers[lease.worker]?.leases.remove(id)
        return lease
    }

    /// A worker came back with work in its hands: what nobody else has done or holds stays its,
    /// the rest it may drop.
    private mutating func adopt(
        _ held: [HeldLease], by worker: WorkerID, _ now: Instant, _ effects: inout [Effect]
    ) {
        var (lost, partly): ([LeaseID], [(LeaseID, IntervalSet)]) = ([], [])
        for lease in held {
            let kept = adopt(lease, by: worker, now)
            let refused = lease.remaining.subtracting(kept)
            if kept.isEmpty {
                lost.append(lease.id)
            } else if !refused.isEmpty {
                partly.append((lease.id, refused))
            }
        }
        if !lost.isEmpty { effects.append(.send(worker, .withdraw(lost))) }
        for (id, tasks) in partly { effects.append(.send(worker, .withdrawTasks(id, tasks))) }
    }

    /// - Returns: what of it is the worker's from now on.
    private mutating func adopt(
        _ held: HeldLease, by worker: WorkerID, _ now: Instant
    ) -> IntervalSet {
        if let known = leases[held.id] {
            guard known.worker == worker else { return IntervalSet() }
            giveBack(known.remaining.subtracting(held.remaining), of: held.id, by: worker)
            return leases[held.id]?.remaining ?? IntervalSet()
        }
        if case .quarantined = workers[worker]?.standing { return IntervalSet() }
        guard held.id <= LeaseID(epoch: epoch, serial: nextSerial),
            let state = campaigns[held.campaign], state.seal == nil,
            let stage = state.stage(held.stage)
        else { return IntervalSet() }
        let free = stage.unclaimed(of: held).subtracting(state.outdated(held))
        guard !free.isEmpty else { return free }
        begin(
            held.id,
            LeaseState(
                worker: worker, campaign: held.campaign, stage: held.stage, remaining: free,
                heard: now))
        campaigns[held.campaign]?.update(held.stage) { stage in
            stage.ready.subtract(free)
            for task in free.ranges.joined() { stage.again.remove(task) }
            stage.leased.formUnion(free)
        }
        return free
    }

    /// Ends a lease; what was not finished under it is free again.
    mutating func release(_ lease: LeaseID) {
        guard let state = end(lease) else { return }
        putBack(state.remaining, of: state)
    }

    private mutating func putBack(_ tasks: IntervalSet, of lease: LeaseState) {
        guard !tasks.isEmpty else { return }
        planning?.isDue = true
        campaigns[lease.campaign]?.putBack(tasks, of: lease.stage)
    }

    mutating func withdrawLeases(of campaign: CampaignID, _ effects: inout [Effect]) {
        withdraw(leases.filter { $0.value.campaign == campaign }.map(\.key), &effects)
    }

    /// Takes leases from their workers; what is unfinished is free again.
    mutating func withdraw(_ ids: [LeaseID], _ effects: inout [Effect]) {
        var byWorker: [WorkerID: [LeaseID]] = [:]
        for id in ids.sorted() {
            guard let worker = leases[id]?.worker else { continue }
            byWorker[worker, default: []].append(id)
            release(id)
        }
        for (worker, ids) in byWorker.sorted(by: { $0.key < $1.key })
        where workers[worker]?.isConnected == true {
            effects.append(.send(worker, .withdraw(ids)))
        }
    }

    // MARK: Losses

    /// The worker, or the process of it that held the leases, is gone: those tasks that it may have
    /// been running have lost an attempt. A task that takes its workers with it is found by that.
    /// - Parameter kept: what is not lost, by lease.
    private mutating func loseRunning(
        of worker: WorkerID, except kept: [LeaseID: IntervalSet], _ now: Instant,
        _ effects: inout [Effect]
    ) {
        guard var free = workers[worker]?.facts else { return }
        // Workers begin what they were given first, and as much as there is room for.
        for id in leaseIDs(of: worker) {
            guard let lease = leases[id], let campaign = campaigns[lease.campaign]?.campaign else {
                continue
            }
            let needs = campaign.resources(of: lease.stage)
            let gone = lease.remaining.subtracting(kept[id] ?? IntervalSet())
            let running = Array(gone.ranges.joined().prefix(free.slots(for: needs)))
            free.cpus -= running.count * needs.cpus
            free.memory = ByteCount(free.memory.bytes - Int64(running.count) * needs.memory.bytes)
            let results = running.map { TaskResult(unstarted: $0, .workerLost, at: now) }
            record(results, of: id, report: nil, now, &effects)
        }
    }
}

extension CampaignState {
    /// Tasks that nobody works on any more. What another worker has as well stays leased; a task
    /// that went wrong before waits no longer than it already has.
    mutating func putBack(_ tasks: IntervalSet, of stage: Stage) {
        let memory = campaign.resources(of: stage).memory
        let step = campaign.steps[stage.step]
        update(stage) { $0.putBack(tasks, step, memory: memory) }
    }
}

extension StageState {
    fileprivate mutating func putBack(
        _ tasks: IntervalSet, _ step: StepSpec, memory: ByteCount
    ) {
        var free = tasks
        for range in tasks.ranges { free.subtract(copied.intersection(range)) }
        copied.subtract(tasks)
        leased.subtract(free)
        makeReady(free, step, memory: memory)
    }

    /// What of a lease from before nobody else has done or holds. What failed under it has been
    /// answered for, even if the answer was not acknowledged.
    fileprivate func unclaimed(of held: HeldLease) -> IntervalSet {
        var free = IntervalSet()
        for range in held.remaining.ranges {
            free.formUnion(ready.intersection(range))
            free.formUnion(again.tasks(in: range))
        }
        for task in free.ranges.joined() where hasAnswer(task, under: held.id) {
            free.remove(task..<task + 1)
        }
        return free
    }
}

extension TaskResult {
    /// Of an attempt that nothing is known of but why it came to nothing.
    init(unstarted task: Int, _ failure: Failure, at now: Instant) {
        self.init(
            task: task, outcome: .failed(failure, isFinal: false), outputs: [], log: nil,
            started: now, wall: .zero, cpu: .zero, energy: .zero)
    }
}
