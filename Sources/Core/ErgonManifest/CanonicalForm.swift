package import ErgonModel

/// The manifest of `campaign` in the one way it can be written: JSON after RFC 8785, every default
/// spelled out, every file named by digest. Its SHA-256 is the campaign's identity.
/// It reads back as the same campaign and needs no file for that.
package func canonicalForm(of campaign: Campaign) -> String {
    let members: [String: JSON?] = [
        "apiVersion": .string("ergon/v1"),
        "kind": .string("Campaign"),
        "metadata": object([
            "name": .string(campaign.name), "owner": campaign.owner.map(JSON.string),
            "description": campaign.description.map(JSON.string),
        ]),
        "seed": .integer(campaign.seed),
        "inputs": named(campaign.inputs, \.name, form),
        "code": .array(campaign.code.map(form)),
        "environment": object([
            "python": campaign.environment.python.map(form),
            "variables": form(campaign.environment.variables),
        ]),
        "steps": named(campaign.steps, \.name, form),
        "objective": campaign.goals.objective.map(form),
        "deadline": campaign.goals.deadline.map { .string(canonicalText(of: $0)) },
        "max-wait": campaign.goals.longestWait.map { .string(canonicalText(of: $0)) },
        "budget": campaign.goals.budget.map(form),
    ]
    return object(members.merging(ErgonManifest.members(of: campaign.governance)) { $1 }).text()
}

func object(_ members: [String: JSON?]) -> JSON {
    .object(members.compactMapValues(\.self))
}

func named<Part>(
    _ parts: [Part], _ name: (Part) -> String, _ form: (Part) -> JSON
) -> JSON {
    .object(Dictionary(parts.map { (name($0), form($0)) }) { first, _ in first })
}

private func form(_ variables: [String: String]) -> JSON {
    .object(variables.mapValues(JSON.string))
}

func form(_ file: InputFile) -> JSON {
    object([
        "name": .string(file.name), "sha256": .string(file.digest.hex),
        "bytes": .integer(file.size.bytes), "events": file.events.map(JSON.int),
    ])
}

private func form(_ input: InputSpec) -> JSON {
    let members: [String: JSON?] = [
        "files": .array(input.files.map(form)), "format": .string(input.format.rawValue),
        "url": input.url.map(JSON.string), "licence": input.licence.map(JSON.string),
    ]
    return object(members.merging(ErgonManifest.members(of: input.stewardship)) { $1 })
}

private func form(_ step: StepSpec) -> JSON {
    let (split, range) = form(step.split)
    return object([
        "over": step.over.map(form),
        "split": split,
        "range": range,
        "points": named(step.points, \.name) { .array($0.values.map(JSON.string)) },
        "with": named(step.with, \.name) { form($0.source) },
        step.isWarm ? "warm" : "run": form(step.run),
        "outputs": named(step.outputs, \.name, form),
        "resources": object([
            "cpus": .int(step.resources.cpus),
            "memory": .string(canonicalText(of: step.resources.memory)),
            "time": step.resources.time.map { .string(canonicalText(of: $0)) },
            "limit": .string(canonicalText(of: step.resources.limit)),
            "cleanup": step.resources.cleanup == .zero
                ? nil : .string(canonicalText(of: step.resources.cleanup)),
        ]),
        "retry": form(step.retry),
        "models": step.models.isEmpty ? nil : .array(step.models.map(JSON.string)),
        "environment": .object(["variables": form(step.variables)]),
        "determinism": step.determinism.map(form),
    ])
}

/// The keys that came after `attempts` are left out where they say nothing new: what was accepted
/// before there were any keeps its identity.
private func form(_ retry: RetrySpec) -> JSON {
    let usual = RetrySpec()
    let members: [String: JSON?] = [
        "attempts": .int(retry.attempts),
        "backoff": retry.backoff == usual.backoff
            ? nil : .string(canonicalText(of: retry.backoff)),
        "give-up-on": retry.finalExits == usual.finalExits
            ? nil : .array(retry.finalExits.map(JSON.int)),
        "after-time-limit": retry.afterTimeLimit == usual.afterTimeLimit
            ? nil : .bool(retry.afterTimeLimit),
        "grow-memory": retry.memoryPercent == usual.memoryPercent
            ? nil : .number(Double(retry.memoryPercent) / 100),
        "lost-workers": retry.lostWorkers == usual.lostWorkers ? nil : .int(retry.lostWorkers),
    ]
    return object(members)
}

private func form(_ weights: Weights) -> JSON {
    let members = [
        "energy": weights.energy, "carbon": weights.carbon, "money": weights.money,
        "time": weights.time,
    ]
    return .object(members.filter { $0.value > 0 }.mapValues(JSON.number))
}

private func form(_ budget: SpendingLimit) -> JSON {
    object([
        "energy": budget.energy.map { .string(canonicalText(of: $0)) },
        "carbon": budget.carbon.map { .string(canonicalText(of: $0)) },
        // At most 15 digits, which a double holds.
        "money": budget.money.map { .number(Double($0.millionths) / 1e6) },
        "on-exceed": .string(budget.onExcess.rawValue),
    ])
}

private func form(_ source: Source) -> JSON { .string(source.text) }

private func form(_ command: [Template]) -> JSON { .array(command.map { .string($0.source) }) }

private func form(_ split: Split) -> (split: JSON?, range: JSON?) {
    switch split {
    case .single: return (nil, nil)
    case .all: return (.string("all"), nil)
    case .files(let size), .lines(let size), .outputs(let size):
        return (.object([split.kind: .int(size)]), nil)
    case .events(let size, let range):
        let range = range.map { range in
            JSON.object(["first": .int(range.lowerBound), "count": .int(range.count)])
        }
        return (.object([split.kind: .int(size)]), range)
    case .seeds(let total, let size, let events):
        return (
            .object(["seeds": .int(total), "per-task": .int(size), "events": .int(events)]), nil
        )
    }
}

private func form(_ output: OutputSpec) -> JSON {
    object(["file": .string(output.file), "merge": output.merge.map(form)])
}

private func form(_ merge: MergeSpec) -> JSON {
    var members: [String: JSON] = [
        "fan-in": .int(merge.fanIn), "missing": .string(merge.missing.rawValue),
    ]
    switch merge.rule {
    case .lines: members["kind"] = .string("lines")
    case .csv: members["kind"] = .string("csv")
    case .histogram: members["kind"] = .string("histogram")
    case .counts(let equal):
        members["kind"] = .string("counts")
        members["equal"] = .array(equal.map(JSON.string))
    case .run(let command): members["run"] = form(command)
    }
    return .object(members)
}

private func form(_ determinism: Determinism) -> JSON {
    var members: [String: JSON] = ["class": .string(determinism.kind.rawValue)]
    switch determinism {
    case .bitwise: return .string(determinism.kind.rawValue)
    case .canonical(let comparator): add(comparator, to: &members)
    case .statistical(let comparator, let tolerance):
        add(comparator, to: &members)
        members["tolerance"] = tolerance.map { .number($0.fraction) }
    }
    return .object(members)
}

private func add(_ comparator: Determinism.Comparator, to members: inout [String: JSON]) {
    switch comparator {
    case .known(let format): members["compare"] = .string(format.rawValue)
    case .run(let command): members["run"] = form(command)
    }
}
