package import ErgonModel

/// What of every source of a step went through its work (`docs/LOG.md`, "Coverage").
/// - Parameters:
///   - upstream: for a step over an earlier one: that step's tasks, or the lines of its output.
///   - done: tasks with a committed result; `nil` if the number of tasks never became known.
///   - failed: why the tasks that failed for good did. All others were not run.
package func derivedCoverage(
    of step: Int, in campaign: Campaign, upstream: Int?, done: IntervalSet?,
    failed: [Int: Failure]
) -> [Coverage] {
    let spec = campaign.steps[step]
    guard let done, let shards = Shards(of: spec, in: campaign, upstream: upstream) else {
        return [neverSized(spec)]
    }
    guard shards.count > 0 else { return [] }
    guard shards.isCoveredByPoint else {
        var entry = wholeGrid(of: spec, tasks: shards.count)
        entry.covered = done
        entry.gaps = missing(0..<shards.count, done: done, failed: failed).map {
            Coverage.Gap(range: $0, reason: $1)
        }
        return [entry]
    }
    return stride(from: 0, to: shards.count, by: shards.perPoint).flatMap { first in
        var entries = sources(of: spec, in: campaign, upstream: upstream)
        let suffix = pointText(spec.points, shards[first].point)
        for entry in entries.indices { entries[entry].source += suffix }
        let tasks = first..<first + shards.perPoint
        for range in done.intersection(tasks).ranges {
            for (file, numbers) in shards.reads(range) { entries[file].covered.insert(numbers) }
        }
        for (range, reason) in missing(tasks, done: done, failed: failed) {
            for (file, numbers) in shards.reads(range) {
                entries[file].gaps.append(Coverage.Gap(range: numbers, reason: reason))
            }
        }
        return entries
    }
}

/// A grid with very many points, by the step's own tasks and with nothing covered yet.
private func wholeGrid(of spec: StepSpec, tasks: Int) -> Coverage {
    let source: String
    switch (spec.over, spec.split) {
    case (.some(let over), _): source = over.text
    case (nil, .seeds): source = "seeds"
    case (nil, _): source = "task"
    }
    return Coverage(
        step: spec.name, source: source + " [all points]", unit: "tasks", declared: 0..<tasks,
        covered: IntervalSet(), gaps: [])
}

/// Tasks that left nothing, in ascending order: those that failed one by one, the others by runs.
private func missing(
    _ tasks: Range<Int>, done: IntervalSet, failed: [Int: Failure]
) -> [(Range<Int>, reason: String)] {
    var notRun = IntervalSet(tasks).subtracting(done)
    var missing: [(Range<Int>, reason: String)] = []
    for (task, failure) in failed where tasks.contains(task) {
        let range = task..<task + 1
        notRun.remove(range)
        missing.append((range, "task \(task) failed: \(failure.description)"))
    }
    for range in notRun.ranges {
        let (first, last) = (range.lowerBound, range.upperBound - 1)
        let name = first == last ? "task \(first)" : "tasks \(first) to \(last)"
        missing.append((range, "\(name) not run"))
    }
    return missing.sorted { $0.0.lowerBound < $1.0.lowerBound }
}

/// One entry for each source, with nothing covered yet.
private func sources(of spec: StepSpec, in campaign: Campaign, upstream: Int?) -> [Coverage] {
    let over = spec.over?.text ?? ""
    var files: [InputFile] = []
    if case .input(let name) = spec.over { files = campaign.input(named: name)?.files ?? [] }
    func entry(_ source: String, _ unit: String, _ declared: Range<Int>) -> Coverage {
        Coverage(
            step: spec.name, source: source, unit: unit, declared: declared,
            covered: IntervalSet(), gaps: [])
    }
    return switch spec.split {
    case .single: [entry("task", "tasks", 0..<1)]
    case .all: [entry(over, upstream == nil ? "files" : "tasks", 0..<(upstream ?? files.count))]
    case .files: [entry(over, "files", 0..<files.count)]
    case .outputs: [entry(over, "tasks", 0..<(upstream ?? 0))]
    case .lines where files.count > 1:
        files.map { entry("\(over)/\($0.name)", "lines", 0..<($0.events ?? 0)) }
    case .lines: [entry(over, "lines", 0..<(upstream ?? files.first?.events ?? 0))]
    case .seeds(let total, _, _): [entry("seeds", "seeds", 0..<total)]
    case .events(_, let range):
        files.map { file in
            let all = 0..<(file.events ?? 0)
            return entry("\(over)/\(file.name)", "events", range?.clamped(to: all) ?? all)
        }
    }
}

/// A step over something that never came about.
private func neverSized(_ spec: StepSpec) -> Coverage {
    let over = spec.over?.text ?? ""
    return Coverage(
        step: spec.name, source: over, unit: "lines", declared: 0..<0, covered: IntervalSet(),
        gaps: [Coverage.Gap(range: 0..<0, reason: "not run: \(over)")])
}

/// ` [name=value,…]`, or nothing where there is no grid.
private func pointText(_ axes: [PointAxis], _ values: [String]) -> String {
    if axes.isEmpty { return "" }
    return " [" + zip(axes, values).map { "\($0.name)=\($1)" }.joined(separator: ",") + "]"
}
