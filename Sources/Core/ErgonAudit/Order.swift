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
        let spec = campaign.steps[step]
        var wholes = spec.with.map(\.source)
        if case .lines = spec.split, let over = spec.over { wholes.append(over) }
        return wholes.allSatisfy { source in
            guard case .output = source else { return true }
            return wholeFile(of: source) != nil
        }
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
        let above: [Stage]
        switch stage.part {
        case .work:
            above = campaign.steps[stage.step].outputs.indices.map {
                Stage(step: stage.step, part: .merge(output: $0, level: 1))
            }
        case .merge(let output, let level):
            above = [Stage(step: stage.step, part: .merge(output: output, level: level + 1))]
        }
        return above.lazy.compactMap { merge -> String? in
            guard let tree = trees[merge], let state = stages[merge],
                state.done.contains(task / tree.fanIn)
            else { return nil }
            return "\(state.name) task \(task / tree.fanIn)"
        }.first
    }

    /// The file that an output is in as a whole: what the top of its merge left, or the one task
    /// of its step; `nil` while it is not on record.
    func wholeFile(of source: Source) -> StoredFile? {
        guard case .output(let name, let outputName) = source,
            let step = campaign.stepIndex(named: name),
            let output = campaign.steps[step].outputs.firstIndex(where: { $0.name == outputName })
        else { return nil }
        guard campaign.steps[step].outputs[output].merge != nil else {
            let left = work(step)?.firstOutputs ?? []
            return output < left.count ? left[output] : nil
        }
        let first = Stage(step: step, part: .merge(output: output, level: 1))
        guard let top = trees[first]?.top else { return nil }
        let stage = Stage(step: step, part: .merge(output: output, level: top))
        return stages[stage]?.firstOutputs?.first
    }
}
