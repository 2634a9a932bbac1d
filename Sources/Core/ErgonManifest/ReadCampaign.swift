import ErgonModel

extension Reading {
    mutating func campaign(_ document: Value) -> CampaignDraft {
        var draft = CampaignDraft()
        let keys = [
            "apiVersion", "kind", "metadata", "seed", "inputs", "code", "environment", "steps",
            "objective", "deadline", "max-wait", "budget",
        ]
        let allKeys = keys + Self.governanceKeys
        guard let top = section(document, "the manifest", keys: allKeys) else { return draft }
        constant("apiVersion", "ergon/v1", of: top)
        constant("kind", "Campaign", of: top)
        if let value = require("metadata", of: top, "{name: …}") { metadata(value, &draft) }
        if let value = top["seed"] {
            draft.seed = integer(value, "`seed`", in: 0...largestInteger).map(Int64.init) ?? 0
        }
        var lookups = Lookups()
        if let value = top["inputs"] {
            for entry in entries(value, "`inputs`", .part("an input")) ?? [] {
                draft.inputs.append(input(entry, &lookups))
            }
        }
        if let value = top["code"] {
            draft.hasCode = true
            draft.code = files(value, "`code`", .code, &lookups)
        }
        if let value = top["environment"] { environment(value, &draft, &lookups) }
        draft.governance = governance(top, &lookups)
        if let value = require("steps", of: top, "{NAME: {run: [program]}}") {
            let entries = entries(value, "`steps`", .part("a step")) ?? []
            if case .mapping(let all) = value.content, all.isEmpty {
                report(value.place, "`steps` is empty", "a campaign has at least one step")
            }
            draft.steps = entries.map { step($0) }
        }
        draft.goals = goals(top)
        return draft
    }

    mutating func constant(_ key: String, _ wanted: String, of top: Section) {
        guard let value = require(key, of: top, wanted) else { return }
        guard value.scalar?.text != wanted else { return }
        report(
            value.place, "`\(key)` is \(value.found)", "this program reads `\(key): \(wanted)`")
    }

    private mutating func metadata(_ value: Value, _ draft: inout CampaignDraft) {
        let keys = ["name", "owner", "description"]
        guard let section = section(value, "`metadata`", keys: keys) else { return }
        if let value = require("name", of: section, "my-campaign"),
            let name = text(value, "`name`"), check(name, .campaign, at: value.place)
        {
            draft.name = name
        }
        draft.owner = section["owner"].flatMap { text($0, "`owner`") }
        draft.description = section["description"].flatMap { text($0, "`description`") }
    }

    private mutating func environment(
        _ value: Value, _ draft: inout CampaignDraft, _ lookups: inout Lookups
    ) {
        let keys = ["python", "variables"]
        guard let section = section(value, "`environment`", keys: keys) else { return }
        draft.python = section["python"].flatMap { file($0, "`python`", .python, &lookups) }
        draft.variables = section["variables"].map { variables($0) } ?? [:]
    }

    mutating func variables(_ value: Value) -> [String: String] {
        var variables: [String: String] = [:]
        for entry in entries(value, "`variables`", .variable) ?? [] {
            variables[entry.key] = literal(entry.value, quoted(entry.key))
        }
        return variables
    }
}
