import ErgonModel

/// Outputs that are one file for a whole step.
extension CampaignState {
    enum Readiness: Hashable { case waiting, there, never }

    /// Whether everything that all tasks of a step read is there.
    func gate(of step: Int) -> Readiness {
        let spec = campaign.steps[step]
        var states = spec.with.map { whole($0.source) }
        if let over = spec.over, case .lines = spec.split { states.append(whole(over)) }
        if states.contains(.never) { return .never }
        return states.contains(.waiting) ? .waiting : .there
    }

    /// The stage and the task that leave a source as one file; `nil` for inputs and for steps
    /// whose size is not known yet.
    func maker(of source: Source) -> (stage: Stage, output: Int)? {
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

    func whole(_ source: Source) -> Readiness {
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
