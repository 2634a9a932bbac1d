import ErgonModel

/// What must have been there before a task could start: the order in which a campaign runs.
extension CampaignAudit {
    /// Whether everything that the task reads is on record.
    /// - Precondition: the stage has a task of that number.
    func mayRun(_ task: Int, of stage: Stage) -> Bool {
        switch stage.part {
        case .work: isOpenFor(stage.step) && hasItsPieces(task, of: stage.step)
        case .merge(let output, let level):
            mayMerge(task, Stage(step: stage.step, part: .merge(output: output, level: level)))
        }
    }

    /// Whether what all tasks of a step read is there: its `with`, and the file it is split over.
    func isOpenFor(_ step: Int) -> Bool {
        wholeSources(of: step).allSatisfy { source in
            guard case .output = source else { return true }
            return wholeFile(of: source) != nil
        }
    }

    /// What every task of a step reads as a whole.
    func wholeSources(of step: Int) -> [Source] {
        let spec = campaign.steps[step]
        var wholes = spec.with.map(\.source)
        if case .lines = spec.split, let over = spec.over { wholes.append(over) }
        return wholes
    }

    /// Whether the step's tasks take outputs of an earlier one, each its own.
    func hasPieces(_ step: Int) -> Bool {
        if case .lines = campaign.steps[step].split { return false }
        if case .output = campaign.steps[step].over { return true }
        return false
    }

    /// Whether the outputs that this task takes one by one are there.
    private func hasItsPieces(_ task: Int, of step: Int) -> Bool {
        guard case .output(let name, _) = campaign.steps[step].over,
            let earlier = campaign.stepIndex(named: name), let shards = shards(of: step)
        else { return true }
        if case .lines = campaign.steps[step].split { return true }
        return work(earlier)?.done.contains(shards[task].files) == true
    }

    private func mayMerge(_ node: Int, _ stage: Stage) -> Bool {
        guard case .merge(let output, let level) = stage.part, let tree = trees[stage],
            let merge = campaign.steps[stage.step].outputs[output].merge,
            let below = stage.below.flatMap({ stages[$0] })
        else { return false }
        let children = tree.children(of: node, level: level)
        switch merge.missing {
        case .partial: return below.done.intersects(children)
        case .error: return below.done.contains(children)
        }
    }

    /// The name of a merge that is done and would have had to wait for this task.
    func finishedMerge(above task: Int, of stage: Stage) -> String? {
        merges(above: stage).lazy.compactMap { merge -> String? in
            guard let tree = trees[merge], let state = stages[merge],
                state.done.contains(task / tree.fanIn)
            else { return nil }
            return "\(state.name) task \(task / tree.fanIn)"
        }.first
    }

    /// The stages that merge what this one leaves, where they exist.
    func merges(above stage: Stage) -> [Stage] {
        switch stage.part {
        case .work:
            campaign.steps[stage.step].outputs.indices.map {
                Stage(step: stage.step, part: .merge(output: $0, level: 1))
            }
        case .merge(let output, let level):
            [Stage(step: stage.step, part: .merge(output: output, level: level + 1))]
        }
    }

    /// The file that an output is in as a whole, as `maker(of:)` left it; `nil` while it is not on
    /// record.
    func wholeFile(of source: Source) -> StoredFile? {
        guard let (stage, output) = maker(of: source), let left = stages[stage]?.firstOutputs,
            output < left.count
        else { return nil }
        return left[output]
    }

    /// The stage whose task 0 leaves an output as a whole, and which of its files that is: the top
    /// of its merge, or the work of its step if that is one task; `nil` for inputs and as long as
    /// there is no such stage.
    func maker(of source: Source) -> (stage: Stage, output: Int)? {
        guard case .output(let name, let outputName) = source,
            let step = campaign.stepIndex(named: name),
            let output = campaign.steps[step].outputs.firstIndex(where: { $0.name == outputName })
        else { return nil }
        guard campaign.steps[step].outputs[output].merge != nil else {
            return (Stage(step: step, part: .work), output)
        }
        let first = Stage(step: step, part: .merge(output: output, level: 1))
        guard let top = trees[first]?.top else { return nil }
        return (Stage(step: step, part: .merge(output: output, level: top)), 0)
    }
}
