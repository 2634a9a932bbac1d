import ErgonModel

/// Tasks that are started again from nothing, and what had been made from what they left.
extension CampaignAudit {
    mutating func reopen(_ reopened: ReopenedCampaign, _ findings: inout Findings) {
        unseal()
        for entry in reopened.tasks {
            guard let stage = Stage(name: entry.stage, in: campaign),
                let index = stages.index(forKey: stage)
            else {
                report("no stage `\(entry.stage)` to reopen at this point", &findings)
                continue
            }
            let count = stages.values[index].count
            if let end = entry.tasks.ranges.last?.upperBound, end > count {
                report("\(entry.stage): task \(end - 1) of \(count) was reopened", &findings)
            }
            let tasks = entry.tasks.intersection(0..<count)
            stages.values[index].reopen(tasks)
            reopening[stage, default: IntervalSet()].formUnion(tasks)
        }
    }

    /// All records of the reopening are in: nothing may be done now that read what is not. Steps
    /// that were split over lines of a file that is gone are no longer sized.
    mutating func endReopening(_ findings: inout Findings) {
        guard !reopening.isEmpty else { return }
        let left = doneReader
        let unsized = unsize()
        reopening = [:]
        if let (stage, task) = left ?? unsized {
            let name = stage.name(in: campaign)
            report("\(name): task \(task) is done, but what it had read was reopened", &findings)
        }
    }

    // MARK: Readers

    /// The first task on record as done that read one that was reopened. Only those that read it
    /// themselves are looked at: each of them is reopened as well, or is found here.
    private var doneReader: (Stage, Int)? {
        for (stage, tasks) in reopening.sorted(by: { $0.key < $1.key }) {
            if let reader = doneReader(of: tasks, in: stage) { return reader }
        }
        return nil
    }

    private func doneReader(of tasks: IntervalSet, in stage: Stage) -> (Stage, Int)? {
        for merge in merges(above: stage) {
            guard let tree = trees[merge], let done = stages[merge]?.done else { continue }
            for range in tasks.ranges {
                let nodes =
                    range.lowerBound / tree.fanIn..<ceilingDivision(range.upperBound, tree.fanIn)
                if let node = done.intersection(nodes).first { return (merge, node) }
            }
        }
        for step in campaign.steps.indices where step > stage.step {
            let work = Stage(step: step, part: .work)
            guard let done = stages[work]?.done, !done.isEmpty else { continue }
            if readsWhole(step, from: stage), tasks.contains(0), let first = done.first {
                return (work, first)
            }
            guard stage.part == .work, readsPieces(step, of: stage.step) else { continue }
            if let reader = reader(of: tasks, by: step, done) { return (work, reader) }
        }
        return nil
    }

    /// Whether every task of the step reads what task 0 of that stage leaves, as a whole.
    private func readsWhole(_ step: Int, from stage: Stage) -> Bool {
        wholeSources(of: step).contains { maker(of: $0)?.stage == stage }
    }

    /// Whether the step's tasks take the outputs of the earlier one's tasks, one by one.
    private func readsPieces(_ step: Int, of earlier: Int) -> Bool {
        guard case .output(campaign.steps[earlier].name, _) = campaign.steps[step].over else {
            return false
        }
        switch campaign.steps[step].split {
        case .all, .outputs: return true
        case .lines, .single, .files, .events, .seeds: return false
        }
    }

    private func reader(of tasks: IntervalSet, by step: Int, _ done: IntervalSet) -> Int? {
        guard case .outputs(let size) = campaign.steps[step].split, let shards = shards(of: step)
        else { return tasks.isEmpty ? nil : done.first }
        for point in 0..<shards.points {
            let first = point * shards.perPoint
            for range in tasks.ranges {
                let parts = range.lowerBound / size..<ceilingDivision(range.upperBound, size)
                let readers = first + parts.lowerBound..<first + parts.upperBound
                if let reader = done.intersection(readers).first { return reader }
            }
        }
        return nil
    }

    // MARK: Sizes

    /// Steps over the lines of a file that is gone have no number of tasks, nor have those that
    /// got theirs from them.
    /// - Returns: a task that is on record as done in what is no more.
    private mutating func unsize() -> (Stage, Int)? {
        var (unsized, done): (Set<Int>, (Stage, Int)?) = ([], nil)
        for step in campaign.steps.indices where losesItsSize(step, unsized) {
            unsized.insert(step)
            lines[step] = nil
            for stage in stages.keys.filter({ $0.step == step }).sorted() {
                guard let state = stages.removeValue(forKey: stage) else { continue }
                trees[stage] = nil
                formerCounts[stage] = max(state.count, formerCounts[stage] ?? 0)
                done = done ?? state.done.first.map { (stage, $0) }
            }
        }
        return done
    }

    private func losesItsSize(_ step: Int, _ unsized: Set<Int>) -> Bool {
        guard let source = campaign.steps[step].over, case .output(let name, _) = source,
            let earlier = campaign.stepIndex(named: name)
        else { return false }
        if unsized.contains(earlier) { return true }
        guard case .lines = campaign.steps[step].split, let maker = maker(of: source) else {
            return false
        }
        return reopening[maker.stage]?.contains(0) == true
    }
}
