import ErgonModel

/// Near the end of a stage, tasks that take much longer than their like are started once more
/// elsewhere: the first result counts, and whoever is slower is told to stop.
extension Coordinator {
    /// A task is late when it has taken so many times as long as the mean of its stage, and at
    /// least `leastLateness`.
    private static let lateness: Int64 = 3
    private static let leastLateness = Microseconds.seconds(5)

    mutating func copyStragglers(_ now: Instant, _ effects: inout [Effect]) {
        guard trouble == nil, settlingUntil == nil else { return }
        for id in running where campaigns[id]?.wait == nil {
            guard let state = campaigns[id] else { continue }
            for stage in state.stages.keys.sorted() where state.stages[stage]?.isEnding == true {
                copyStragglers(id, stage, now, &effects)
            }
        }
    }

    private mutating func copyStragglers(
        _ id: CampaignID, _ stage: Stage, _ now: Instant, _ effects: inout [Effect]
    ) {
        for (lease, task) in stragglers(id, stage, now) {
            guard let copier = idleWorker(for: stage, of: id, not: lease.worker, now) else {
                return
            }
            grant(
                task..<task + 1, of: stage, id, to: copier, memory: nil, isCopy: true, now,
                &effects)
        }
    }

    /// The tasks that run, as far as one can tell from here, and are late.
    private func stragglers(
        _ id: CampaignID, _ stage: Stage, _ now: Instant
    ) -> [(lease: LeaseState, task: Int)] {
        guard let state = campaigns[id], let tasks = state.stage(stage), let mean = tasks.meanWall
        else { return [] }
        let late = max(
            mean.count.multipliedReportingOverflow(by: Self.lateness).partialValue,
            Self.leastLateness.count)
        let needs = state.campaign.resources(of: stage)
        let own = leases.filter {
            $0.value.campaign == id && $0.value.stage == stage
                && (now - $0.value.heard).count > late
        }
        return own.sorted { $0.key < $1.key }.flatMap { _, lease in
            let slots = workers[lease.worker]?.facts.slots(for: needs) ?? 1
            return lease.remaining.ranges.joined().prefix(slots)
                .filter { !tasks.copied.contains($0) && tasks.setbacks[$0] == nil }
                .map { (lease, $0) }
        }
    }

    private func idleWorker(
        for stage: Stage, of id: CampaignID, not holder: WorkerID, _ now: Instant
    ) -> WorkerID? {
        guard let state = campaigns[id] else { return nil }
        let needs = state.campaign.resources(of: stage)
        return workers.filter { worker, there in
            worker != holder && there.mayTake(now) && !there.isOnTrial && there.facts.fits(needs)
                && state.admits(there.facts) && state.unfit[worker] == nil
                && load(of: worker) + needs.cpus <= there.facts.cpus
        }.keys.min()
    }

    /// A task came to its end under one lease: whoever else has it need not go on.
    mutating func stopCopies(of tasks: IntervalSet, not id: LeaseID, _ effects: inout [Effect]) {
        guard let winner = leases[id], !tasks.isEmpty else { return }
        for other in leases.keys.sorted() where other != id {
            guard let lease = leases[other], lease.campaign == winner.campaign,
                lease.stage == winner.stage
            else { continue }
            withdraw(tasks, from: other, &effects)
        }
        campaigns[winner.campaign]?.update(winner.stage) { $0.copied.subtract(tasks) }
    }

    /// Takes tasks from a lease that nobody needs from it any more.
    mutating func withdraw(
        _ tasks: IntervalSet, from id: LeaseID, _ effects: inout [Effect]
    ) {
        guard let lease = leases[id] else { return }
        let common = lease.remaining.intersection(tasks)
        guard !common.isEmpty else { return }
        leases[id]?.remaining.subtract(common)
        if workers[lease.worker]?.isConnected == true {
            effects.append(.send(lease.worker, .withdrawTasks(id, common)))
        }
        if leases[id]?.remaining.isEmpty == true { end(id) }
    }
}

extension StageState {
    /// Every task that can run is in somebody's hands.
    var isEnding: Bool { ready.isEmpty && again.isEmpty && !leased.isEmpty && !done.isEmpty }
}
