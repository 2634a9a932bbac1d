import ErgonModel

/// Tasks that failed get another chance, and what was made without them is made anew.
extension CampaignState {
    /// `chosen` and everything that reads what they leave, at whatever remove.
    func affected(by chosen: [Stage: IntervalSet]) -> [Stage: IntervalSet] {
        var all: [Stage: IntervalSet] = [:]
        var open = chosen.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        while !open.isEmpty {
            while let (stage, tasks) = open.popLast() {
                let new = tasks.subtracting(all[stage] ?? IntervalSet())
                guard !new.isEmpty else { continue }
                all[stage, default: IntervalSet()].formUnion(new)
                for range in new.ranges { open += readers(of: stage, range) }
            }
            open = losingTheirNumber(all)
        }
        return all
    }

    /// Tasks beside those `affected` of steps whose number of tasks follows from what is affected,
    /// if only by way of a step that has none.
    private func losingTheirNumber(
        _ affected: [Stage: IntervalSet]
    ) -> [(Stage, IntervalSet)] {
        var steps: Set<Int> = []
        for (step, spec) in campaign.steps.enumerated() {
            guard let over = spec.over, let earlier = producer(of: over) else { continue }
            var isLost = steps.contains(earlier)
            if case .lines = spec.split, let maker = maker(of: over) {
                isLost = isLost || affected[maker.stage]?.contains(0) == true
            }
            if isLost { steps.insert(step) }
        }
        return steps.sorted().compactMap(everyTask).filter { stage, tasks in
            !tasks.subtracting(affected[stage] ?? IntervalSet()).isEmpty
        }
    }

    /// Those of `tasks` that have come to an end.
    func ended(_ tasks: IntervalSet, of stage: Stage) -> IntervalSet {
        guard let state = stages[stage] else { return IntervalSet() }
        var ended = IntervalSet()
        for range in tasks.ranges {
            ended.formUnion(state.done.intersection(range))
            ended.formUnion(state.failed.intersection(range))
        }
        return ended
    }

    /// The tasks are open again, and all that follows from it.
    /// - Parameter lease: the last one granted before.
    mutating func reopen(_ tasks: [Stage: IntervalSet], after lease: LeaseID) {
        let affected = affected(by: tasks)
        reopenings.append(Reopening(lease: lease, affected: affected))
        for (stage, tasks) in tasks { update(stage) { $0.reopen(tasks) } }
        for (stage, tasks) in affected {
            update(stage) { $0.takeBack(tasks) }
        }
        forgetSizes()
        for stage in stages.keys {
            update(stage) { state in
                state.ready = IntervalSet()
                state.unreachable = IntervalSet()
            }
        }
        for step in campaign.steps.indices {
            sizeStep(step)
            giveUpOversized(step)
        }
        for stage in stages.keys.sorted() {
            guard let count = stages[stage]?.count else { continue }
            if stage.part == .work { refresh(stage.step, 0..<count) }
            settle(stage, 0..<count)
        }
    }

    /// Steps over the lines of what is not there any more have no tasks, and so down the road.
    private mutating func forgetSizes() {
        unsized = []
        for step in campaign.steps.indices {
            guard let over = campaign.steps[step].over, case .output = over else { continue }
            if lines[step] != nil, wholeFile(of: over) == nil { lines[step] = nil }
            if upstream(of: step) == nil {
                for (stage, state) in stages where stage.step == step {
                    formerCounts[stage] = max(state.count, formerCounts[stage] ?? 0)
                }
                stages = stages.filter { $0.key.step != step }
                trees = trees.filter { $0.key.step != step }
            }
        }
    }

    /// Those tasks of a lease that were opened again since it was granted, or read what was: what
    /// comes of them was made of what is no more.
    func outdated(_ held: HeldLease) -> IntervalSet {
        var outdated = IntervalSet()
        for reopening in reopenings where held.id <= reopening.lease {
            if let tasks = reopening.affected[held.stage] { outdated.formUnion(tasks) }
        }
        return outdated
    }

    /// How many tasks the stage has, or had before a reopening did away with it.
    func mostTasks(of stage: Stage) -> Int? {
        [stages[stage]?.count, formerCounts[stage]].compactMap(\.self).max()
    }

    // MARK: Who reads what

    private func readers(
        of stage: Stage, _ range: Range<Int>
    ) -> [(Stage, IntervalSet)] {
        switch stage.part {
        case .merge(let output, let level):
            if trees[stage]?.top == level { return wholeReaders(of: stage) }
            let above = Stage(step: stage.step, part: .merge(output: output, level: level + 1))
            return nodes(above, over: range)
        case .work:
            let merges = campaign.steps[stage.step].outputs.indices.flatMap { output in
                nodes(Stage(step: stage.step, part: .merge(output: output, level: 1)), over: range)
            }
            return merges + wholeReaders(of: stage) + pieceReaders(of: stage.step, range)
        }
    }

    private func nodes(_ merge: Stage, over range: Range<Int>) -> [(Stage, IntervalSet)] {
        guard let tree = trees[merge] else { return [] }
        let nodes = range.lowerBound / tree.fanIn..<ceilingDivision(range.upperBound, tree.fanIn)
        return [(merge, IntervalSet(nodes))]
    }

    /// Steps all of whose tasks read the one file that the stage leaves.
    private func wholeReaders(of stage: Stage) -> [(Stage, IntervalSet)] {
        campaign.steps.indices.compactMap { step in
            let spec = campaign.steps[step]
            var wholes = spec.with.map(\.source)
            if case .lines = spec.split, let over = spec.over { wholes.append(over) }
            guard wholes.contains(where: { maker(of: $0)?.stage == stage }) else { return nil }
            return everyTask(of: step)
        }
    }

    /// Tasks that read the tasks of a step one by one.
    private func pieceReaders(of step: Int, _ range: Range<Int>) -> [(Stage, IntervalSet)] {
        campaign.steps.indices.compactMap { later in
            let spec = campaign.steps[later]
            guard spec.over.flatMap(producer) == step else { return nil }
            if case .lines = spec.split { return nil }
            guard case .outputs(let size) = spec.split,
                let shards = Shards(of: spec, in: campaign, upstream: upstream(of: later))
            else { return everyTask(of: later) }
            var tasks = IntervalSet()
            let parts = range.lowerBound / size..<ceilingDivision(range.upperBound, size)
            for point in 0..<shards.points {
                let first = point * shards.perPoint
                tasks.insert(
                    first + parts.lowerBound..<first + min(parts.upperBound, shards.perPoint))
            }
            return (Stage(step: later, part: .work), tasks)
        }
    }

    private func everyTask(of step: Int) -> (Stage, IntervalSet)? {
        let work = Stage(step: step, part: .work)
        return stages[work].map { (work, IntervalSet(0..<$0.count)) }
    }
}

extension StageState {
    /// What waits for its next attempt, or is with workers, has to wait for its inputs anew.
    fileprivate mutating func takeBack(_ tasks: IntervalSet) {
        leased.subtract(tasks)
        copied.subtract(tasks)
        for range in tasks.ranges {
            for task in again.tasks(in: range).ranges.joined() { again.remove(task) }
        }
    }
}
