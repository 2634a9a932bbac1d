import ErgonModel

extension Reading {
    mutating func step(_ entry: Entry) -> StepDraft {
        var draft = StepDraft(name: entry.key, place: entry.place)
        let keys = [
            "over", "split", "range", "points", "with", "run", "warm", "outputs", "resources",
            "retry", "environment", "determinism", "models",
        ]
        guard let section = section(entry.value, "step `\(entry.key)`", keys: keys) else {
            (draft.over, draft.split) = (.unreadable, .unreadable)
            return draft
        }
        draft.over = asked(section["over"]) { $0.source($1, "`over`") }
        draft.split = asked(section["split"]) { $0.split($1) }
        draft.range = asked(section["range"]) { $0.range($1) }
        draft.points = section["points"].map { points($0) } ?? []
        draft.with = section["with"].map { with($0) } ?? []
        program(section, &draft)
        draft.outputs = section["outputs"].map { outputs($0) } ?? []
        if let value = section["resources"] { resources(value, &draft.resources) }
        if let value = section["retry"] { retry(value, &draft.retry) }
        draft.determinism = section["determinism"].flatMap { determinism($0) }
        draft.models = section["models"].map { modelNames($0) } ?? []
        if let value = section["environment"],
            let section = self.section(value, "`environment` of a step", keys: ["variables"])
        {
            draft.variables = section["variables"].map { variables($0) } ?? [:]
        }
        return draft
    }

    /// A program for each task, or one that takes task after task.
    private mutating func program(_ section: Section, _ draft: inout StepDraft) {
        if let value = section["warm"] {
            draft.isWarm = true
            draft.run = command(value, "`warm`")
            if section["run"] != nil {
                report(
                    section.place(of: "run"), "`run` beside `warm`",
                    "a step has one program: keep one")
            }
        } else if let value = require("run", of: section, "[program, argument]") {
            draft.run = command(value, "`run`")
        }
    }

    private mutating func asked<Content>(
        _ value: Value?, _ read: (inout Reading, Value) -> Content?
    ) -> Asked<Content> {
        guard let value else { return .absent }
        guard let content = read(&self, value) else { return .unreadable }
        return .given(Located(content: content, place: value.place))
    }

    /// `input` or `step.output`; whether there is such a thing is checked when all names are known.
    mutating func source(_ value: Value, _ what: String) -> Source? {
        guard let text = text(value, what) else { return nil }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        let rule = NameRule.part("a source")
        if (1...2).contains(parts.count), parts.allSatisfy({ rule.allows($0) }) {
            return parts.count == 1
                ? .input(text) : .output(step: String(parts[0]), output: String(parts[1]))
        }
        report(
            value.place, "\(what): \(quoted(text)) is not a source",
            "the name of an input, or `step.output`")
        return nil
    }

    private mutating func points(_ value: Value) -> [PointAxis] {
        let remedy = "write `NAME: [VALUE, …]`"
        let axes = (entries(value, "`points`", .part("a point")) ?? []).map { entry in
            let values = list(entry.value, quoted(entry.key), remedy) ?? []
            if case .list(let all) = entry.value.content, all.isEmpty {
                report(entry.value.place, "\(quoted(entry.key)) has no values", remedy)
            }
            return PointAxis(
                name: entry.key, values: values.compactMap { literal($0, quoted(entry.key)) })
        }
        return axes.sorted { $0.name < $1.name }
    }

    private mutating func with(_ value: Value) -> [StepDraft.With] {
        let all = (entries(value, "`with`", .part("a source")) ?? []).map { entry in
            let source = source(entry.value, quoted(entry.key))
            return StepDraft.With(
                name: entry.key,
                source: source.map { Located(content: $0, place: entry.value.place) })
        }
        return all.sorted { $0.name < $1.name }
    }

    /// A list of arguments, the first of which is the program.
    mutating func command(_ value: Value, _ what: String) -> [Located<Template>] {
        let remedy = "write `[program, argument, …]`; no shell reads it"
        guard let values = list(value, what, remedy) else { return [] }
        guard let first = values.first else {
            report(value.place, "\(what) is empty", remedy)
            return []
        }
        if first.isNothing || first.scalar?.text.isEmpty == true {
            report(first.place, "\(what): the program has no name", remedy)
        }
        return values.compactMap { value in
            literal(value, what).flatMap { argument($0, value.place) }
        }
    }

    private mutating func argument(_ text: String, _ place: Place) -> Located<Template>? {
        do throws(Template.Fault) {
            return Located(content: try Template(parsing: text), place: place)
        } catch {
            let doubled = "braces that are meant as such are written twice: `{{` and `}}`"
            switch error {
            case .unknownPlaceholder(let name):
                let meant = suggestion(for: name, among: Placeholder.plainNames)
                report(
                    place, "unknown placeholder \(quoted("{\(name)}"))",
                    meant.map { "did you mean `{\($0)}`?" } ?? doubled)
            case .unmatchedBrace:
                report(place, "a brace without its partner in \(quoted(text))", doubled)
            }
        }
        return nil
    }

    private mutating func resources(_ value: Value, _ resources: inout Resources) {
        let keys = ["cpus", "memory", "time", "limit", "cleanup"]
        guard let section = section(value, "`resources`", keys: keys) else { return }
        if let value = section["cpus"] {
            resources.cpus = integer(value, "`cpus`", in: 1...4096) ?? resources.cpus
        }
        if let value = section["memory"] {
            resources.memory = size(value, "`memory`") ?? resources.memory
        }
        let limit = section["limit"].map { duration($0, "`limit`") }
        resources.time = section["time"].flatMap { duration($0, "`time`") }
        if let value = section["cleanup"] {
            resources.cleanup = duration(value, "`cleanup`") ?? resources.cleanup
        }
        // Nothing is compared with a limit that could not be read.
        if let limit, limit == nil { return }
        resources.limit = limit.flatMap(\.self) ?? resources.limit
        if let value = section["time"], let time = resources.time, time > resources.limit {
            report(
                value.place, "`time` is longer than `limit`",
                "a task is stopped after `limit` (24 h unless given)")
        }
        if let value = section["cleanup"], resources.cleanup >= resources.limit {
            report(
                value.place, "`cleanup` is not shorter than `limit`",
                "a task is asked to end so long before its `limit` (24 h unless given)")
        }
    }
}

extension Placeholder {
    /// Those that stand alone, without the name of something of the user's.
    fileprivate static var plainNames: [String] {
        let plain: [Placeholder] = [
            .index, .first, .count, .events, .input, .inputs, .line, .seed, .seeds, .code, .out,
        ]
        return plain.map(\.name)
    }
}
