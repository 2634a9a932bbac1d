import ErgonModel

struct WorkerState: Sendable {
    var facts: WorkerFacts
    var isConnected = false
    /// When its leases go to others, while it is away.
    var awayUntil: Instant?
    var finishedTasks = 0
    /// What it holds, so that nobody searches all leases for one worker's.
    fileprivate(set) var leases: Set<LeaseID> = []

    init(facts: WorkerFacts) { self.facts = facts }
}

extension WorkerFacts {
    /// Whether it is large enough at all.
    func fits(_ needs: Resources) -> Bool { needs.cpus <= cpus && needs.memory <= memory }
}

struct LeaseState: Sendable {
    let worker: WorkerID
    let campaign: CampaignID
    let stage: Stage
    /// Tasks without an accepted result.
    var remaining: IntervalSet
}

extension Coordinator {
    mutating func connect(
        _ facts: WorkerFacts, _ held: [HeldLease], _ now: Instant, _ effects: inout [Effect]
    ) {
        if workers[facts.worker]?.facts != facts { commit(.workerJoined(facts), now, &effects) }
        workers[facts.worker]?.isConnected = true
        for id in campaigns.keys { campaigns[id]?.unfit[facts.worker] = nil }
        workers[facts.worker]?.awayUntil = nil
        effects.append(.send(facts.worker, .welcome(epoch: epoch)))
        for lease in leaseIDs(of: facts.worker) where !held.contains(where: { $0.id == lease }) {
            release(lease)
        }
        let lost = held.filter { !adopt($0, by: facts.worker) }.map(\.id)
        if !lost.isEmpty { effects.append(.send(facts.worker, .withdraw(lost))) }
    }

    /// A worker without the campaign's environment must not use up its tasks' attempts, however
    /// fast it fails: it gets no more of it. Only where no other could run it do the tasks fail.
    mutating func decline(
        _ id: LeaseID, by worker: WorkerID, _ reason: String, _ now: Instant,
        _ effects: inout [Effect]
    ) {
        guard let lease = leases[id], lease.worker == worker, let state = campaigns[lease.campaign]
        else { return }
        campaigns[lease.campaign]?.unfit[worker] = reason
        let needs = resources(of: lease.stage, in: state.campaign)
        let mayOthers = workers.contains { other, there in
            other != worker && there.isConnected && there.facts.fits(needs)
                && state.unfit[other] == nil
        }
        if mayOthers { return release(id) }
        let results = lease.remaining.ranges.joined().map { task in
            TaskResult(
                task: task, outcome: .failed(.notStarted(reason), isFinal: false), outputs: [],
                log: nil, started: now, wall: .zero, cpu: .zero, energy: .zero)
        }
        record(results, of: id, lease, now, &effects)
        release(id)
        // Tried again by whoever there is, until the attempts are used up.
        campaigns[lease.campaign]?.unfit = [:]
    }

    mutating func disconnect(_ worker: WorkerID, _ now: Instant) {
        workers[worker]?.isConnected = false
        workers[worker]?.awayUntil = now + grace
    }

    mutating func expire(_ now: Instant) {
        for (worker, state) in workers {
            guard let until = state.awayUntil, until <= now else { continue }
            workers[worker]?.awayUntil = nil
            for lease in leaseIDs(of: worker) { release(lease) }
        }
    }

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
    private mutating func end(_ id: LeaseID) -> LeaseState? {
        guard let lease = leases.removeValue(forKey: id) else { return nil }
        workers[lease.worker]?.leases.remove(id)
        return lease
    }

    /// A worker came back with work in its hands: what nobody else has done or holds stays its.
    /// - Returns: false if nothing of it is left, and the worker may drop it.
    private mutating func adopt(_ held: HeldLease, by worker: WorkerID) -> Bool {
        if let known = leases[held.id] {
            guard known.worker == worker else { return false }
            let lost = known.remaining.subtracting(held.remaining)
            putBack(lost, of: known)
            leases[held.id]?.remaining.subtract(lost)
            return true
        }
        guard held.id <= LeaseID(epoch: epoch, serial: nextSerial),
            let state = campaigns[held.campaign], state.seal == nil,
            let stage = state.stage(held.stage)
        else { return false }
        var free = IntervalSet()
        for range in held.remaining.ranges { free.formUnion(stage.ready.intersection(range)) }
        // What failed under it has been answered for, even if the answer was not acknowledged.
        free.subtract(stage.failed(under: held.id))
        guard !free.isEmpty else { return false }
        begin(
            held.id,
            LeaseState(
                worker: worker, campaign: held.campaign, stage: held.stage, remaining: free))
        campaigns[held.campaign]?.update(held.stage) {
            $0.ready.subtract(free)
            $0.leased.formUnion(free)
        }
        return true
    }

    /// Ends a lease; what was not finished under it is free again.
    mutating func release(_ lease: LeaseID) {
        guard let state = end(lease) else { return }
        putBack(state.remaining, of: state)
    }

    private mutating func putBack(_ tasks: IntervalSet, of lease: LeaseState) {
        campaigns[lease.campaign]?.update(lease.stage) {
            $0.leased.subtract(tasks)
            $0.ready.formUnion(tasks)
        }
    }

    mutating func withdrawLeases(of campaign: CampaignID, _ effects: inout [Effect]) {
        let doomed = leases.filter { $0.value.campaign == campaign }
        for worker in Set(doomed.values.map(\.worker)).sorted() {
            let ids = doomed.filter { $0.value.worker == worker }.keys.sorted()
            for id in ids { release(id) }
            if workers[worker]?.isConnected == true {
                effects.append(.send(worker, .withdraw(ids)))
            }
        }
    }

    // MARK: Results

    /// Only the current lease may answer: a worker back from the dead must not win.
    mutating func take(
        _ report: WorkerReport, from worker: WorkerID, _ now: Instant, _ effects: inout [Effect]
    ) {
        if let lease = leases[report.lease], lease.worker == worker,
            lease.campaign == report.campaign, lease.stage == report.stage
        {
            record(report.results, of: report.lease, lease, now, &effects)
        }
        if leases[report.lease]?.worker == worker, leases[report.lease]?.remaining.isEmpty == true {
            end(report.lease)
        }
        effects.append(.send(worker, .acknowledge([report.batch])))
    }

    /// Puts on record what of `results` may count.
    private mutating func record(
        _ results: [TaskResult], of id: LeaseID, _ lease: LeaseState, _ now: Instant,
        _ effects: inout [Effect]
    ) {
        guard let state = campaigns[lease.campaign] else { return }
        let accepted = acceptable(results, lease, state)
        guard !accepted.isEmpty else { return }
        for result in accepted { leases[id]?.remaining.remove(result.task..<result.task + 1) }
        let batch = ResultBatch(
            campaign: lease.campaign, stage: lease.stage.name(in: state.campaign),
            worker: lease.worker, lease: id, results: accepted)
        commit(.results(batch), now, &effects)
    }

    private func acceptable(
        _ results: [TaskResult], _ lease: LeaseState, _ state: CampaignState
    ) -> [TaskResult] {
        guard state.seal == nil, let stage = state.stage(lease.stage) else { return [] }
        var last = -1
        return results.sorted { $0.task < $1.task }.compactMap { result in
            guard result.task > last, lease.remaining.contains(result.task) else { return nil }
            last = result.task
            return judged(result, stage, attempts: state.campaign.steps[lease.stage.step].attempts)
        }
    }

    /// Says whether a failure is the task's last; a success that does not leave what the stage
    /// leaves is a failure.
    private func judged(_ result: TaskResult, _ stage: StageState, attempts: Int) -> TaskResult {
        let (came, expected) = (result.outputs.count, stage.outputs.count)
        let failure: Failure
        switch result.outcome {
        case .succeeded where came == expected: return result
        case .succeeded: failure = .missingOutput("of \(stage.name): \(came) came for \(expected)")
        case .failed(let reason, _): failure = reason
        }
        var result = result
        let failures = stage.failures[result.task]?.count ?? 0
        result.outcome = .failed(failure, isFinal: failures + 1 >= attempts)
        result.outputs = []
        return result
    }
}
