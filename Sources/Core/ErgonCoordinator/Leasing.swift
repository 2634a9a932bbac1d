import ErgonModel

extension Coordinator {
    /// How much work a worker should hold ahead of what it runs, so that it never waits for the
    /// next message.
    static let lookAhead = Microseconds(500_000)
    /// The most tasks one lease may have.
    static let longestLease = 4096
    /// The most tasks one lease may have where each brings a list of files along, and the most
    /// files of them all, save where one task alone has more.
    static let longestFileLease = 64
    static let mostFiles = 16_384

    mutating func grantLeases(_ now: Instant, _ effects: inout [Effect]) {
        if let until = settlingUntil {
            let allBack = workers.values.allSatisfy(\.isConnected)
            guard allBack || now >= until else { return }
            settlingUntil = nil
        }
        let connected = workers.filter { $0.value.isConnected }.keys.sorted()
        guard !connected.isEmpty else { return }
        for id in running {
            for stage in campaigns[id]?.stagesWithReadyTasks ?? [] {
                grantLeases(id, stage, connected, &effects)
            }
        }
    }

    /// One lease a worker in turn, until the stage or the workers' room is used up.
    private mutating func grantLeases(
        _ id: CampaignID, _ stage: Stage, _ connected: [WorkerID], _ effects: inout [Effect]
    ) {
        var granted = true
        while granted {
            granted = false
            let byLoad = connected.map { (load(of: $0), $0) }.sorted { $0 < $1 }
            for (load, worker) in byLoad {
                guard let lease = nextLease(id, stage, for: worker, load: load) else { continue }
                effects.append(.send(worker, .lease(lease)))
                granted = true
            }
        }
    }

    private mutating func nextLease(
        _ id: CampaignID, _ stage: Stage, for worker: WorkerID, load: Int
    ) -> Lease? {
        guard let state = campaigns[id], let tasks = state.stage(stage), !tasks.ready.isEmpty,
            let facts = workers[worker]?.facts, state.unfit[worker] == nil
        else { return nil }
        let needs = resources(of: stage, in: state.campaign)
        guard facts.fits(needs) else { return nil }
        let slots = min(
            facts.cpus / needs.cpus, Int(facts.memory.bytes / max(needs.memory.bytes, 1)))
        let mean = max(tasks.meanWall?.count ?? Self.lookAhead.count, 1)
        let ahead = Int(Self.lookAhead.count / mean)
        let room = slots * (1 + ahead) - ceilingDivision(load, needs.cpus)
        // A busy worker is refilled when half of what it held ahead is gone, not task by task.
        guard room > 0, ahead == 0 || room * 2 >= slots * (1 + ahead) || load == 0 else {
            return nil
        }
        let share = ceilingDivision(tasks.ready.count, 2 * max(connectedSlots(needs), 1))
        let longest = longestLease(of: stage, in: state)
        let limit = min(room, max(share, slots), longest)
        guard let range = campaigns[id]?.update(stage, { $0.lease(atMost: limit) }) ?? nil else {
            return nil
        }
        nextSerial += 1
        let leaseID = LeaseID(epoch: epoch, serial: nextSerial)
        begin(
            leaseID,
            LeaseState(worker: worker, campaign: id, stage: stage, remaining: IntervalSet(range)))
        return state.lease(leaseID, stage, range)
    }

    /// Merges take the memory their step asks for, and one thread.
    func resources(of stage: Stage, in campaign: Campaign) -> Resources {
        var needs = campaign.steps[stage.step].resources
        if case .merge = stage.part { needs.cpus = 1 }
        return needs
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
    private func load(of worker: WorkerID) -> Int {
        (workers[worker]?.leases ?? []).reduce(0) { sum, id in
            guard let lease = leases[id], let campaign = campaigns[lease.campaign]?.campaign else {
                return sum
            }
            return sum + lease.remaining.count * resources(of: lease.stage, in: campaign).cpus
        }
    }

    private func connectedSlots(_ needs: Resources) -> Int {
        workers.values.filter(\.isConnected).reduce(0) { $0 + $1.facts.cpus / needs.cpus }
    }
}

extension StageState {
    mutating func lease(atMost limit: Int) -> Range<Int>? {
        guard let range = ready.takeFirst(limit) else { return nil }
        leased.insert(range)
        return range
    }
}

extension CampaignState {
    /// The lease with all that its worker cannot derive from the manifest.
    func lease(_ leaseID: LeaseID, _ stage: Stage, _ range: Range<Int>) -> Lease {
        var lease = Lease(id: leaseID, campaign: id, manifest: manifest, stage: stage, tasks: range)
        switch stage.part {
        case .work:
            let spec = campaign.steps[stage.step]
            lease.upstream = upstream(of: stage.step)
            for named in spec.with {
                if let file = wholeFile(of: named.source) { lease.with[named.name] = file }
            }
            guard case .output(let name, let output) = spec.over else { break }
            if case .lines = spec.split {
                lease.overFiles = spec.over.flatMap(wholeFile).map { [$0] } ?? []
            } else {
                lease.taskFiles = files(of: spec, range, step: name, output: output)
            }
        case .merge(let output, let level):
            lease.isTop = trees[stage]?.top == level
            lease.taskFiles = range.map { pieces(of: stage, output, $0) }
        }
        return lease
    }

    private func files(
        of spec: StepSpec, _ range: Range<Int>, step name: String, output: String
    ) -> [[NamedFile]] {
        guard let step = campaign.stepIndex(named: name),
            let position = campaign.steps[step].outputs.firstIndex(where: { $0.name == output }),
            let below = stage(Stage(step: step, part: .work)),
            let shards = Shards(of: spec, in: campaign, upstream: below.count)
        else { return [] }
        let output = campaign.steps[step].outputs[position]
        return range.map { task in
            shards[task].files.compactMap { earlier in
                below.outputs[position][earlier].map {
                    NamedFile(name: output.fileName(task: earlier), content: $0)
                }
            }
        }
    }

    private func pieces(of stage: Stage, _ output: Int, _ node: Int) -> [NamedFile] {
        guard case .merge(_, let level) = stage.part, let tree = trees[stage],
            let below = self.stage(Self.below(stage))
        else { return [] }
        let spec = campaign.steps[stage.step].outputs[output]
        let position = level == 1 ? output : 0
        return tree.children(of: node, level: level).compactMap { child in
            below.outputs[position][child].map {
                NamedFile(name: spec.fileName(task: child), content: $0)
            }
        }
    }
}
