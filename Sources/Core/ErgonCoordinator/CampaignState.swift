import ErgonModel

/// One campaign as it stands: a fold over the records that concern it, plus who holds what.
struct CampaignState: Sendable {
    let id: CampaignID
    let campaign: Campaign
    let manifest: StoredFile
    let by: String
    let accepted: Instant
    /// What it runs once more of an earlier one, if that is all it is.
    var replay: Rerun?
    var account = Account()
    /// What attempts at its stages cost; `account` is the sum.
    var accounts: [Stage: Account] = [:]
    /// What meters told of its stages.
    var metered: [Stage: StageEnergy] = [:]
    var seal: SealedCampaign?
    var sealedAt: Instant?
    var cancelledBy: String?
    /// Why nothing of it is started, while it is held.
    var held: String?
    /// `nil` if no policy was in force when it came.
    var oversight: Oversight?
    /// Whether what held it last was its budget.
    var isHeldForBudget = false
    /// Somebody released it from that.
    var mayPassBudget = false
    /// Workers that cannot run it, and why; not on record, and forgotten when they come back anew.
    var unfit: [WorkerID: String] = [:]
    /// The stages whose number of tasks is known.
    var stages: [Stage: StageState] = [:]
    /// Lines of merged outputs that a step is split over, by that step.
    var lines: [Int: Int] = [:]
    /// Steps whose number of tasks will never be known, since what they are split over failed.
    var unsized: Set<Int> = []
    var trees: [Stage: MergeTree] = [:]
    var reopenings: [Reopening] = []
    /// Of stages that a reopening did away with.
    var formerCounts: [Stage: Int] = [:]

    struct Reopening: Sendable {
        /// The last one granted before.
        var lease: LeaseID
        /// What was opened again, and everything that reads it.
        var affected: [Stage: IntervalSet]
    }

    init(
        id: CampaignID, campaign: Campaign, manifest: StoredFile, by: String, accepted: Instant
    ) {
        self.id = id
        self.campaign = campaign
        self.manifest = manifest
        self.by = by
        self.accepted = accepted
        for step in campaign.steps.indices { sizeStep(step) }
    }

    /// Later stages first: what is started is finished before more is begun.
    func stagesWithRunnableTasks(_ now: Instant) -> [Stage] {
        stages.filter { $0.value.isRunnable(now) }.keys.sorted(by: >)
    }

    func stage(_ stage: Stage) -> StageState? { stages[stage] }

    @discardableResult
    mutating func update<Result>(
        _ stage: Stage, _ change: (inout StageState) -> Result
    ) -> Result? {
        guard let index = stages.index(forKey: stage) else { return nil }
        return change(&stages.values[index])
    }

    /// Nothing can happen any more without a person.
    var isSettled: Bool {
        campaign.steps.indices.allSatisfy { step in
            unsized.contains(step) || stages[Stage(step: step, part: .work)] != nil
        } && stages.values.allSatisfy(\.isSettled)
    }

    // MARK: Sizes

    /// The number that the tasks of a step over an earlier step are derived from.
    func upstream(of step: Int) -> Int? {
        let spec = campaign.steps[step]
        guard case .output(let name, _) = spec.over, let earlier = campaign.stepIndex(named: name)
        else { return nil }
        if case .lines = spec.split { return lines[step] }
        return stages[Stage(step: earlier, part: .work)]?.count
    }

    /// The merged output that `step` is split over by lines, as soon as it is there to be counted.
    func fileToCount(for step: Int) -> StoredFile? {
        let spec = campaign.steps[step]
        guard case .lines = spec.split, case .output = spec.over, lines[step] == nil,
            !unsized.contains(step), let source = spec.over
        else { return nil }
        return wholeFile(of: source)?.content
    }

    mutating func setLines(_ count: Int, of step: Int) {
        lines[step] = count
        sizeStep(step)
        giveUpOversized(step)
    }

    /// More tasks than there can be: none will ever run.
    mutating func giveUpOversized(_ step: Int) {
        guard lines[step] != nil, stages[Stage(step: step, part: .work)] == nil else { return }
        unsized.insert(step)
        refreshReaders(of: step, 0..<0)
    }

    mutating func sizeStep(_ step: Int) {
        let spec = campaign.steps[step]
        let work = Stage(step: step, part: .work)
        guard stages[work] == nil,
            let shards = Shards(of: spec, in: campaign, upstream: upstream(of: step))
        else { return }
        addStage(work, count: shards.count, outputs: spec.outputs.count)
        for (position, output) in spec.outputs.enumerated() {
            guard let merge = output.merge else { continue }
            let tree = MergeTree(pieces: shards.count, fanIn: merge.fanIn)
            for level in tree.widths.indices.dropFirst() {
                let stage = Stage(step: step, part: .merge(output: position, level: level))
                trees[stage] = tree
                addStage(stage, count: tree.widths[level], outputs: 1)
            }
        }
        refresh(step, 0..<shards.count)
        for later in campaign.steps.indices where later > step { sizeStep(later) }
        if shards.count == 0 { settle(work, 0..<0) }
    }

    private mutating func addStage(_ stage: Stage, count: Int, outputs: Int) {
        stages[stage] = StageState(
            stage: stage, name: stage.name(in: campaign), count: count, outputs: outputs)
    }

    // MARK: What follows from what

    mutating func apply(
        _ batch: ResultBatch, to stage: Stage, at time: Instant
    ) throws(ReplayFault) {
        try check(batch, of: stage)
        let (step, memory) = (
            campaign.steps[stage.step], campaign.resources(of: stage).memory
        )
        update(stage) { state in
            for place in batch.results.indices {
                state.apply(batch.results[place], of: batch, at: time, step, memory: memory)
            }
        }
        guard let first = batch.results.first, let last = batch.results.last else { return }
        settle(stage, first.task..<last.tasks.upperBound)
    }

    /// What an attempt cost that changed nothing.
    mutating func note(superseded batch: ResultBatch, of stage: Stage) {
        for result in batch.results {
            let trouble = Trouble(.superseded(result.outcome), result, batch)
            update(stage) { for task in result.tasks { $0.note(trouble, of: task) } }
        }
    }

    /// What is on record must be what may happen to a task; a log that says otherwise is not ours.
    private func check(_ batch: ResultBatch, of stage: Stage) throws(ReplayFault) {
        guard let state = stages[stage] else {
            throw ReplayFault(problem: "`\(batch.stage)` of campaign \(id) has no tasks yet")
        }
        func fault(_ result: TaskResult, _ problem: String) -> ReplayFault {
            ReplayFault(
                problem: "task \(result.task) of `\(batch.stage)` of campaign \(id) \(problem)")
        }
        var end = 0
        for result in batch.results {
            let tasks = result.tasks
            guard tasks.lowerBound >= end, tasks.upperBound <= state.count else {
                throw fault(result, "does not exist, or stands twice")
            }
            end = tasks.upperBound
            guard state.isOpen(tasks) else { throw fault(result, "has ended before") }
            let due = result.outcome == .succeeded ? state.outputs.count : 0
            guard result.outputs.count == due else {
                throw fault(result, "left \(result.outputs.count) outputs")
            }
        }
    }

    /// Looks at everything that reads what `range` of `stage` may have left.
    mutating func settle(_ stage: Stage, _ range: Range<Int>) {
        switch stage.part {
        case .work:
            let spec = campaign.steps[stage.step]
            for (position, output) in spec.outputs.enumerated() where output.merge != nil {
                refreshMerge(stage.step, position, level: 1, below: range)
            }
            refreshReaders(of: stage.step, range)
        case .merge(let output, let level):
            let isTop = trees[stage]?.top == level
            if isTop {
                refreshReaders(of: stage.step, 0..<0)
            } else {
                refreshMerge(stage.step, output, level: level + 1, below: range)
            }
        }
    }

    private mutating func refreshReaders(of step: Int, _ range: Range<Int>) {
        for (later, spec) in campaign.steps.enumerated().dropFirst(step + 1) {
            let over = spec.over.flatMap(producer) == step
            guard over || spec.with.contains(where: { producer(of: $0.source) == step }) else {
                continue
            }
            guard let stage = stages[Stage(step: later, part: .work)] else {
                giveUpSizing(later)
                continue
            }
            if over, case .outputs(let size) = spec.split, !range.isEmpty {
                let perPoint = ceilingDivision(
                    stages[Stage(step: step, part: .work)]?.count ?? 0, size)
                let parts = range.lowerBound / size..<ceilingDivision(range.upperBound, size)
                for point in stride(from: 0, to: stage.count, by: max(perPoint, 1)) {
                    refresh(
                        later, point + parts.lowerBound..<min(point + parts.upperBound, stage.count)
                    )
                }
            } else {
                refresh(later, 0..<stage.count)
            }
        }
    }

    /// A step split over the lines of a file that will never be there has no tasks, ever; and so
    /// on down the road.
    mutating func giveUpSizing(_ step: Int) {
        guard let source = campaign.steps[step].over, !unsized.contains(step) else { return }
        let hopeless = producer(of: source).map(unsized.contains) ?? false
        guard hopeless || whole(source) == .never else { return }
        unsized.insert(step)
        refreshReaders(of: step, 0..<0)
    }

    func producer(of source: Source) -> Int? {
        if case .output(let name, _) = source { campaign.stepIndex(named: name) } else { nil }
    }
}
