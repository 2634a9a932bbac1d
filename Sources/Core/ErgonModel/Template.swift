/// A hole in a command, named in braces (`docs/MANIFEST.md`, "Placeholders").
package enum Placeholder: Hashable, Sendable {
    case index, first, count, events, input, inputs, line, seed, seeds, code
    /// The one output of a merge.
    case out
    case point(String)
    case with(String)
    case output(String)

    /// - Parameter name: what stands between the braces.
    package init?(name: Substring) {
        let plain: [Substring: Placeholder] = [
            "index": .index, "first": .first, "count": .count, "events": .events,
            "input": .input, "inputs": .inputs, "line": .line, "seed": .seed, "seeds": .seeds,
            "code": .code, "out": .out,
        ]
        if let known = plain[name] {
            self = known
            return
        }
        guard let dot = name.firstIndex(of: ".") else { return nil }
        let member = String(name[name.index(after: dot)...])
        guard !member.isEmpty else { return nil }
        switch name[..<dot] {
        case "point": self = .point(member)
        case "with": self = .with(member)
        case "out": self = .output(member)
        default: return nil
        }
    }

    package var name: String {
        switch self {
        case .index: "index"
        case .first: "first"
        case .count: "count"
        case .events: "events"
        case .input: "input"
        case .inputs: "inputs"
        case .line: "line"
        case .seed: "seed"
        case .seeds: "seeds"
        case .code: "code"
        case .out: "out"
        case .point(let name): "point.\(name)"
        case .with(let name): "with.\(name)"
        case .output(let name): "out.\(name)"
        }
    }
}

/// One argument of a command, with its placeholders.
package struct Template: Hashable, Sendable {
    package enum Part: Hashable, Sendable {
        case text(String)
        case placeholder(Placeholder)
    }

    /// Why an argument cannot be read.
    package enum Fault: Error, Hashable, Sendable {
        case unknownPlaceholder(String)
        case unmatchedBrace
    }

    package var parts: [Part]

    package init(parts: [Part]) { self.parts = parts }

    /// `{name}` is a placeholder; `{{` and `}}` are braces.
    package init(parsing text: String) throws(Fault) {
        parts = []
        var literal = ""
        var rest = Substring(text)
        while let character = rest.popFirst() {
            guard character == "{" || character == "}" else {
                literal.append(character)
                continue
            }
            if rest.first == character {
                literal.append(rest.removeFirst())
                continue
            }
            guard character == "{", let end = rest.firstIndex(of: "}") else {
                throw .unmatchedBrace
            }
            let name = rest[..<end]
            guard let placeholder = Placeholder(name: name) else {
                throw .unknownPlaceholder(String(name))
            }
            if !literal.isEmpty { parts.append(.text(literal)) }
            literal = ""
            parts.append(.placeholder(placeholder))
            rest = rest[rest.index(after: end)...]
        }
        if !literal.isEmpty || parts.isEmpty { parts.append(.text(literal)) }
    }

    package var placeholders: [Placeholder] {
        parts.compactMap { if case .placeholder(let hole) = $0 { hole } else { nil } }
    }

    /// The placeholder that is the whole argument, and may therefore become several.
    package var soleReference: Placeholder? {
        guard parts.count == 1, case .placeholder(let hole) = parts[0] else { return nil }
        return hole
    }

    /// As it stands in a manifest.
    package var source: String {
        parts.map { part in
            switch part {
            case .text(let text):
                text.map { $0 == "{" ? "{{" : $0 == "}" ? "}}" : String($0) }.joined()
            case .placeholder(let hole): "{\(hole.name)}"
            }
        }.joined()
    }

    /// The arguments this one becomes: one, or several where it is a list placeholder alone.
    /// - Parameter values: what a placeholder stands for; the manifest's check has seen to it that
    ///   there is exactly one value wherever the argument has other text around it.
    package func expanded(_ values: (Placeholder) -> [String]) -> [String] {
        if let hole = soleReference { return values(hole) }
        return [
            parts.map { part in
                switch part {
                case .text(let text): text
                case .placeholder(let hole): values(hole).joined(separator: " ")
                }
            }.joined()
        ]
    }
}
