import ErgonModel

extension Reading {
    /// `bitwise`, or a mapping that says who compares.
    mutating func determinism(_ value: Value) -> Determinism? {
        if value.scalar != nil {
            guard let kind: Determinism.Kind = word(value, "`determinism`") else { return nil }
            if kind == .bitwise { return .bitwise }
            report(
                value.place, "`determinism: \(kind.rawValue)` does not say how to compare",
                "write `{class: \(kind.rawValue), compare: FORMAT}`, \(formats), or `run`")
            return nil
        }
        let keys = ["class", "compare", "run", "tolerance"]
        guard let section = section(value, "`determinism`", keys: keys),
            let named = require("class", of: section, "canonical"),
            let kind: Determinism.Kind = word(named, "`class`")
        else { return nil }
        switch kind {
        case .bitwise:
            reportBeside(kind, ["compare", "run", "tolerance"], section)
            return .bitwise
        case .canonical:
            reportBeside(kind, ["tolerance"], section)
            return comparator(section).map(Determinism.canonical)
        case .statistical: return statistical(section)
        }
    }

    private var formats: String {
        "FORMAT one of \(listed(Determinism.Format.allCases.map(\.rawValue)))"
    }

    private mutating func reportBeside(
        _ kind: Determinism.Kind, _ keys: [String], _ section: Section
    ) {
        for key in keys where section[key] != nil {
            report(
                section.place(of: key), "`\(key)` beside `class: \(kind.rawValue)`",
                "keep one of them")
        }
    }

    private mutating func comparator(_ section: Section) -> Determinism.Comparator? {
        switch (section["compare"], section["run"]) {
        case (nil, nil):
            report(
                section.place, "`determinism` has neither `compare` nor `run`",
                "add `compare: FORMAT`, \(formats)")
            return nil
        case (.some, .some):
            report(
                section.place(of: "run"), "`run` beside `compare`",
                "one of them says what is alike: keep one")
            return nil
        case (.some(let value), nil):
            let format: Determinism.Format? = word(value, "`compare`")
            return format.map(Determinism.Comparator.known)
        case (nil, .some(let value)):
            let what = "`run` of `determinism`"
            let command = command(value, what)
            checkComparison(command, value, what)
            return .run(command.map(\.content))
        }
    }

    private mutating func statistical(_ section: Section) -> Determinism? {
        guard let comparator = comparator(section) else { return nil }
        switch (comparator, section["tolerance"]) {
        case (.run, nil): return .statistical(comparator, nil)
        case (.run, .some):
            report(
                section.place(of: "tolerance"), "`tolerance` beside `run`",
                "the program knows what it takes for alike: pass it as an argument")
            return nil
        case (.known, nil):
            report(
                section.place, "`class: statistical` has no `tolerance`",
                "add `tolerance: 1e-6`, relative to the larger number")
            return nil
        case (.known, .some(let value)):
            return tolerance(value).map { .statistical(comparator, $0) }
        }
    }

    private mutating func tolerance(_ value: Value) -> Tolerance? {
        let span = "a number from 1e-12 to 1"
        guard let scalar = value.scalar, scalar.kind == .number || scalar.kind.isInteger else {
            expected(span, value, "`tolerance`", "such as `1e-6`")
            return nil
        }
        if let tolerance = Double(scalar.text).flatMap({ Tolerance($0) }) { return tolerance }
        report(value.place, "`tolerance`: \(quoted(scalar.text)) is out of range", span)
        return nil
    }

    private mutating func checkComparison(
        _ command: [Located<Template>], _ value: Value, _ what: String
    ) {
        for argument in command {
            for hole in argument.content.placeholders where hole != .inputs && hole != .code {
                report(
                    argument.place, "`{\(hole.name)}` is not available in \(what)",
                    "available: `{inputs}`, `{code}`")
            }
            checkStandsAlone(.inputs, in: argument)
        }
        let used = command.flatMap(\.content.placeholders)
        guard case .list(let values) = value.content, values.count == command.count,
            !values.isEmpty, !used.contains(.inputs)
        else { return }
        report(
            value.place, "\(what) does not mention `{inputs}`",
            "pass `{inputs}`: the file on record, and the one that came now")
    }
}
