import ErgonModel

/// One campaign as it stands: a fold over the records that concern it, plus who holds what.
struct CampaignState: Sendable {
    let id: CampaignID
    let campaign: Campaign
    let manifest: StoredFile
    let by: String
    let accepted: Instant
    var account = Account()
    var seal: SealedCampaign?
    var sealedAt: Instant?
    var cancelledBy: String?
    /// Workers that cannot run it, and why; not on record, and forgotten when they come back anew.
    var unfit: [WorkerID: String] = [:]
    /// The stages whose number of tasks is known.
    private(set) var stages: [Stage: StageState] = [:]
    /// Lines of merged outputs that a step is split over, by that step.
    private var lines: [Int: Int] = [:]
    /// Steps whose number of tasks will never be known, since what they are split over failed.
    private(set) var unsized: Set<Int> = []
    private(set) var trees: [Stage: MergeTree] = [:]

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
    var stagesWithReadyTasks: [Stage] {
        stages.filter { !$0.value.ready.isEmpty }.keys.sorted(by: >)
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
        guard stages[Stage(step: step, part: .work)] == nil else { return }
        // More tasks than there can be: none will ever run.
        unsized.insert(step)
        refreshReaders(of: step, 0..<0)
    }

    private mutating func sizeStep(_ step: Int) {
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

    mutating func apply(_ batch: ResultBatch, to stage: Stage) throws(ReplayFault) {
        try check(batch, of: stage)
        for result in batch.results {
            account.add(result)
            update(stage) { $0.apply(result, under: batch.lease) }
        }
        guard let first = batch.results.first, let last = batch.results.last else { return }
        settle(stage, first.task..<last.task + 1)
    }

    /// What is on record must be what may happen to a task; a log that says otherwise is not ours.
    private func check(_ batch: ResultBatch, of stage: Stage) throws(ReplayFault) {
        guard let state = stages[stage] else {
            throw ReplayFault(problem: "`\(batch.stage)` of campaign \(id) has no tasks yet")
        }
        var last = -1
        for result in batch.results {
            let place = "task \(result.task) of `\(batch.stage)` of campaign \(id)"
            guard result.task > last, result.task < state.count else {
                throw ReplayFault(problem: "\(place) does not exist, or stands twice")
            }
            last = result.task
            do throws(IllegalTransition) {
                _ = try state.state(of: result.task).after(result.outcome)
            } catch { throw ReplayFault(problem: "\(place) has ended before") }
            let due = result.outcome == .succeeded ? state.outputs.count : 0
            guard result.outputs.count == due else {
                throw ReplayFault(problem: "\(place) left \(result.outputs.count) outputs")
            }
        }
    }

    /// Looks at everything that reads what `range` of `stage` may have left.
    private mutating func settle(_ stage: Stage, _ range: Range<Int>) {
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
    private mutating func giveUpSizing(_ step: Int) {
        guard let source = campaign.steps[step].over, !unsized.contains(step) else { return }
        let hopeless = producer(of: source).map(unsized.contains) ?? false
        guard hopeless || whole(source) == .never else { return }
        unsized.insert(step)
        refreshReaders(of: step, 0..<0)
    }

    private func producer(of source: Source) -> Int? {
        if case .output(let name, _) = source { campaign.stepIndex(named: name) } else { nil }
    }

    /// Sorts the open tasks of `range` into runnable, waiting and hopeless.
    private mutating func refresh(_ step: Int, _ range: Range<Int>) {
        let work = Stage(step: step, part: .work)
        guard let state = stages[work], !range.isEmpty else { return }
        var open = IntervalSet(range)
        for decided in [state.ready, state.leased, state.done, state.failed, state.unreachable] {
            open.subtract(decided.intersection(range))
        }
        var (runnable, hopeless) = (IntervalSet(), IntervalSet())
        switch gate(of: step) {
        case .waiting: return
        case .never: hopeless = open
        case .there: (runnable, hopeless) = sort(open, of: step)
        }
        update(work) {
            $0.ready.formUnion(runnable)
            $0.unreachable.formUnion(hopeless)
        }
        for range in hopeless.ranges { settle(work, range) }
    }

    private func sort(
        _ open: IntervalSet, of step: Int
    ) -> (runnable: IntervalSet, hopeless: IntervalSet) {
        let spec = campaign.steps[step]
        guard let source = spec.over, let earlier = producer(of: source) else {
            return (open, IntervalSet())
        }
        guard let below = stages[Stage(step: earlier, part: .work)],
            let shards = Shards(of: spec, in: campaign, upstream: upstream(of: step))
        else { return (IntervalSet(), IntervalSet()) }
        if case .lines = spec.split { return (open, IntervalSet()) }
        var (runnable, hopeless) = (IntervalSet(), IntervalSet())
        for task in decidable(open, of: spec, shards, below).ranges.joined() {
            let reads = shards[task].files
            if below.done.contains(reads) {
                runnable.insert(task..<task + 1)
            } else if below.failed.intersects(reads) || below.unreachable.intersects(reads) {
                hopeless.insert(task..<task + 1)
            }
        }
        return (runnable, hopeless)
    }

    /// Those of `open` that read at least one task that is done or never will be: the others need
    /// no look. So a step over a hundred million tasks costs nothing before the first is done.
    private func decidable(
        _ open: IntervalSet, of spec: StepSpec, _ shards: Shards, _ below: StageState
    ) -> IntervalSet {
        guard case .outputs(let size) = spec.split, shards.perPoint > 0 else { return open }
        var candidates = IntervalSet()
        for range in open.ranges {
            let points =
                range.lowerBound / shards.perPoint...(range.upperBound - 1) / shards.perPoint
            for first in points.map({ $0 * shards.perPoint }) {
                let parts = range.clamped(to: first..<first + shards.perPoint)
                let reads =
                    (parts.lowerBound - first)
                    * size..<min((parts.upperBound - first) * size, below.count)
                for settled in [below.done, below.failed, below.unreachable] {
                    for read in settled.intersection(reads).ranges {
                        let readers =
                            first + read.lowerBound / size..<first
                            + ceilingDivision(read.upperBound, size)
                        candidates.insert(readers.clamped(to: parts))
                    }
                }
            }
        }
        return candidates
    }

    private mutating func refreshMerge(
        _ step: Int, _ output: Int, level: Int, below range: Range<Int>
    ) {
        let stage = Stage(step: step, part: .merge(output: output, level: level))
        guard let tree = trees[stage], let merge = campaign.steps[step].outputs[output].merge,
            let state = stages[stage], !range.isEmpty
        else { return }
        let below = stages[Self.below(stage)]
        let nodes = range.lowerBound / tree.fanIn..<ceilingDivision(range.upperBound, tree.fanIn)
        var (runnable, hopeless) = (IntervalSet(), IntervalSet())
        for node in nodes where state.state(of: node) == .open(failures: 0) {
            let children = tree.children(of: node, level: level)
            guard let below, !state.ready.contains(node), !state.leased.contains(node),
                !state.unreachable.contains(node), below.isSettled(children)
            else { continue }
            let there = below.done.intersection(children)
            let mayRun = merge.missing == .partial ? !there.isEmpty : there.count == children.count
            if mayRun { runnable.insert(node..<node + 1) } else { hopeless.insert(node..<node + 1) }
        }
        update(stage) {
            $0.ready.formUnion(runnable)
            $0.unreachable.formUnion(hopeless)
        }
        for range in hopeless.ranges { settle(stage, range) }
    }

    /// The stage whose outputs a merge takes.
    static func below(_ stage: Stage) -> Stage {
        guard case .merge(let output, let level) = stage.part, level > 1 else {
            return Stage(step: stage.step, part: .work)
        }
        return Stage(step: stage.step, part: .merge(output: output, level: level - 1))
    }

    // MARK: Whole outputs

    enum Readiness: Hashable { case waiting, there, never }

    /// Whether everything that all tasks of a step read is there.
    private func gate(of step: Int) -> Readiness {
        let spec = campaign.steps[step]
        var states = spec.with.map { whole($0.source) }
        if let over = spec.over, case .lines = spec.split { states.append(whole(over)) }
        if states.contains(.never) { return .never }
        return states.contains(.waiting) ? .waiting : .there
    }

    /// The stage and the task that leave a source as one file; `nil` for inputs and for steps
    /// whose size is not known yet.
    private func maker(of source: Source) -> (stage: Stage, output: Int)? {
        guard case .output(let name, let outputName) = source,
            let step = campaign.stepIndex(named: name),
            let output = campaign.steps[step].outputs.firstIndex(where: { $0.name == outputName })
        else { return nil }
        guard campaign.steps[step].outputs[output].merge != nil else {
            return (Stage(step: step, part: .work), output)
        }
        let first = Stage(step: step, part: .merge(output: output, level: 1))
        guard let tree = trees[first] else { return nil }
        return (Stage(step: step, part: .merge(output: output, level: tree.top)), 0)
    }

    private func whole(_ source: Source) -> Readiness {
        guard case .output = source else { return .there }
        guard let (stage, _) = maker(of: source), let state = stages[stage] else {
            return producer(of: source).map(isHopeless) == true ? .never : .waiting
        }
        if state.done.contains(0) { return .there }
        return state.failed.contains(0) || state.unreachable.contains(0) ? .never : .waiting
    }

    /// No task of the step will ever leave anything.
    private func isHopeless(_ step: Int) -> Bool {
        unsized.contains(step) || stages[Stage(step: step, part: .work)]?.count == 0
    }

    /// A source that is one file of an earlier step, as soon as it is there.
    func wholeFile(of source: Source) -> NamedFile? {
        guard case .output(let name, let outputName) = source,
            let step = campaign.stepIndex(named: name),
            let output = campaign.steps[step].outputs.first(where: { $0.name == outputName }),
            let (stage, position) = maker(of: source),
            let file = stages[stage]?.outputs[position][0]
        else { return nil }
        return NamedFile(name: output.file, content: file)
    }
}
