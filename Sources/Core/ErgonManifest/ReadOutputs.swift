import ErgonModel

/// The merges that need no program of the user's.
private enum MergeKind: String, CaseIterable { case lines, csv, counts, histogram }

extension Reading {
    mutating func outputs(_ value: Value) -> [StepDraft.Output] {
        let all = (entries(value, "`outputs`", .part("an output")) ?? []).map { output($0) }
        var names: [String: String] = [:]
        for output in all {
            guard let file = output.file else { continue }
            if let other = names.updateValue(output.name, forKey: file.content) {
                report(
                    file.place,
                    "outputs `\(other)` and `\(output.name)` are one file, \(quoted(file.content))",
                    "give each a `file` of its own")
            }
        }
        return all.sorted { $0.name < $1.name }
    }

    private mutating func output(_ entry: Entry) -> StepDraft.Output {
        var output = StepDraft.Output(name: entry.key, file: nil, merge: .absent)
        let title = "output `\(entry.key)`"
        guard let section = section(entry.value, title, keys: ["file", "merge"]) else {
            output.merge = .unreadable
            return output
        }
        if let value = section["file"] {
            output.file = fileName(value, "`file`", atMost: outputNameLimit).map {
                Located(content: $0, place: value.place)
            }
        } else {
            output.file = Located(content: entry.key, place: entry.place)
        }
        if let value = section["merge"] {
            let spec = merge(value)
            output.merge =
                spec.map { .given(Located(content: $0, place: value.place)) } ?? .unreadable
        }
        return output
    }

    private mutating func merge(_ value: Value) -> MergeSpec? {
        var merge = MergeSpec(rule: .lines, fanIn: 16, missing: .partial)
        if value.scalar != nil {
            guard let kind = kind(value, "`merge`") else { return nil }
            merge.rule = rule(of: kind, equal: [])
            return merge
        }
        let keys = ["kind", "run", "equal", "fan-in", "missing"]
        guard let section = self.section(value, "`merge`", keys: keys) else { return nil }
        let rule = mergeRule(section)
        var isReadable = rule != nil
        merge.rule = rule ?? merge.rule
        if let value = section["fan-in"] {
            let fanIn = integer(value, "`fan-in`", in: 2...256)
            isReadable = isReadable && fanIn != nil
            merge.fanIn = fanIn ?? merge.fanIn
        }
        if let value = section["missing"] {
            let missing: MergeSpec.Missing? = word(value, "`missing`")
            isReadable = isReadable && missing != nil
            merge.missing = missing ?? merge.missing
        }
        return isReadable ? merge : nil
    }

    private mutating func kind(_ value: Value, _ what: String) -> MergeKind? { word(value, what) }

    private func rule(of kind: MergeKind, equal: [String]) -> MergeSpec.Rule {
        switch kind {
        case .lines: .lines
        case .csv: .csv
        case .counts: .counts(equal: equal)
        case .histogram: .histogram
        }
    }

    private mutating func mergeRule(_ section: Section) -> MergeSpec.Rule? {
        switch (section["kind"], section["run"]) {
        case (nil, nil):
            report(
                section.place, "`merge` has neither `kind` nor `run`",
                "add `kind: …`, one of \(listed(MergeKind.allCases.map(\.rawValue)))")
            return nil
        case (.some, .some):
            report(
                section.place(of: "run"), "`run` beside `kind`", "a merge has one rule: keep one")
            return nil
        case (.some(let value), nil):
            guard let kind = kind(value, "`kind`") else { return nil }
            guard let equal = section["equal"] else { return rule(of: kind, equal: []) }
            if kind != .counts { reportEqual(section) }
            return equalKeys(equal).map { rule(of: kind, equal: $0) }
        case (nil, .some(let value)):
            if section["equal"] != nil { reportEqual(section) }
            let command = command(value, "`run` of a merge")
            checkMergeCommand(command, value)
            return .run(command.map(\.content))
        }
    }

    private mutating func reportEqual(_ section: Section) {
        report(
            section.place(of: "equal"), "`equal` without `kind: counts`",
            "only counts have settings among their numbers")
    }

    private mutating func equalKeys(_ value: Value) -> [String]? {
        guard let values = list(value, "`equal`", "write `[key, …]`") else { return nil }
        let keys = values.compactMap { text($0, "`equal`") }
        guard keys.count == values.count else { return nil }
        let sorted = Set(keys).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        guard sorted.count == keys.count else {
            report(value.place, "`equal` names a key twice", "keep one of them")
            return nil
        }
        return sorted
    }

    private mutating func checkMergeCommand(_ command: [Located<Template>], _ value: Value) {
        let allowed: [Placeholder] = [.inputs, .out, .code]
        for argument in command {
            for hole in argument.content.placeholders where !allowed.contains(hole) {
                report(
                    argument.place, "`{\(hole.name)}` is not available in a merge",
                    "available: `{inputs}`, `{out}`, `{code}`")
            }
            checkStandsAlone(.inputs, in: argument)
        }
        let used = command.flatMap(\.content.placeholders)
        guard case .list(let values) = value.content, values.count == command.count,
            !values.isEmpty
        else { return }
        for hole in [Placeholder.inputs, .out] where !used.contains(hole) {
            report(
                value.place, "`run` of a merge does not mention `{\(hole.name)}`",
                "pass `{inputs}`, the pieces, and `{out}`, where the result belongs")
        }
    }

    /// A placeholder that may become several arguments has no place inside one.
    mutating func checkStandsAlone(_ hole: Placeholder, in argument: Located<Template>) {
        guard argument.content.placeholders.contains(hole), argument.content.soleReference != hole
        else { return }
        report(
            argument.place, "`{\(hole.name)}` inside \(quoted(argument.content.source))",
            "it may become several arguments: make it one of its own, \"{\(hole.name)}\"")
    }
}
