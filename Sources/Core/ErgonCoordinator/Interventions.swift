package import ErgonModel

/// What people may do to a campaign or a worker while it runs.
extension Coordinator {
    package enum Intervention: Hashable, Sendable {
        case cancel(CampaignID)
        /// Nothing more of it is started; what runs goes on.
        case hold(CampaignID, reason: String)
        case release(CampaignID)
        /// Failed tasks get all their attempts again, of one stage or of all, of some tasks or of
        /// all; what was made without them is made anew.
        case retry(CampaignID, stage: String?, tasks: IntervalSet?)
        /// A cancelled campaign goes on where it was.
        case resume(CampaignID)
        /// Drops one that has ended; the log keeps all of it.
        case forget(CampaignID)
        case stand(WorkerID, Standing)
    }

    mutating func intervene(
        _ intervention: Intervention, _ by: String, _ now: Instant, _ effects: inout [Effect]
    ) -> Reply {
        switch intervention {
        case .cancel(let id): cancel(id, by, now, &effects)
        case .hold(let id, let reason): hold(id, reason, by, now, &effects)
        case .release(let id): release(id, by, now, &effects)
        case .retry(let id, let stage, let tasks):
            retry(id, stage: stage, tasks: tasks, by, now, &effects)
        case .resume(let id): resume(id, by, now, &effects)
        case .forget(let id): forget(id, by, now, &effects)
        case .stand(let worker, let standing): stand(worker, standing, by, now, &effects)
        }
    }

    // MARK: Campaigns

    private mutating func cancel(
        _ id: CampaignID, _ by: String, _ now: Instant, _ effects: inout [Effect]
    ) -> Reply {
        guard let state = campaigns[id] else { return .unknownCampaign }
        if state.seal == nil {
            commit(.campaignCancelled(id, by: by), now, &effects)
            withdrawLeases(of: id, &effects)
            sealCampaign(id, now, &effects)
        }
        return .ended(campaigns[id]?.seal?.ending ?? .cancelled)
    }

    private mutating func hold(
        _ id: CampaignID, _ reason: String, _ by: String, _ now: Instant,
        _ effects: inout [Effect]
    ) -> Reply {
        guard let state = campaigns[id] else { return .unknownCampaign }
        if let seal = state.seal { return .refused("campaign \(id) is \(seal.ending.rawValue)") }
        if let held = state.held { return .refused("campaign \(id) is held already: \(held)") }
        commit(.campaignHeld(id, reason: shortened(reason), by: by), now, &effects)
        let running = state.stages.values.reduce(0) { $0 + $1.leased.count }
        return .sentence(
            "campaign \(id) is held; "
                + counted(
                    running, "task is with a worker and goes on", "tasks are with workers and go on"
                ))
    }

    private mutating func release(
        _ id: CampaignID, _ by: String, _ now: Instant, _ effects: inout [Effect]
    ) -> Reply {
        guard let state = campaigns[id] else { return .unknownCampaign }
        guard state.held != nil, state.seal == nil else {
            return .refused("campaign \(id) is not held")
        }
        commit(.campaignReleased(id, by: by), now, &effects)
        return .sentence("campaign \(id) goes on")
    }

    private mutating func retry(
        _ id: CampaignID, stage name: String?, tasks: IntervalSet?, _ by: String, _ now: Instant,
        _ effects: inout [Effect]
    ) -> Reply {
        guard let state = campaigns[id] else { return .unknownCampaign }
        if state.cancelledBy != nil {
            return .refused("campaign \(id) was cancelled: resume it first")
        }
        if let replay = state.replay {
            return .refused("campaign \(id) only repeats tasks of campaign \(replay.of)")
        }
        var chosen: [Stage: IntervalSet] = [:]
        for (stage, there) in state.stages where name == nil || there.name == name {
            var failed = tasks ?? there.failed
            failed.subtract(failed.subtracting(there.failed))
            if !failed.isEmpty { chosen[stage] = failed }
        }
        if let name, Stage(name: name, in: state.campaign) == nil {
            return .unknownTask("no stage `\(name)`")
        }
        guard !chosen.isEmpty else {
            return .refused("no such task of campaign \(id) has failed for good")
        }
        reopen(id, chosen, by, now, &effects)
        let count = chosen.values.reduce(0) { $0 + $1.count }
        return .sentence(
            "campaign \(id) \(course(of: id)); "
                + counted(count, "failed task is", "failed tasks are") + " started again")
    }

    private mutating func resume(
        _ id: CampaignID, _ by: String, _ now: Instant, _ effects: inout [Effect]
    ) -> Reply {
        guard let state = campaigns[id] else { return .unknownCampaign }
        guard state.cancelledBy != nil else {
            let ending = state.seal.map { "is \($0.ending.rawValue)" } ?? "is running"
            let remedy = state.seal == nil ? "" : ": retry what failed of it"
            return .refused("campaign \(id) \(ending)\(remedy)")
        }
        reopen(id, [:], by, now, &effects)
        return .sentence("campaign \(id) \(course(of: id))")
    }

    private mutating func forget(
        _ id: CampaignID, _ by: String, _ now: Instant, _ effects: inout [Effect]
    ) -> Reply {
        guard let state = campaigns[id] else { return .unknownCampaign }
        guard state.seal != nil else {
            return .refused("campaign \(id) has not ended: cancel it first")
        }
        withdrawLeases(of: id, &effects)
        commit(.campaignForgotten(id, by: by), now, &effects)
        return .sentence("campaign \(id) is forgotten; the log keeps what became of it")
    }

    /// Takes in what is on record.
    mutating func forget(_ id: CampaignID) {
        campaigns[id] = nil
        for worker in workers.keys { workers[worker]?.streak.removeAll { $0.campaign == id } }
        for worker in workers.keys { workers[worker]?.unclaimed[id] = nil }
    }

    private func course(of id: CampaignID) -> String {
        campaigns[id]?.wait.map { "is open again, but held: \($0)" } ?? "goes on"
    }

    private mutating func reopen(
        _ id: CampaignID, _ chosen: [Stage: IntervalSet], _ by: String, _ now: Instant,
        _ effects: inout [Effect]
    ) {
        guard let state = campaigns[id] else { return }
        let affected = state.affected(by: chosen)
        // Readers first: should a crash keep only the first records of many, some tasks are run
        // anew on what they had read before, which is harmless; none stays that read what is
        // gone.
        let tasks = affected.sorted { $0.key > $1.key }.compactMap { stage, tasks in
            let ended = state.ended(tasks, of: stage)
            return ended.isEmpty
                ? nil
                : ReopenedCampaign.Tasks(stage: stage.name(in: state.campaign), tasks: ended)
        }
        let last = LeaseID(epoch: epoch, serial: nextSerial)
        commit(
            .campaignReopened(ReopenedCampaign(id: id, by: by, lease: last, tasks: tasks)), now,
            &effects)
        // What workers do with inputs that will be others has to end.
        for lease in leases.keys.sorted() {
            guard let held = leases[lease], held.campaign == id, let stale = affected[held.stage]
            else { continue }
            withdraw(stale, from: lease, &effects)
        }
    }

    /// Takes in what is on record.
    mutating func apply(_ reopened: ReopenedCampaign) throws(ReplayFault) {
        let id = reopened.id
        guard let campaign = campaigns[id]?.campaign else {
            throw ReplayFault(problem: "campaign \(id) was never accepted")
        }
        var tasks: [Stage: IntervalSet] = [:]
        for part in reopened.tasks {
            guard let stage = Stage(name: part.stage, in: campaign) else {
                throw ReplayFault(problem: "campaign \(id) has no stage `\(part.stage)`")
            }
            // A stage whose size is not known any more has nothing to open.
            guard let count = campaigns[id]?.stages[stage]?.count else { continue }
            guard part.tasks.subtracting(IntervalSet(0..<count)).isEmpty else {
                throw ReplayFault(problem: "campaign \(id) has no such tasks of `\(part.stage)`")
            }
            tasks[stage, default: IntervalSet()].formUnion(part.tasks)
        }
        campaigns[id]?.seal = nil
        campaigns[id]?.sealedAt = nil
        campaigns[id]?.cancelledBy = nil
        // What was signed off may become something else.
        campaigns[id]?.oversight?.review = nil
        campaigns[id]?.oversight?.evidence = nil
        campaigns[id]?.reopen(tasks, after: reopened.lease)
        if !running.contains(id) {
            running.append(id)
            running.sort()
        }
    }

    // MARK: Workers

    private mutating func stand(
        _ worker: WorkerID, _ standing: Standing, _ by: String, _ now: Instant,
        _ effects: inout [Effect]
    ) -> Reply {
        guard let there = workers[worker] else { return .unknownTask("no worker `\(worker)`") }
        guard there.standing != standing else {
            return .refused("\(worker) is \(standing.name) already")
        }
        commit(.workerStands(worker, standing, by: by), now, &effects)
        let held = there.leases.reduce(0) { $0 + (leases[$1]?.remaining.count ?? 0) }
        switch standing {
        case .active: return .sentence("\(worker) is given work again")
        case .draining:
            return .sentence(
                "\(worker) ends the \(counted(held, "task")) it has and is given no more")
        case .quarantined:
            withdraw(leaseIDs(of: worker), &effects)
            return .sentence(
                "\(worker) is given nothing; the "
                    + counted(held, "task it had is", "tasks it had are") + " withdrawn")
        }
    }
}

extension Standing {
    /// `active`, `draining` or `quarantined`.
    package var name: String {
        switch self {
        case .active: "active"
        case .draining: "draining"
        case .quarantined: "quarantined"
        }
    }
}
