import ErgonModel

/// One reading of a manifest: it goes on after an error, so that one run finds them all. What
/// cannot be read comes back as `nil` and has been reported.
struct Reading {
    private(set) var findings: Set<Finding> = []

    mutating func report(_ place: Place, _ problem: String, _ remedy: String) {
        findings.insert(Finding(place: place, problem: problem, remedy: remedy))
    }

    /// - Parameters:
    ///   - kind: what should stand there: `a list`.
    ///   - what: whose value it is: `` `cpus` ``.
    mutating func expected(_ kind: String, _ value: Value, _ what: String, _ remedy: String) {
        report(value.place, "\(what): expected \(kind), found \(value.found)", remedy)
    }
}

/// The largest integer that every reader of JSON holds exactly (RFC 8259 §6): 2^53 - 1.
let largestInteger = 1 << 53 - 1

/// A mapping whose keys are fixed by the grammar.
struct Section {
    var place: Place
    /// For messages: `step `gen``.
    var title: String
    private var entries: [String: Entry]

    fileprivate init(place: Place, title: String, entries: [Entry]) {
        self.place = place
        self.title = title
        self.entries = Dictionary(entries.map { ($0.key, $0) }) { first, _ in first }
    }

    subscript(key: String) -> Value? { entries[key]?.value }
    /// Where the key itself stands.
    func place(of key: String) -> Place { entries[key]?.place ?? place }
}

extension Reading {
    /// A mapping with no keys but `keys`.
    mutating func section(_ value: Value, _ title: String, keys: [String]) -> Section? {
        guard case .mapping(let entries) = value.content else {
            expected("a mapping", value, title, "keys: \(listed(keys))")
            return nil
        }
        for entry in entries where !keys.contains(entry.key) {
            report(
                entry.place, "unknown key \(quoted(entry.key))",
                choice(for: entry.key, among: keys, called: "keys of \(title)"))
        }
        return Section(place: value.place, title: title, entries: entries)
    }

    /// - Parameter example: what to write, as the remedy shows it.
    mutating func require(_ key: String, of section: Section, _ example: String) -> Value? {
        if let value = section[key] { return value }
        report(section.place, "\(section.title) has no `\(key)`", "add `\(key): \(example)`")
        return nil
    }

    /// A mapping whose keys are the user's names. One with a wrong name is read all the same.
    mutating func entries(_ value: Value, _ what: String, _ rule: NameRule) -> [Entry]? {
        guard case .mapping(let entries) = value.content else {
            expected("a mapping of names", value, what, "write `name: …`, or leave \(what) out")
            return nil
        }
        for entry in entries { check(entry.key, rule, at: entry.place) }
        return entries
    }

    mutating func list(_ value: Value, _ what: String, _ remedy: String) -> [Value]? {
        guard case .list(let values) = value.content else {
            expected("a list", value, what, remedy)
            return nil
        }
        return values
    }

    /// A text that YAML reads as such, so that the schema and every other YAML reader agree.
    mutating func text(_ value: Value, _ what: String) -> String? {
        guard let scalar = value.scalar, scalar.kind == .text else {
            let isScalar = value.scalar != nil && !value.isNothing
            expected("a text", value, what, isScalar ? "put it in quotes" : "")
            return nil
        }
        guard !scalar.text.isEmpty else {
            report(value.place, "\(what) is empty", "write something or leave it out")
            return nil
        }
        return scalar.text
    }

    /// A scalar by its letters, whatever YAML takes it for: `yes`, `1e3` and `007` stay as written.
    mutating func literal(_ value: Value, _ what: String) -> String? {
        if let scalar = value.scalar { return scalar.text }
        if case .mapping(let entries) = value.content, entries.count == 1,
            entries[0].value.isNothing
        {
            expected(
                "a text", value, what,
                "put it in quotes: without them YAML reads the braces as a mapping")
        } else {
            expected("a text", value, what, "")
        }
        return nil
    }

    mutating func integer(_ value: Value, _ what: String, in range: ClosedRange<Int>) -> Int? {
        let span = "an integer from \(range.lowerBound) to \(range.upperBound)"
        guard case .integer(let integer) = value.scalar?.kind else {
            let isQuoted = value.scalar.map { Scalar(text: $0.text, isPlain: true).kind.isInteger }
            expected(span, value, what, isQuoted == true ? "take the quotes away" : "")
            return nil
        }
        guard let number = integer.flatMap(Int.init(exactly:)), range.contains(number) else {
            report(
                value.place, "\(what): \(quoted(value.scalar?.text ?? "")) is out of range",
                "\(span)")
            return nil
        }
        return number
    }

    mutating func flag(_ value: Value, _ what: String) -> Bool? {
        let text = value.scalar?.text.lowercased() ?? ""
        if value.scalar?.kind == .flag { return text == "true" }
        let meant =
            switch text {
            case "yes", "on": "write `true`"
            case "no", "off": "write `false`"
            case "true", "false": "take the quotes away"
            default: ""
            }
        expected("`true` or `false`", value, what, meant)
        return nil
    }

    /// One of a few words.
    mutating func word<Word: RawRepresentable & CaseIterable>(
        _ value: Value, _ what: String
    ) -> Word? where Word.RawValue == String {
        let words = Word.allCases.map(\.rawValue)
        guard let scalar = value.scalar, scalar.kind == .text else {
            expected("one of \(listed(words))", value, what, "")
            return nil
        }
        if let word = Word(rawValue: scalar.text) { return word }
        report(
            value.place, "\(what) cannot be \(quoted(scalar.text))",
            choice(for: scalar.text, among: words, called: "possible"))
        return nil
    }
}

/// What names may look like.
struct NameRule: Sendable {
    var kind: String
    var rule: String
    var limit: Int
    var start: @Sendable (UInt8) -> Bool
    var rest: @Sendable (UInt8) -> Bool

    static let campaign = NameRule(
        kind: "a campaign", rule: "a letter from a to z, then a to z, 0 to 9 and `-`", limit: 63,
        start: { isLetter($0) && $0 >= UInt8(ascii: "a") },
        rest: {
            isLetter($0) && $0 >= UInt8(ascii: "a") || isDigit($0) || $0 == UInt8(ascii: "-")
        })

    /// Likewise.
    static let policy = {
        var rule = campaign
        rule.kind = "a policy"
        return rule
    }()

    /// - Parameter kind: with its article.
    static func part(_ kind: String) -> NameRule {
        NameRule(
            kind: kind, rule: "a letter, then letters, digits, `-` and `_`", limit: 63,
            start: isLetter,
            rest: {
                isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
            })
    }

    /// The names of environment variables in POSIX (Base Definitions §8.1), and lower case.
    static let variable = NameRule(
        kind: "a variable", rule: "a letter or `_`, then letters, digits and `_`", limit: 255,
        start: { isLetter($0) || $0 == UInt8(ascii: "_") },
        rest: { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "_") })

    func allows(_ name: some StringProtocol) -> Bool {
        guard let first = name.utf8.first, start(first) else { return false }
        return name.utf8.count <= limit && name.utf8.allSatisfy(rest)
    }
}

extension Reading {
    @discardableResult
    mutating func check(_ name: String, _ rule: NameRule, at place: Place) -> Bool {
        if rule.allows(name) { return true }
        report(
            place, "\(quoted(name)) is not a name for \(rule.kind)",
            "\(rule.rule); at most \(rule.limit) characters")
        return false
    }

    /// A name without a folder: it will stand in one that Ergon makes.
    mutating func fileName(_ value: Value, _ what: String, atMost limit: Int) -> String? {
        guard let name = text(value, what) else { return nil }
        if isFileName(name, atMost: limit) { return name }
        report(
            value.place, "\(what): \(quoted(name)) is not the name of a file",
            "without `/` and control characters, not `.` or `..`, at most \(limit) bytes")
        return nil
    }
}
