import ErgonModel

/// What is known of the whole campaign while one step is looked at.
struct Surroundings {
    let inputs: [String]
    let steps: [String: StepDraft]
    let hasCode: Bool

    init(_ draft: CampaignDraft) {
        inputs = draft.inputs.map(\.name)
        steps = Dictionary(draft.steps.map { ($0.name, $0) }) { first, _ in first }
        hasCode = draft.hasCode
    }

    func exists(_ source: Source) -> Bool {
        switch source {
        case .input(let name): inputs.contains(name)
        case .output(let step, let output):
            steps[step]?.outputs.contains { $0.name == output } ?? false
        }
    }

    func isMerged(_ step: String, _ output: String) -> Bool {
        steps[step]?.outputs.first { $0.name == output }?.isMerged ?? true
    }
}

extension Reading {
    /// Everything that takes more than one step, or a step and its surroundings, to judge.
    /// - Returns: the steps in the order in which they can run; only those that are sound.
    mutating func check(_ draft: CampaignDraft) -> [CheckedStep] {
        let surroundings = Surroundings(draft)
        for step in draft.steps where surroundings.inputs.contains(step.name) {
            report(
                step.place, "`\(step.name)` is the name of an input too",
                "steps and inputs share one name space: rename one")
        }
        for source in draft.steps.flatMap(\.sources) { check(source, surroundings) }
        check(draft.governance, draft)
        let ordered = order(draft.steps, surroundings)
        var splits: [String: Split] = [:]
        var single: Set<String> = []
        for step in ordered {
            let split = settledSplit(of: step, surroundings)
            splits[step.name] = split
            if split.map({ isSingleTask(step, $0, single) }) ?? true { single.insert(step.name) }
        }
        return ordered.compactMap { step in
            checkWhole(step, single, surroundings)
            checkCommand(of: step, splits[step.name], single, surroundings)
            return splits[step.name].map { checked(step, $0) }
        }
    }

    mutating func check(_ source: Located<Source>, _ surroundings: Surroundings) {
        guard !surroundings.exists(source.content) else { return }
        switch source.content {
        case .input(let name):
            if let step = surroundings.steps[name] {
                let outputs = step.outputs.map { "\(name).\($0.name)" }
                report(
                    source.place, "`\(name)` is a step; what is read is one of its outputs",
                    outputs.isEmpty
                        ? "give it `outputs` first"
                        : choice(for: "", among: outputs, called: "its outputs"))
                return
            }
            let outputs = surroundings.steps.values.flatMap { step in
                step.outputs.map { "\(step.name).\($0.name)" }
            }
            report(
                source.place, "there is no input \(quoted(name))",
                choice(
                    for: name, among: (surroundings.inputs + outputs).sorted(), called: "sources"))
        case .output(let stepName, let output):
            guard let step = surroundings.steps[stepName] else {
                report(
                    source.place, "there is no step \(quoted(stepName))",
                    surroundings.inputs.contains(stepName)
                        ? "`\(stepName)` is an input; it is named without a dot"
                        : choice(
                            for: stepName, among: surroundings.steps.keys.sorted(), called: "steps")
                )
                return
            }
            report(
                source.place, "step `\(stepName)` has no output \(quoted(output))",
                choice(for: output, among: step.outputs.map(\.name), called: "its outputs"))
        }
    }

    /// Steps after those they read from, otherwise by name. A cycle is reported, and then cut, so
    /// that the rest of the checks see every step.
    private mutating func order(
        _ steps: [StepDraft], _ surroundings: Surroundings
    ) -> [StepDraft] {
        var waits: [String: Set<String>] = [:]
        var readers: [String: [String]] = [:]
        for step in steps {
            let sources = step.sources.compactMap { source in
                if case .output(let name, _) = source.content { name } else { nil }
            }
            waits[step.name] = Set(sources.filter { surroundings.steps[$0] != nil })
            for name in waits[step.name] ?? [] { readers[name, default: []].append(step.name) }
        }
        var ready = waits.filter { $0.value.isEmpty }.map(\.key).sorted(by: >)
        var ordered: [StepDraft] = []
        while !waits.isEmpty {
            guard let name = ready.popLast() else {
                let cycle = cycle(in: waits)
                reportCycle(cycle, surroundings)
                waits[cycle[0]] = []
                ready = [cycle[0]]
                continue
            }
            guard waits.removeValue(forKey: name) != nil else { continue }
            if let step = surroundings.steps[name] { ordered.append(step) }
            for reader in readers[name] ?? [] {
                guard waits[reader]?.remove(name) != nil, waits[reader]?.isEmpty == true
                else { continue }
                let position = ready.firstIndex { $0 < reader } ?? ready.endIndex
                ready.insert(reader, at: position)
            }
        }
        return ordered
    }

    /// - Precondition: every step of `waits` waits for another one of them.
    private func cycle(in waits: [String: Set<String>]) -> [String] {
        var path: [String] = []
        var next = waits.keys.min()
        while let name = next {
            if let start = path.firstIndex(of: name) { return Array(path[start...]) }
            path.append(name)
            next = waits[name]?.min()
        }
        preconditionFailure("no cycle among \(waits.keys.sorted())")
    }

    private mutating func reportCycle(_ cycle: [String], _ surroundings: Surroundings) {
        let first = cycle.min().flatMap(cycle.firstIndex(of:)) ?? 0
        let names = Array(cycle[first...] + cycle[..<first])
        let target = names.count > 1 ? names[1] : names[0]
        let edge = surroundings.steps[names[0]]?.sources.first { source in
            if case .output(target, _) = source.content { true } else { false }
        }
        let path = (names + [names[0]]).map { "`\($0)`" }.joined(separator: " → ")
        report(
            edge?.place ?? .start, "steps that wait for one another: \(path)",
            "each reads from the one after it: break the ring at one `over` or `with`")
    }

    /// A `with`, and an `over` that is split by lines, read one whole file.
    private mutating func checkWhole(
        _ step: StepDraft, _ single: Set<String>, _ surroundings: Surroundings
    ) {
        var whole = step.with.compactMap(\.source).map { ($0, "`with`") }
        if case .lines = step.split.given?.content, let over = step.over.given {
            whole.append((over, "a split by lines"))
        }
        for (source, reader) in whole {
            guard case .output(let name, let output) = source.content,
                surroundings.exists(source.content), !single.contains(name),
                !surroundings.isMerged(name, output)
            else { continue }
            report(
                source.place, "`\(name).\(output)` is many files, and \(reader) reads one",
                "add `merge` to output `\(output)` of step `\(name)`")
        }
    }

    private func checked(_ step: StepDraft, _ split: Split) -> CheckedStep {
        let spec = StepSpec(
            name: step.name, over: step.over.given?.content, split: split, points: step.points,
            with: step.with.compactMap { with in
                with.source.map { NamedSource(name: with.name, source: $0.content) }
            }, run: step.run.map(\.content),
            outputs: step.outputs.map { output in
                OutputSpec(
                    name: output.name, file: output.file?.content ?? output.name,
                    merge: output.merge.given?.content)
            }, resources: step.resources, retry: step.retry, variables: step.variables,
            isWarm: step.isWarm, determinism: step.determinism,
            models: step.models.map(\.content))
        return CheckedStep(
            spec: spec, place: step.place, splitPlace: step.split.given?.place ?? step.place,
            rangePlace: step.range.given?.place ?? step.place, runPlaces: step.run.map(\.place))
    }
}
