import ErgonModel

/// Workers on which everything fails are given nothing more, before they have eaten a campaign.
extension Coordinator {
    /// So many distinct tasks in a row that failed fast, and nowhere else, are enough.
    private static let mostMisfortunes = 5
    /// What fails within this is fast.
    private static let fast = Microseconds.seconds(10)
    /// What fails more slowly is enough when it has gone on for so long.
    private static let longEnough = Microseconds.seconds(30)
    private static let slowMisfortunes = 3
    /// The first quarantine; each further one of a worker is twice as long, up to the longest.
    private static let firstQuarantine = Microseconds.seconds(600)
    private static let longestQuarantine = Microseconds.seconds(4 * 3600)

    /// Who decides where nobody has been asked.
    static let itself = "coordinator"

    /// After results of the worker are on record.
    mutating func judge(
        _ worker: WorkerID, hasFailures: Bool, _ now: Instant, _ effects: inout [Effect]
    ) {
        guard let there = workers[worker] else { return }
        switch there.standing {
        case .active:
            if hasFailures, let reason = suspicion(of: worker), isAnotherThere(for: worker) {
                quarantine(worker, reason, now, &effects)
            }
        case .quarantined(_, until: .some):
            if there.isOnTrial, there.streak.isEmpty {
                commit(.workerStands(worker, .active, by: Self.itself), now, &effects)
            } else if there.isOnTrial, let last = there.streak.last, isAnotherThere(for: worker) {
                quarantine(
                    worker, "on trial it failed again: \(last.failure.description)", now, &effects)
            }
        case .quarantined, .draining: break
        }
        if hasFailures { acquit(now, &effects) }
    }

    /// What speaks against a worker: failures in a row of tasks that have failed nowhere else.
    func suspicion(of worker: WorkerID) -> String? {
        guard let there = workers[worker] else { return nil }
        let evidence = there.streak.filter { !hasFailedElsewhere($0, than: worker) }
        guard let first = evidence.first, let last = evidence.last else { return nil }
        let areFast =
            evidence.count >= Self.mostMisfortunes && evidence.allSatisfy { $0.wall <= Self.fast }
        let areMany =
            evidence.count >= Self.slowMisfortunes && last.at - first.at >= Self.longEnough
        guard areFast || areMany else { return nil }
        return "its last \(evidence.count) tasks all failed, the last one with "
            + "\(last.failure.description), and none of them elsewhere"
    }

    private func hasFailedElsewhere(
        _ misfortune: WorkerState.Misfortune, than worker: WorkerID
    ) -> Bool {
        let stage = campaigns[misfortune.campaign]?.stage(misfortune.stage)
        return stage?.troubles[misfortune.task]?.contains { trouble in
            switch trouble.kind {
            case .failed(.workerLost), .superseded: false
            case .failed: trouble.worker != worker
            }
        } ?? false
    }

    /// The last worker that could do what this one fails at is never taken out: that would stop it,
    /// and nobody would know why.
    private func isAnotherThere(for worker: WorkerID) -> Bool {
        guard let last = workers[worker]?.streak.last else { return false }
        return isAnotherThere(than: worker, for: last.stage, of: last.campaign)
    }

    private func isAnotherThere(
        than worker: WorkerID, for stage: Stage, of id: CampaignID
    ) -> Bool {
        guard let state = campaigns[id] else { return false }
        let needs = state.campaign.resources(of: stage)
        return workers.contains { other, there in
            other != worker && there.isConnected && !there.isLeaving && there.standing == .active
                && there.facts.fits(needs) && state.unfit[other] == nil
        }
    }

    private mutating func quarantine(
        _ worker: WorkerID, _ reason: String, _ now: Instant, _ effects: inout [Effect]
    ) {
        let times = min(workers[worker]?.quarantines ?? 0, 16)
        let span = min(Self.firstQuarantine.count << times, Self.longestQuarantine.count)
        let standing = Standing.quarantined(
            reason: shortened(reason), until: now + Microseconds(span))
        commit(.workerStands(worker, standing, by: Self.itself), now, &effects)
        withdraw(leaseIDs(of: worker), &effects)
    }

    /// Tasks that by now have failed on others as well do not speak against a worker.
    private mutating func acquit(_ now: Instant, _ effects: inout [Effect]) {
        let accused = workers.filter { $0.value.isQuarantinedForATime && !$0.value.streak.isEmpty }
        for (worker, there) in accused.sorted(by: { $0.key < $1.key }) {
            let against = there.streak.count { !hasFailedElsewhere($0, than: worker) }
            guard against * 2 <= there.streak.count else { continue }
            commit(.workerStands(worker, .active, by: Self.itself), now, &effects)
        }
    }

    /// A quarantine that has lasted its time ends with a trial; where something waits that nobody
    /// else could do, it has lasted long enough.
    mutating func beginTrials(_ now: Instant) {
        for worker in workers.keys.sorted() {
            guard let there = workers[worker], there.isConnected,
                case .quarantined(_, let until?) = there.standing
            else { continue }
            if until <= now || isNeeded(worker, now) { workers[worker]?.isOnTrial = true }
        }
    }

    private func isNeeded(_ worker: WorkerID, _ now: Instant) -> Bool {
        running.contains { id in
            guard let state = campaigns[id], state.wait == nil, state.unfit[worker] == nil,
                let facts = workers[worker]?.facts, state.admits(facts)
            else { return false }
            return state.stagesWithRunnableTasks(now).contains { stage in
                facts.fits(state.campaign.resources(of: stage))
                    && !isAnotherThere(than: worker, for: stage, of: id)
            }
        }
    }

    /// Takes in what is on record of a worker.
    mutating func join(_ facts: WorkerFacts, at time: Instant) {
        workers[facts.worker, default: WorkerState(facts: facts, lastRecord: time)].facts = facts
        workers[facts.worker]?.lastRecord = time
    }

    /// Takes in what is on record of a worker's standing.
    mutating func apply(_ standing: Standing, to worker: WorkerID) {
        workers[worker]?.standing = standing
        workers[worker]?.isOnTrial = false
        switch standing {
        case .active: workers[worker]?.streak = []
        case .quarantined(_, until: .some): workers[worker]?.quarantines += 1
        case .quarantined, .draining: break
        }
    }

    /// What results on record say about the worker that reported them.
    mutating func noteFortunes(_ batch: ResultBatch, _ stage: Stage, at time: Instant) {
        guard batch.report != nil else { return }
        workers[batch.worker]?.finishedTasks += batch.results.taskCount
        workers[batch.worker]?.note(batch, at: time)
        let places = batch.results.indices
        guard places.contains(where: { batch.results[$0].outcome != .succeeded }) else {
            workers[batch.worker]?.streak = []
            return
        }
        for result in batch.results {
            switch result.outcome {
            case .succeeded: workers[batch.worker]?.streak = []
            case .failed(let failure, _):
                workers[batch.worker]?.note(
                    WorkerState.Misfortune(
                        campaign: batch.campaign, stage: stage, task: result.task, at: time,
                        wall: result.wall, failure: failure))
            }
        }
    }
}
