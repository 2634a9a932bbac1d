/// What the results of all tasks of a step depend on, but for what each reads by itself
/// (`docs/REPRODUCIBILITY.md`, "Task keys"). Never a time, a name of a machine, or a limit.
package struct StepKey: Hashable, Sendable {
    /// Its RFC 8785 text under SHA-256 is the step's part of its tasks' keys.
    package let json: JSON

    package init(of step: StepSpec, in campaign: Campaign) {
        var members: [String: JSON] = [
            "step": .string(step.name),
            "over": .string(step.over?.text ?? ""),
            "split": split(step.split),
            "points": .array(step.points.map { named($0.name, $0.values.map(JSON.string)) }),
            "with": .array(step.with.map { with($0, in: campaign) }),
            "code": files(campaign.code),
            "python": .string(campaign.environment.python?.digest.hex ?? ""),
            "variables": .object(
                campaign.environment.variables.merging(step.variables) { $1 }
                    .mapValues(JSON.string)),
            step.isWarm ? "warm" : "run": .array(step.run.map { .string($0.source) }),
            "outputs": .array(step.outputs.map { named($0.name, [.string($0.file)]) }),
            "cpus": .int(step.resources.cpus),
        ]
        if step.usesSeeds { members["seed"] = .integer(campaign.seed) }
        json = .object(members)
    }
}

extension StepSpec {
    /// A program that is told its tasks one by one is told their seeds.
    fileprivate var usesSeeds: Bool {
        isWarm
            || run.flatMap(\.placeholders).contains { $0 == .seed || $0 == .seeds }
    }
}

private func named(_ name: String, _ values: [JSON]) -> JSON {
    .object(["name": .string(name), "values": .array(values)])
}

private func files(_ files: [InputFile]) -> JSON {
    .array(files.map { .object(["name": .string($0.name), "sha256": .string($0.digest.hex)]) })
}

private func with(_ named: NamedSource, in campaign: Campaign) -> JSON {
    var members: [String: JSON] = [
        "name": .string(named.name), "source": .string(named.source.text),
    ]
    if case .input(let input) = named.source {
        members["files"] = files(campaign.input(named: input)?.files ?? [])
    }
    return .object(members)
}

/// How wide tasks are, and not how many there are: what a longer step adds is new, and no more.
private func split(_ split: Split) -> JSON {
    switch split {
    case .single: .string("single")
    case .all: .string("all")
    case .files(let size): .object(["files": .int(size)])
    case .events(let size, let range):
        .object([
            "events": .int(size), "first": .int(range?.lowerBound ?? 0),
            "end": .int(range?.upperBound ?? -1),
        ])
    case .lines(let size): .object(["lines": .int(size)])
    case .outputs(let size): .object(["outputs": .int(size)])
    case .seeds(_, let size, let events):
        .object(["per-task": .int(size), "events": .int(events)])
    }
}
