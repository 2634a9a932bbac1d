import ErgonModel

/// One campaign as its records tell it.
struct CampaignAudit {
    let accepted: AcceptedCampaign
    let campaign: Campaign
    var stages: [Stage: StageAudit] = [:]
    var trees: [Stage: MergeTree] = [:]
    /// For steps over the lines of an earlier output: how many there are.
    var lines: [Int: Int] = [:]
    /// How many tasks stages had that a reopening did away with.
    var formerCounts: [Stage: Int] = [:]
    /// What was reopened by the last records, until something else follows them.
    var reopening: [Stage: IntervalSet] = [:]
    private(set) var succeeded = Totals()
    private(set) var failed = Totals()
    var superseded = Totals()
    /// By the names of stages.
    var metered: [String: MeteredStage] = [:]
    private var isHeld = false
    /// `nil` if no policy was in force when it was taken.
    var oversight: OversightAudit?
    private(set) var cancelledBy: String?
    private(set) var sealed: SealedCampaign?
    private(set) var isForgotten = false

    /// - Parameter earlier: what it runs tasks of once more, if that is all it does.
    init(_ accepted: AcceptedCampaign, _ campaign: Campaign, replaying earlier: CampaignAudit?) {
        self.accepted = accepted
        self.campaign = campaign
        lines = earlier?.lines ?? [:]
        sizeSteps()
        guard let earlier, let replay = accepted.replay else { return }
        stages = earlier.stages
        if let stage = Stage(name: replay.stage, in: campaign) { stages[stage]?.reopen(replay.all) }
    }

    var isReplay: Bool { accepted.replay != nil }

    var account: Account {
        var account = Account()
        account.succeeded = succeeded.line
        account.failed = failed.line
        account.superseded = superseded.line
        return account
    }

    var summary: AuditReport.Summary {
        var (whole, unjudged) = (self, Findings())
        whole.endReopening(&unjudged)
        return AuditReport.Summary(
            accepted: accepted, ending: sealed?.ending,
            outputs: isReplay ? [] : whole.published, unmade: isReplay ? [] : whole.unmade,
            account: account, metered: metered,
            coverage: isReplay ? [] : whole.coverage)
    }

    func work(_ step: Int) -> StageAudit? { stages[Stage(step: step, part: .work)] }

    // MARK: Sizes

    /// The number that a step's tasks are derived from, where it is over an earlier step.
    func upstream(of step: Int) -> Int? {
        guard case .output(let name, _) = campaign.steps[step].over,
            let earlier = campaign.stepIndex(named: name)
        else { return nil }
        if case .lines = campaign.steps[step].split { return lines[step] }
        return work(earlier)?.count
    }

    func shards(of step: Int) -> Shards? {
        Shards(of: campaign.steps[step], in: campaign, upstream: upstream(of: step))
    }

    /// Steps stand after those they read from.
    private mutating func sizeSteps() {
        for step in campaign.steps.indices where work(step) == nil {
            guard let count = shards(of: step)?.count else { continue }
            let spec = campaign.steps[step]
            addStage(Stage(step: step, part: .work), count, outputs: spec.outputs.count)
            for (output, merge) in spec.outputs.map(\.merge).enumerated() {
                guard let merge else { continue }
                let tree = MergeTree(pieces: count, fanIn: merge.fanIn)
                for level in tree.widths.indices.dropFirst() {
                    let stage = Stage(step: step, part: .merge(output: output, level: level))
                    trees[stage] = tree
                    addStage(stage, tree.widths[level], outputs: 1)
                }
            }
        }
    }

    private mutating func addStage(_ stage: Stage, _ count: Int, outputs: Int) {
        stages[stage] = StageAudit(
            name: stage.name(in: campaign), count: count, outputCount: outputs,
            retry: campaign.steps[stage.step].retry)
    }

    /// - Parameter count: how many lines the file has that the step is split over.
    mutating func setSize(_ name: String, _ count: Int, _ findings: inout Findings) {
        guard let step = campaign.stepIndex(named: name), case .lines = campaign.steps[step].split,
            case .output = campaign.steps[step].over
        else { return report("the size of `\(name)` needs no record", &findings) }
        if sealed != nil { report("`\(name)` was sized after the seal", &findings) }
        guard lines[step] == nil else { return report("`\(name)` was sized twice", &findings) }
        guard count >= 0 else { return report("`\(name)` has \(count) lines", &findings) }
        if campaign.steps[step].over.flatMap(wholeFile) == nil {
            report("`\(name)` was sized before what it is split over was there", &findings)
        }
        lines[step] = count
        sizeSteps()
    }

    // MARK: Results

    mutating func add(_ batch: ResultBatch, _ findings: inout Findings) {
        guard sealed == nil else { return report("results after the seal", &findings) }
        guard let stage = Stage(name: batch.stage, in: campaign), stages[stage] != nil else {
            return report("no stage `\(batch.stage)` at this point", &findings)
        }
        for problem in batch.problemsAsCounted { report("\(batch.stage): \(problem)", &findings) }
        for result in batch.results where !addAsOne(result, to: stage) {
            for problem in result.singly.flatMap({ add($0, to: stage, by: batch.worker) }) {
                report("\(batch.stage): \(problem)", &findings)
            }
        }
    }

    /// Many tasks at once, where nothing can be said against any one of them.
    /// - Returns: false if each has to be looked at.
    private mutating func addAsOne(_ result: TaskResult, to stage: Stage) -> Bool {
        guard result.count > 1, stage.part == .work, !hasPieces(stage.step),
            isOpenFor(stage.step), stages[stage]?.addAsOne(result) == true
        else { return false }
        succeeded.add(result)
        return true
    }

    private mutating func add(
        _ result: TaskResult, to stage: Stage, by worker: WorkerID
    ) -> [String] {
        guard let index = stages.index(forKey: stage) else { return [] }
        var problems: [String] = []
        if (0..<stages.values[index].count).contains(result.task) {
            if !mayRun(result.task, of: stage) {
                problems.append("task \(result.task) was run before what it reads was there")
            }
            if accepted.replay == nil, let above = finishedMerge(above: result.task, of: stage) {
                problems.append("task \(result.task) ended after \(above) had merged it")
            }
        }
        switch stages.values[index].add(result, by: worker) {
        case .refused(let problem): return problems + [problem]
        case .counted(let problem): problems += [problem].compactMap { $0 }
        }
        if result.outcome == .succeeded { succeeded.add(result) } else { failed.add(result) }
        return problems
    }

    // MARK: Ends

    mutating func hold(_ findings: inout Findings) {
        if sealed != nil { report("held after the seal", &findings) }
        if isHeld { report("held twice", &findings) }
        isHeld = true
    }

    mutating func release(_ findings: inout Findings) {
        if sealed != nil { report("released after the seal", &findings) }
        if !isHeld { report("released, but not held", &findings) }
        isHeld = false
    }

    /// It goes on, whatever it had come to.
    mutating func unseal() {
        oversight?.reopen()
        sealed = nil
        cancelledBy = nil
    }

    mutating func cancel(by: String, _ findings: inout Findings) {
        if sealed != nil { report("cancelled after the seal", &findings) }
        cancelledBy = by
    }

    mutating func seal(_ seal: SealedCampaign, _ findings: inout Findings) {
        guard sealed == nil else { return report("sealed twice", &findings) }
        let unsaid = oversight?.problemsAtSeal(isOver: isOverBudget) ?? []
        for problem in problems(in: seal) + unsaid { report(problem, &findings) }
        sealed = seal
    }

    mutating func forget(_ findings: inout Findings) {
        if sealed == nil { report("forgotten, but not sealed", &findings) }
        isForgotten = true
    }

    func report(_ problem: String, _ findings: inout Findings) {
        findings.add("campaign \(accepted.id): \(problem)")
    }
}
