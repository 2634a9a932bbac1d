import ErgonModel

/// Who is given what.
extension Coordinator {
    /// How much work a worker should hold ahead of what it runs, so that it never waits for the
    /// next message.
    static let lookAhead = Microseconds(500_000)
    /// How much work a lease has at least, if there is that much: to wait for so little at the end
    /// of a stage is nothing, to hand it out in many small pieces is not.
    static let leastWork = Microseconds(10_000)
    /// The most tasks one lease may have: as many as one record can say what became of.
    static let longestLease = 65_536
    /// The most tasks one lease may have where each brings a list of files along, and the most
    /// files of them all, save where one task alone has more.
    static let longestFileLease = 64
    static let mostFiles = 16_384

    mutating func grantLeases(_ now: Instant, _ effects: inout [Effect]) {
        guard trouble == nil else { return }
        settle(now)
        let able = workers.filter { $0.value.mayTake(now) }.keys.sorted()
        guard !able.isEmpty else { return }
        for id in running where campaigns[id]?.wait == nil && !isSettling(id) {
            notePlaces(of: id, among: able, now, &effects)
            for stage in campaigns[id]?.stagesWithRunnableTasks(now) ?? [] {
                grantLeases(id, stage, able, now, &effects)
            }
        }
    }

    /// Whether workers that are away may hold some of the campaign.
    func isSettling(_ id: CampaignID) -> Bool {
        settlingUntil != nil && id <= lastEarlierCampaign
    }

    private mutating func settle(_ now: Instant) {
        guard let until = settlingUntil else { return }
        let isOver = until <= now || mayComeBack(now).isEmpty
        // A clock that was set back makes nobody wait longer than the grace.
        settlingUntil = isOver ? nil : min(until, now + grace)
    }

    /// One lease a worker in turn, until the stage or the workers' room is used up.
    private mutating func grantLeases(
        _ id: CampaignID, _ stage: Stage, _ able: [WorkerID], _ now: Instant,
        _ effects: inout [Effect]
    ) {
        guard let candidates = candidates(for: stage, of: id, among: able) else { return }
        var granted = true
        while granted {
            granted = false
            let byLoad = candidates.workers.map { (load(of: $0), $0) }.sorted { $0 < $1 }
            for (load, worker) in byLoad {
                guard let room = room(of: worker, for: stage, of: id, load: load) else { continue }
                let entries = due(room, of: stage, id, for: worker, candidates, now)
                if !entries.isEmpty {
                    for (task, memory) in entries {
                        grantAgain(task, of: stage, id, to: worker, memory, now, &effects)
                    }
                    granted = true
                } else if let range = take(
                    min(room, allowance(of: worker, for: stage, of: id, now)), of: stage, id,
                    for: worker, candidates)
                {
                    noteStart(range, of: stage, id, by: worker)
                    grant(range, of: stage, id, to: worker, memory: nil, now, &effects)
                    granted = true
                }
            }
        }
    }

    private func candidates(
        for stage: Stage, of id: CampaignID, among able: [WorkerID]
    ) -> Candidates? {
        guard let state = campaigns[id] else { return nil }
        let needs = state.campaign.resources(of: stage)
        let mayDecline = state.unfit.isEmpty || !isAnyoneFit(for: stage, of: id)
        let fitting = able.compactMap { workers[$0] }.filter {
            $0.facts.fits(needs) && state.admits($0.facts)
                && (mayDecline || state.unfit[$0.facts.worker] == nil)
        }
        return fitting.isEmpty ? nil : Candidates(fitting, for: needs)
    }

    /// How many more tasks of a stage the worker should hold; `nil` for none.
    private func room(
        of worker: WorkerID, for stage: Stage, of id: CampaignID, load: Int
    ) -> Int? {
        guard let state = campaigns[id], let there = workers[worker] else { return nil }
        if there.isOnTrial { return load == 0 ? 1 : nil }
        let needs = state.campaign.resources(of: stage)
        let slots = there.facts.slots(for: needs)
        let mean = max(state.stages[stage]?.meanWall?.count ?? Self.lookAhead.count, 1)
        let ahead = Int(Self.lookAhead.count / mean)
        let room = slots * (1 + ahead) - ceilingDivision(load, needs.cpus)
        // A busy worker is refilled when half of what it held ahead is gone, not task by task.
        guard room > 0, ahead == 0 || room * 2 >= slots * (1 + ahead) || load == 0 else {
            return nil
        }
        return room
    }

    // MARK: First attempts

    /// A run of tasks that were never tried, for one worker.
    private mutating func take(
        _ room: Int, of stage: Stage, _ id: CampaignID, for worker: WorkerID,
        _ candidates: Candidates
    ) -> Range<Int>? {
        guard let limit = campaigns[id].map({ longestLease(of: stage, in: $0) }),
            let slots = candidates.slots[worker]
        else { return nil }
        return campaigns[id]?.update(stage) { state in
            let share = candidates.share(of: state.ready.count)
            let mean = max(state.meanWall ?? Self.lookAhead, Microseconds(1))
            let least = slots * max(Int(Self.leastWork.count / mean.count), 1)
            return state.ready.takeFirst(min(room, max(share, least), limit))
        } ?? nil
    }

    // MARK: Further attempts

    /// How many waiting tasks are looked at before a worker is said to fit none.
    private static let longestSearch = 64

    /// Tasks that went wrong before, may start again, and are better with no other worker; with the
    /// memory that each gets.
    private func due(
        _ room: Int, of stage: Stage, _ id: CampaignID, for worker: WorkerID,
        _ candidates: Candidates, _ now: Instant
    ) -> [(task: Int, memory: ByteCount)] {
        guard let again = campaigns[id]?.stages[stage]?.again, !again.isEmpty else { return [] }
        let limit = min(room, max(candidates.share(of: again.count), 1))
        var tasks: [(task: Int, memory: ByteCount)] = []
        for entry in again.entries.prefix(Self.longestSearch) where entry.isDue(now) {
            guard tasks.count < limit else { break }
            guard let memory = candidates.memory(for: entry, on: worker) else { continue }
            tasks.append((entry.task, memory))
        }
        return tasks
    }

    /// A task that went wrong before is leased alone: what it does to its worker it does to no
    /// other task's lease.
    private mutating func grantAgain(
        _ task: Int, of stage: Stage, _ id: CampaignID, to worker: WorkerID, _ memory: ByteCount,
        _ now: Instant, _ effects: inout [Effect]
    ) {
        campaigns[id]?.update(stage) { $0.again.remove(task) }
        grant(task..<task + 1, of: stage, id, to: worker, memory: memory, now, &effects)
    }

    // MARK: Granting

    mutating func grant(
        _ tasks: Range<Int>, of stage: Stage, _ id: CampaignID, to worker: WorkerID,
        memory: ByteCount?, isCopy: Bool = false, _ now: Instant, _ effects: inout [Effect]
    ) {
        guard let state = campaigns[id] else { return }
        nextSerial += 1
        let leaseID = LeaseID(epoch: epoch, serial: nextSerial)
        begin(
            leaseID,
            LeaseState(
                worker: worker, campaign: id, stage: stage, remaining: IntervalSet(tasks),
                heard: now))
        campaigns[id]?.update(stage) { state in
            state.leased.insert(tasks)
            if isCopy { state.copied.insert(tasks) }
        }
        var lease = state.lease(leaseID, stage, tasks)
        let asked = state.campaign.resources(of: stage).memory
        if let memory, memory > asked { lease.memory = memory }
        effects.append(.send(worker, .lease(lease)))
    }

    private func longestLease(of stage: Stage, in state: CampaignState) -> Int {
        var files = 0
        switch stage.part {
        case .merge(let output, _):
            files = state.campaign.steps[stage.step].outputs[output].merge?.fanIn ?? 1
        case .work:
            let spec = state.campaign.steps[stage.step]
            guard case .output = spec.over else { return Self.longestLease }
            switch spec.split {
            case .outputs(let size): files = size
            case .all: files = state.upstream(of: stage.step) ?? 1
            case .single, .files, .events, .lines, .seeds: return Self.longestLease
            }
        }
        return max(min(Self.longestFileLease, Self.mostFiles / max(files, 1)), 1)
    }

    /// Threads that a worker's unfinished tasks need in all.
    func load(of worker: WorkerID) -> Int {
        (workers[worker]?.leases ?? []).reduce(0) { sum, id in
            guard let lease = leases[id], let campaign = campaigns[lease.campaign]?.campaign else {
                return sum
            }
            return sum + lease.remaining.count * campaign.resources(of: lease.stage).cpus
        }
    }
}

extension StageState {
    /// Whether there is something that a worker could be given now.
    func isRunnable(_ now: Instant) -> Bool {
        !ready.isEmpty || again.first?.isDue(now) == true
    }
}
