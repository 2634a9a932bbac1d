import ErgonModel

extension Reading {
    /// - Parameter split: `nil` if it is not known; then what depends on it is not judged.
    mutating func checkCommand(
        of step: StepDraft, _ split: Split?, _ single: Set<String>, _ surroundings: Surroundings
    ) {
        for argument in step.run {
            for hole in argument.content.placeholders {
                guard let fault = fault(of: hole, in: step, split, single, surroundings) else {
                    checkPosition(of: hole, in: argument)
                    continue
                }
                report(argument.place, fault.problem, fault.remedy)
            }
        }
    }

    private mutating func checkPosition(of hole: Placeholder, in argument: Located<Template>) {
        switch hole {
        case .inputs, .seeds: checkStandsAlone(hole, in: argument)
        case .index, .first, .count, .events, .input, .line, .seed, .code, .out, .point, .with,
            .output:
            break
        }
    }

    private func fault(
        of hole: Placeholder, in step: StepDraft, _ split: Split?, _ single: Set<String>,
        _ surroundings: Surroundings
    ) -> (problem: String, remedy: String)? {
        if step.isWarm, isOfOneTask(hole) {
            return (
                "`{\(hole.name)}` in `warm`, which starts one program for many tasks",
                "the program is told with each task; here `{code}` and `{with.NAME}` are available"
            )
        }
        switch hole {
        case .index: return nil
        case .code:
            if surroundings.hasCode { return nil }
            return ("`{code}`, but the campaign has no `code`", "name the programs under `code`")
        case .out:
            return (
                "`{out}` is for merges",
                choice(for: "", among: step.outputs.map { "{out.\($0.name)}" }, called: "outputs")
            )
        case .point(let name):
            return unknown("point", name, among: step.points.map(\.name))
        case .with(let name):
            return unknown("with", name, among: step.with.map(\.name))
        case .output(let name):
            return unknown("out", name, among: step.outputs.map(\.name))
        case .first, .count, .events, .input, .inputs, .line, .seed, .seeds:
            guard let split else { return nil }
            let available = available(under: split, step, single)
            if available.contains(hole) { return nil }
            let names =
                available.isEmpty ? "" : "available: " + listed(available.map { "{\($0.name)}" })
            return (
                "`{\(hole.name)}` is not available \(situation(split))",
                reason(hole, split) ?? names
            )
        }
    }

    private func isOfOneTask(_ hole: Placeholder) -> Bool {
        switch hole {
        case .code, .with: false
        case .index, .first, .count, .events, .input, .inputs, .line, .seed, .seeds, .out, .point,
            .output:
            true
        }
    }

    private func unknown(
        _ kind: String, _ name: String, among names: [String]
    ) -> (problem: String, remedy: String)? {
        if names.contains(name) { return nil }
        let key = kind == "point" ? "points" : kind == "out" ? "outputs" : kind
        let meant = suggestion(for: name, among: names)
        return (
            "`{\(kind).\(name)}`: the step has no \(quoted(name)) under `\(key)`",
            meant.map { "did you mean `{\(kind).\($0)}`?" }
                ?? choice(for: name, among: names, called: "`\(key)`")
        )
    }

    private func situation(_ split: Split) -> String {
        switch split {
        case .single: "in a step that is not split"
        case .all: "under `split: all`"
        case .files(let size): "under `split: {files: \(size)}`"
        case .events(let size, _): "under `split: {events: \(size)}`"
        case .lines(let size): "under `split: {lines: \(size)}`"
        case .outputs(let size): "under `split: {outputs: \(size)}`"
        case .seeds(_, let size, _): "under a split by seeds, \(size) a task"
        }
    }

    private func reason(_ hole: Placeholder, _ split: Split) -> String? {
        switch (hole, split) {
        case (.input, .files), (.input, .outputs), (.input, .all):
            "pass `{inputs}`: there may be several"
        case (.seed, .seeds): "pass `{seeds}`, or `{first}` and `{count}`: there are several"
        case (.line, .lines): "pass `{first}` and `{count}`: there are several"
        case (.events, .events): "the number of events of a task is `{count}`"
        default: nil
        }
    }

    /// The last column of the table "Splits" in `docs/MANIFEST.md`.
    private func available(
        under split: Split, _ step: StepDraft, _ single: Set<String>
    ) -> [Placeholder] {
        switch split {
        case .single: return [.seed]
        case .files(let size), .outputs(let size):
            return (size == 1 ? [.input] : []) + [.inputs, .seed]
        case .events: return [.input, .inputs, .first, .count, .seed]
        case .lines(let size):
            return [.input, .inputs, .first, .count, .seed] + (size == 1 ? [.line] : [])
        case .seeds(_, let size, _):
            return [.first, .count, .events, .seeds] + (size == 1 ? [.seed] : [])
        case .all:
            // How many files an input has is known when they are looked up; `resolved` judges it.
            if case .output(let name, _) = step.over.given?.content, !single.contains(name) {
                return [.inputs, .seed]
            }
            return [.input, .inputs, .seed]
        }
    }
}
