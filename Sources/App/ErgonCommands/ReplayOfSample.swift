import ErgonAudit
import ErgonModel
import ErgonWire
import ErgonWireMessages
import GRPCCore

/// Drawn tasks on their way: run again, compared, and where need be run a third time.
struct ReplayOfSample {
    let log: ReplayedLog
    let target: ReplayedLog.Target
    let client: ControlClient
    private var wanted: [WorkerID: [String: IntervalSet]] = [:]
    private var replays: Set<CampaignID> = []
    private var repetitions: [Repetition] = []
    private var energy = (campaign: Joules.zero, replays: Joules.zero)
    private var accused: Set<WorkerID> = []
    private var places: [Repetition: String] = [:]
    private var alike: Set<Repetition> = []
    /// Nobody where it is not decided.
    private var blamed: [Repetition: [WorkerID]] = [:]

    init(log: ReplayedLog, target: ReplayedLog.Target, client: ControlClient) {
        (self.log, self.target, self.client) = (log, target, client)
    }

    /// - Parameter chosen: by who did them, and stage.
    mutating func run(
        _ chosen: [WorkerID: [String: IntervalSet]], of makers: Makers, drawnFrom draw: Rerun.Draw
    ) async throws {
        try await runAgain(chosen, draw)
        try await decideDisputes()
        // Who was contradicted once is looked at as a whole.
        for worker in try judge() where accused.insert(worker).inserted {
            try await quarantine(worker)
            let all = makers.tasks(IntervalSet(0..<makers.count(of: worker)), of: worker)
            let drawn = chosen[worker] ?? [:]
            let rest = all.reduce(into: [String: IntervalSet]()) { rest, entry in
                rest[entry.key] = entry.value.subtracting(drawn[entry.key] ?? IntervalSet())
            }
            try await runAgain([worker: rest], nil)
        }
        accused.formUnion(try judge())
    }

    // MARK: Running

    /// One task once more; `nil` if it failed.
    mutating func repeated(_ made: MadeOutput) async throws -> Repetition? {
        let task = IntervalSet(made.task..<made.task + 1)
        try await runAgain([made.worker: [made.stage: task]], nil)
        return repetitions.first
    }

    private mutating func runAgain(
        _ chosen: [WorkerID: [String: IntervalSet]], _ draw: Rerun.Draw?
    ) async throws {
        var byStage: [String: [(worker: WorkerID, task: Int)]] = [:]
        for (worker, stages) in chosen.sorted(by: { $0.key < $1.key }) {
            for (stage, tasks) in stages {
                wanted[worker, default: [:]][stage, default: IntervalSet()].formUnion(tasks)
                byStage[stage, default: []] += tasks.ranges.joined().map { (worker, $0) }
            }
        }
        for (stage, tasks) in byStage.sorted(by: { $0.key < $1.key }) {
            for start in stride(from: 0, to: tasks.count, by: Rerun.mostTasks) {
                let part = tasks[start..<min(start + Rerun.mostTasks, tasks.count)]
                let grouped = Dictionary(grouping: part, by: \.worker)
                try await run(
                    stage,
                    grouped.sorted { $0.key < $1.key }.map { worker, tasks in
                        Rerun.Tasks(workers: [worker], tasks: set(tasks.map(\.task)))
                    }, draw)
            }
        }
        try gather()
    }

    /// Where two contradict each other, one more runs the task.
    private mutating func decideDisputes() async throws {
        var disputed: [String: [Repetition]] = [:]
        for repetition in repetitions {
            let groups = try groups(of: repetition)
            if groups.count > 1, contradicted(in: groups).isEmpty {
                disputed[repetition.stage, default: []].append(repetition)
            }
        }
        for (stage, repetitions) in disputed.sorted(by: { $0.key < $1.key }) {
            for start in stride(from: 0, to: repetitions.count, by: Rerun.mostTasks) {
                let part = repetitions[start..<min(start + Rerun.mostTasks, repetitions.count)]
                try await run(
                    stage,
                    part.map { repetition in
                        Rerun.Tasks(
                            workers: Set(repetition.attempts.map(\.worker)).sorted(),
                            tasks: IntervalSet(repetition.task..<repetition.task + 1))
                    }, nil)
            }
        }
        if !disputed.isEmpty { try gather() }
    }

    private mutating func run(
        _ stage: String, _ tasks: [Rerun.Tasks], _ draw: Rerun.Draw?
    ) async throws {
        let request = Ergon_V1_ReplayRequest(
            Rerun(of: target.id, stage: stage, tasks: tasks, draw: draw))
        let reply = try await client.control.replay(request, options: ControlClient.patience)
        replays.insert(CampaignID(Int(reply.campaign)))
        try await waitForEnd(of: reply.campaign)
    }

    private func waitForEnd(of campaign: Int64) async throws {
        var request = Ergon_V1_StatusRequest()
        request.campaign = "\(campaign)"
        // It says how things stand until the campaign has ended.
        try await client.control.watch(request) { response in
            for try await _ in response.messages {}
        }
    }

    private mutating func gather() throws {
        let (replays, id) = (replays, target.id)
        let all = wanted.values.reduce(into: [String: IntervalSet]()) { all, stages in
            for (stage, tasks) in stages { all[stage, default: IntervalSet()].formUnion(tasks) }
        }
        var found = Repetitions(of: id, wanted: all) { replays.contains($0) }
        _ = try log.read { found.add($0) }
        repetitions = found.all
        energy = found.energy
    }

    private func set(_ tasks: [Int]) -> IntervalSet {
        tasks.reduce(into: IntervalSet()) { $0.insert($1..<$1 + 1) }
    }

    private func quarantine(_ worker: WorkerID) async throws {
        var request = Ergon_V1_StandingRequest()
        request.worker = worker.name
        request.standing = "quarantined"
        request.reason = "on probation: others left something else of the same tasks"
        do {
            _ = try await client.control.setStanding(request, options: ControlClient.patience)
        } catch let error as RPCError where error.code == .permissionDenied {
            printNote("worker \(worker) is not quarantined: only an operator may do that")
        }
    }

    // MARK: Judging

    private func groups(of repetition: Repetition) throws -> [[Repetition.Attempt]] {
        try repetition.groups { try difference(repetition, $0, $1) == nil }
    }

    /// Where two attempts differ, beyond what the step allows.
    private func difference(
        _ repetition: Repetition, _ first: Repetition.Attempt, _ second: Repetition.Attempt
    ) throws -> String? {
        guard let stage = Stage(name: repetition.stage, in: target.spec) else { return "no stage" }
        let comparison = Comparison(of: stage, in: target.spec, content: log.content)
        return try comparison.difference(first.outputs, second.outputs)
    }

    /// - Returns: whom others contradict, in steps that say how alike two runs are.
    private mutating func judge() throws -> [WorkerID] {
        var against: Set<WorkerID> = []
        for repetition in repetitions where !repetition.isBitwiseSame {
            let groups = try groups(of: repetition)
            guard groups.count > 1 else {
                alike.insert(repetition)
                continue
            }
            places[repetition] = try difference(repetition, groups[0][0], groups[1][0])
            blamed[repetition] = contradicted(in: groups)
            guard let stage = Stage(name: repetition.stage, in: target.spec),
                target.spec.isDeclared(stage)
            else { continue }
            against.formUnion(blamed[repetition] ?? [])
        }
        return against.sorted()
    }

    // MARK: The report

    func report(_ makers: Makers) -> SampleReport {
        let different = repetitions.filter { places[$0] != nil }
        let drawn = wanted.values.reduce(0) { $0 + $1.values.reduce(0) { $0 + $1.count } }
        return SampleReport(
            campaign: target.id,
            shares: wanted.sorted { $0.key < $1.key }.map { worker, stages in
                let size = stages.values.reduce(0) { $0 + $1.count }
                let bad = different.count { repetition in
                    let blame = blamed[repetition] ?? []
                    return stages[repetition.stage]?.contains(repetition.task) ?? false
                        && (blame.isEmpty || blame.contains(worker))
                }
                let count = makers.count(of: worker)
                return SampleReport.Share(
                    worker: worker, drawn: size, tasks: count, bad: bad,
                    upperBound: bad > 0
                        ? nil : SampleSize.upperBound(clean: size, of: count))
            },
            same: repetitions.count(where: \.isBitwiseSame), alike: alike.count,
            different: different.map { repetition in
                SampleReport.Difference(
                    stage: repetition.stage, task: repetition.task,
                    workers: repetition.attempts.map(\.worker), place: places[repetition] ?? "")
            }, missing: drawn - repetitions.count, accused: accused.sorted(), energy: energy)
    }
}

extension Campaign {
    /// Whether a difference is held against somebody: the author says that there is none.
    fileprivate func isDeclared(_ stage: Stage) -> Bool {
        guard case .merge(let output, _) = stage.part else {
            return steps[stage.step].determinism != nil
        }
        if case .run = steps[stage.step].outputs[output].merge?.rule {
            return steps[stage.step].determinism != nil
        }
        return true
    }
}
