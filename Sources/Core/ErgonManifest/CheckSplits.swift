import ErgonModel

extension Reading {
    /// The split with its default and its range, if it fits what the step reads.
    mutating func settledSplit(of step: StepDraft, _ surroundings: Surroundings) -> Split? {
        guard !step.over.isUnreadable, !step.split.isUnreadable else { return nil }
        let over = step.over.given?.content
        if let over, !surroundings.exists(over) { return nil }
        let split = step.split.given?.content ?? defaultSplit(over: over)
        if let place = step.split.given?.place, !fits(split, over) {
            report(place, misfit(split, over), "fitting: \(fitting(over))")
            return nil
        }
        return narrowed(split, step)
    }

    private func defaultSplit(over: Source?) -> Split {
        switch over {
        case nil: .single
        case .input: .files(1)
        case .output: .outputs(1)
        }
    }

    /// The first two columns of the table "Splits" in `docs/MANIFEST.md`.
    private func fits(_ split: Split, _ over: Source?) -> Bool {
        switch (split, over) {
        case (.single, nil), (.seeds, nil): true
        case (.files, .input), (.events, .input), (.lines, .input), (.all, .input): true
        case (.lines, .output), (.outputs, .output), (.all, .output): true
        case (.single, _), (.seeds, _), (.files, _), (.events, _), (.lines, _), (.outputs, _),
            (.all, _):
            false
        }
    }

    private func fitting(_ over: Source?) -> String {
        switch over {
        case nil: "`{seeds: N}`, or no split; the others need `over`"
        case .input: "`{files: n}`, `{events: n}`, `{rows: n}`, `{lines: n}`, `all`"
        case .output: "`{outputs: n}`, `{lines: n}`, `all`"
        }
    }

    private func misfit(_ split: Split, _ over: Source?) -> String {
        let source =
            switch over {
            case nil: "a step without `over`"
            case .input(let name): "input `\(name)`"
            case .output(let step, let output): "the output `\(step).\(output)`"
            }
        return "`split` by \(split.kind) does not fit \(source)"
    }

    private mutating func narrowed(_ split: Split, _ step: StepDraft) -> Split? {
        guard !step.range.isUnreadable else { return nil }
        guard let range = step.range.given else { return split }
        guard case .events(let perTask, _) = split else {
            report(
                range.place, "`range` without a split by events",
                "add `split: {events: n}`, or leave `range` out")
            return nil
        }
        return .events(perTask: perTask, range: range.content)
    }

    /// Whether the manifest alone says that the step is one task.
    /// - Parameter single: the earlier steps of which that is so.
    func isSingleTask(_ step: StepDraft, _ split: Split, _ single: Set<String>) -> Bool {
        guard step.points.allSatisfy({ $0.values.count <= 1 }) else { return false }
        switch split {
        case .single, .all: return true
        case .seeds(let total, let perTask, _): return total <= perTask
        case .outputs:
            guard case .output(let name, _) = step.over.given?.content else { return false }
            return single.contains(name)
        case .files, .events, .lines: return false
        }
    }
}

extension Split {
    /// As the manifest's key says it.
    var kind: String {
        switch self {
        case .single: "nothing"
        case .all: "all"
        case .files: "files"
        case .events: "events"
        case .lines: "lines"
        case .outputs: "outputs"
        case .seeds: "seeds"
        }
    }
}
