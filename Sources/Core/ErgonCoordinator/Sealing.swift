import ErgonModel

extension CampaignState {
    /// What the campaign came to, as it goes on record.
    func sealed() -> SealedCampaign {
        if let replay { return sealed(replay) }
        return SealedCampaign(
            id: id, ending: ending, outputs: published(), coverage: coverage(), account: account)
    }

    private var ending: SealedCampaign.Ending {
        if cancelledBy != nil { return .cancelled }
        let isWhole = unsized.isEmpty && stages.values.allSatisfy { $0.done.count == $0.count }
        if isWhole { return .complete }
        return published().isEmpty && keptCount == 0 ? .failed : .incomplete
    }

    /// Tasks whose outputs are kept one by one.
    private var keptCount: Int {
        campaign.steps.indices.reduce(0) { sum, step in
            let keeps = campaign.steps[step].outputs.contains { $0.merge == nil }
            return sum + (keeps ? stages[Stage(step: step, part: .work)]?.done.count ?? 0 : 0)
        }
    }

    /// Every merged output that came about, and every output of a step that is one task.
    func published() -> [PublishedOutput] {
        let isTainted = taintedSteps()
        return campaign.steps.enumerated().flatMap { step, spec in
            spec.outputs.enumerated().compactMap { position, output -> PublishedOutput? in
                guard isWhole(step, output) else { return nil }
                let source = Source.output(step: spec.name, output: output.name)
                guard let file = wholeFile(of: source) else { return nil }
                let missing = missing(step, position)
                return PublishedOutput(
                    name: "\(spec.name).\(output.name)",
                    file: output.fileName(isPartial: !missing.isEmpty || isTainted[step]),
                    content: file.content,
                    missing: missing)
            }
        }
    }

    /// For each step whether something that it reads, at whatever remove, lacks pieces.
    private func taintedSteps() -> [Bool] {
        campaign.steps.reduce(into: []) { tainted, spec in
            let sources = spec.with.map(\.source) + [spec.over].compactMap(\.self)
            tainted.append(
                sources.contains { source in
                    guard case .output(let name, let outputName) = source,
                        let earlier = campaign.stepIndex(named: name),
                        let output = campaign.steps[earlier].outputs.firstIndex(where: {
                            $0.name == outputName
                        })
                    else { return false }
                    return tainted[earlier]
                        || readsWhole(spec, source) && !missing(earlier, output).isEmpty
                })
        }
    }

    /// The step reads the merged output, and not task by task.
    private func readsWhole(_ spec: StepSpec, _ source: Source) -> Bool {
        if case .lines = spec.split, spec.over == source { return true }
        return spec.with.contains { $0.source == source }
    }

    /// One file stands for the whole step.
    private func isWhole(_ step: Int, _ output: OutputSpec) -> Bool {
        output.merge != nil || campaign.steps[step].isSingleTask
    }

    /// Tasks that are not in the merged output: their own work failed, or a merge above them did.
    func missing(_ step: Int, _ output: Int) -> IntervalSet {
        guard let work = stages[Stage(step: step, part: .work)] else { return IntervalSet() }
        var missing = IntervalSet(0..<work.count)
        missing.subtract(work.done)
        for (stage, tree) in trees where stage.step == step {
            guard case .merge(output, let level) = stage.part, let state = stages[stage] else {
                continue
            }
            for node in state.failed.ranges.joined() {
                missing.insert(tree.pieces(of: node, level: level))
            }
            for node in state.unreachable.ranges.joined() {
                missing.insert(tree.pieces(of: node, level: level))
            }
        }
        return missing
    }

    // MARK: Coverage

    /// What of every source went through the work of every step (`docs/LOG.md`, "Coverage").
    func coverage() -> [Coverage] {
        campaign.steps.indices.flatMap { step -> [Coverage] in
            let spec = campaign.steps[step]
            guard let work = stages[Stage(step: step, part: .work)],
                let shards = Shards(of: spec, in: campaign, upstream: upstream(of: step))
            else { return [unsizedCoverage(step)] }
            guard shards.isCoveredByPoint else {
                return cover(0..<shards.count, [wholeGrid(spec, shards)], work) { [(0, $0)] }
            }
            return (0..<shards.points).flatMap { point in
                let first = point * shards.perPoint
                let entries = sources(of: spec, at: shards[first].point)
                return cover(first..<first + shards.perPoint, entries, work, shards.reads)
            }
        }
    }

    /// The one entry of a grid with very many points.
    private func wholeGrid(_ spec: StepSpec, _ shards: Shards) -> Coverage {
        let source = spec.over?.text ?? (spec.split == .single ? "task" : "seeds")
        return Coverage(
            step: spec.name, source: "\(source) [all points]", unit: "tasks",
            declared: 0..<shards.count, covered: IntervalSet(), gaps: [])
    }

    private func unsizedCoverage(_ step: Int) -> Coverage {
        let spec = campaign.steps[step]
        return Coverage(
            step: spec.name, source: spec.over.map(\.text) ?? "task", unit: "lines",
            declared: 0..<0, covered: IntervalSet(),
            gaps: [Coverage.Gap(range: 0..<0, reason: "not run: \(spec.over.map(\.text) ?? "")")])
    }

    private func pointSuffix(_ spec: StepSpec, _ values: [String]) -> String {
        guard !spec.points.isEmpty else { return "" }
        let pairs = zip(spec.points, values).map { "\($0.name)=\($1)" }
        return " [\(pairs.joined(separator: ","))]"
    }

    /// What a step reads at one point of its grid, before anything is known to be done.
    private func sources(of spec: StepSpec, at point: [String]) -> [Coverage] {
        let name = spec.over.map(\.text) ?? ""
        let suffix = pointSuffix(spec, point)
        func source(_ name: String, _ unit: String, _ declared: Range<Int>) -> Coverage {
            Coverage(
                step: spec.name, source: name + suffix, unit: unit, declared: declared,
                covered: IntervalSet(), gaps: [])
        }
        var files: [InputFile] = []
        if case .input(let input) = spec.over { files = campaign.input(named: input)?.files ?? [] }
        let upstream = campaign.stepIndex(named: spec.name).flatMap(upstream)
        switch spec.split {
        case .single: return [source("task", "tasks", 0..<1)]
        case .all:
            let unit = upstream == nil ? "files" : "tasks"
            return [source(name, unit, 0..<(upstream ?? files.count))]
        case .files: return [source(name, "files", 0..<files.count)]
        case .outputs: return [source(name, "tasks", 0..<(upstream ?? 0))]
        case .lines where files.count > 1:
            return files.map { source("\(name)/\($0.name)", "lines", 0..<($0.events ?? 0)) }
        case .lines: return [source(name, "lines", 0..<(upstream ?? files.first?.events ?? 0))]
        case .seeds(let total, _, _): return [source("seeds", "seeds", 0..<total)]
        case .events(_, let range):
            return files.map { file in
                let all = 0..<(file.events ?? 0)
                return source("\(name)/\(file.name)", "events", range?.clamped(to: all) ?? all)
            }
        }
    }

    /// The entries with what became of `tasks`.
    /// - Parameter reads: what consecutive tasks read, and in which entry that is.
    private func cover(
        _ tasks: Range<Int>, _ entries: [Coverage], _ work: StageState,
        _ reads: (Range<Int>) -> [(file: Int, range: Range<Int>)]
    ) -> [Coverage] {
        var entries = entries
        var rest = IntervalSet(tasks)
        rest.subtract(work.done)
        for range in work.done.intersection(tasks).ranges {
            for (file, events) in reads(range) { entries[file].covered.insert(events) }
        }
        for task in work.failed.intersection(tasks).ranges.joined() {
            rest.remove(task..<task + 1)
            let reason = work.reasons[task]?.description ?? ""
            for (file, events) in reads(task..<task + 1) {
                entries[file].gaps.append(
                    Coverage.Gap(range: events, reason: "task \(task) failed: \(reason)"))
            }
        }
        for range in rest.ranges {
            for (file, events) in reads(range) {
                entries[file].gaps.append(
                    Coverage.Gap(range: events, reason: "\(name(of: range)) not run"))
            }
        }
        for index in entries.indices {
            entries[index].gaps.sort { $0.range.lowerBound < $1.range.lowerBound }
        }
        return entries
    }

    private func name(of tasks: Range<Int>) -> String {
        tasks.count == 1
            ? "task \(tasks.lowerBound)" : "tasks \(tasks.lowerBound) to \(tasks.upperBound - 1)"
    }
}
