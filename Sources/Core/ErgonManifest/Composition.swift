import Yams

extension Reading {
    /// The one document in `text`, or `nil` after the reasons were reported.
    mutating func document(_ text: String, limits: ManifestLimits) -> Value? {
        let size = text.utf8.count
        guard size <= limits.bytes else {
            report(
                .start, "the manifest has \(size) bytes; at most \(limits.bytes) are read",
                "name files by pattern instead of one by one, and keep data in files")
            return nil
        }
        let source = SourceText(text)
        if let index = source.firstUnprintable {
            let code = String(source.scalars[index].value, radix: 16, uppercase: true)
            report(
                source.place(of: index), "this is not a text: it contains the character U+\(code)",
                "a manifest is YAML in UTF-8")
            return nil
        }
        guard let (muted, standIn) = source.muted() else {
            report(.start, "this text uses every private character there is", "take some out")
            return nil
        }
        return compose(muted, standIn, limits)
    }

    /// Yams gives up at a key that stands twice. So that everything else is checked all the same,
    /// the first letter of the earlier one is replaced by a character that nobody types (of the
    /// same width, so that no place moves), and the text is read once more.
    private mutating func compose(
        _ source: SourceText, _ standIn: Unicode.Scalar, _ limits: ManifestLimits
    ) -> Value? {
        var source = source
        var renamed: [Place: String] = [:]
        let marks = (0...duplicateLimit).compactMap { Unicode.Scalar(0xE000 + $0) }
        for mark in marks {
            do {
                let parser = try Parser(yaml: source.string, resolver: .basic, encoding: .utf8)
                let composer = Composer(standIn: standIn, renamed: renamed)
                return try root(of: parser, composer, limits)
            } catch let YamlError.duplicatedKeysInMapping(names, context) {
                let place = Place(context.mark)
                guard let name = names.first, mark != marks.last,
                    let letter = source.firstLetter(of: name, at: place)
                else {
                    report(place, "this key stands twice in its mapping", "keep one of them")
                    return nil
                }
                renamed[place] = name
                source.scalars[letter] = mark
            } catch {
                report(error, in: source, standIn)
                return nil
            }
        }
        return nil
    }

    private var duplicateLimit: UInt32 { 16 }

    private mutating func root(
        of parser: Parser, _ composer: Composer, _ limits: ManifestLimits
    ) throws -> Value? {
        guard let node = try parser.nextRoot() else {
            report(
                .start, "the manifest is empty",
                "it starts with `apiVersion: ergon/v1` and `kind: Campaign`")
            return nil
        }
        if let second = try parser.nextRoot() {
            report(
                second.mark.map(Place.init) ?? .start, "a second document",
                "one file holds one campaign: remove the line `---` or make two files")
            return nil
        }
        var remaining = limits.values
        guard let value = composer.value(of: node, remaining: &remaining, reading: &self) else {
            report(
                .start, "the manifest has more than \(limits.values) values",
                "name files by pattern instead of one by one, and keep data in files")
            return nil
        }
        return value
    }

    private mutating func report(
        _ error: any Error, in source: SourceText, _ standIn: Unicode.Scalar
    ) {
        switch error {
        case YamlError.composer(_, _, let mark, _):
            report(
                Place(mark), "an alias: anchors and aliases are not part of a manifest",
                "write it out in full; a text that starts with `*` stands in quotes")
        case YamlError.scanner(let context, let problem, let mark, _),
            YamlError.parser(let context, let problem, let mark, _):
            let detail = context.map { " \($0.text)" } ?? ""
            report(
                Place(mark), "this is not YAML: \(problem)\(detail)",
                remedy(
                    for: source, standIn, at: Place(mark), during: context?.text ?? problem))
        default:
            report(.start, "this is not YAML: \(error)", "")
        }
    }

    private func remedy(
        for source: SourceText, _ standIn: Unicode.Scalar, at place: Place,
        during activity: String
    ) -> String {
        if source.lineStartsWithTab(place.line) || source[place] == "\t" {
            return "indent with spaces: YAML does not allow tabs there"
        }
        if activity.contains("alias") || activity.contains("anchor") {
            return "a text that starts with `*` or `&` stands in quotes"
        }
        if source.hasAnchor(place.line, standIn) || source.hasAnchor(place.line - 1, standIn) {
            return "anchors are not part of a manifest: take out `&` and the name after it"
        }
        switch source[place] {
        case "@", "`", "%", "|", ">": return "a text that starts so stands in quotes"
        default: return "look at the quotes, brackets and indentation here and just above"
        }
    }
}

/// Yams nodes to values.
private struct Composer {
    /// Stands for `&` (`SourceText.muted`).
    let standIn: Unicode.Scalar
    /// Earlier ones of keys that stand twice: what they were called before `compose` renamed them.
    let renamed: [Place: String]

    /// - Returns: `nil` when there are too many values.
    func value(of node: Node, remaining: inout Int, reading: inout Reading) -> Value? {
        remaining -= 1
        guard remaining >= 0 else { return nil }
        let place = node.mark.map(Place.init) ?? .start
        switch node {
        case .alias:
            return Value(place: place, content: .list([]))
        case .scalar(let scalar):
            checkTag(
                scalar.tag, scalar.style == .plain ? "" : Tag.Name.str.rawValue, place, &reading)
            let isPlain = scalar.style == .plain || scalar.style == .any
            if isPlain, scalar.string.unicodeScalars.first == standIn {
                reading.report(
                    place, "an anchor: anchors and aliases are not part of a manifest",
                    "take it out; a text that starts with `&` stands in quotes")
            }
            let text = text(of: scalar, place, &reading)
            return Value(place: place, content: .scalar(Scalar(text: text, isPlain: isPlain)))
        case .sequence(let sequence):
            checkTag(sequence.tag, "", place, &reading)
            var values: [Value] = []
            for node in sequence {
                guard let value = value(of: node, remaining: &remaining, reading: &reading)
                else { return nil }
                values.append(value)
            }
            return Value(place: place, content: .list(values))
        case .mapping(let mapping):
            checkTag(mapping.tag, "", place, &reading)
            guard let entries = entries(of: mapping, &remaining, &reading) else { return nil }
            return Value(place: place, content: .mapping(entries))
        }
    }

    private func entries(
        of mapping: Node.Mapping, _ remaining: inout Int, _ reading: inout Reading
    ) -> [Entry]? {
        var entries: [Entry] = []
        var earlier: [(name: String, place: Place)] = []
        for (key, node) in mapping {
            let place = key.mark.map(Place.init) ?? .start
            guard case .scalar(let scalar) = key else {
                reading.report(place, "a key must be a text", "put it in quotes")
                continue
            }
            guard let value = value(of: node, remaining: &remaining, reading: &reading)
            else { return nil }
            if let name = renamed[place] {
                earlier.append((restored(name), place))
            } else {
                let key = text(of: scalar, place, &reading)
                entries.append(Entry(key: key, place: place, value: value))
            }
        }
        for first in earlier {
            guard let twin = entries.first(where: { $0.key == first.name }) else { continue }
            reading.report(
                twin.place, "the key \(quoted(first.name)) stands twice",
                "it is already in line \(first.place.line), column \(first.place.column): "
                    + "remove or rename one")
        }
        return entries
    }

    private func checkTag(_ tag: Tag, _ implied: String, _ place: Place, _ reading: inout Reading) {
        guard tag.rawValue != "", tag.rawValue != implied else { return }
        reading.report(
            place, "the tag \(quoted(tag.rawValue)): tags are not part of a manifest", "remove it")
    }

    private func restored(_ text: String) -> String {
        guard text.unicodeScalars.contains(standIn) else { return text }
        var scalars = String.UnicodeScalarView()
        scalars.append(contentsOf: text.unicodeScalars.map { $0 == standIn ? "&" : $0 })
        return String(scalars)
    }

    /// Without characters that the canonical form could not carry: JSON leaves them as they are,
    /// YAML refuses or folds them.
    private func text(
        of scalar: Node.Scalar, _ place: Place, _ reading: inout Reading
    ) -> String {
        let bad = scalar.string.unicodeScalars.first { scalar in
            switch scalar.value {
            case 0, 0x7F...0x9F, 0x2028, 0x2029, 0xFEFF, 0xFFFE, 0xFFFF: true
            default: false
            }
        }
        if let bad {
            let code = String(bad.value, radix: 16, uppercase: true)
            reading.report(place, "a text with the character U+\(code) in it", "take it out")
        }
        return restored(scalar.string)
    }
}

extension Place {
    fileprivate init(_ mark: Mark) { self.init(line: mark.line, column: mark.column) }
}

extension SourceText {
    /// Where the text of a key at `place` begins, if it stands there as it is read.
    fileprivate func firstLetter(of name: String, at place: Place) -> Int? {
        guard let start = index(of: place), let letter = name.unicodeScalars.first else {
            return nil
        }
        if scalars[start] == letter { return start }
        let isQuote = scalars[start] == "\"" || scalars[start] == "'"
        return isQuote && start + 1 < scalars.count && scalars[start + 1] == letter
            ? start + 1 : nil
    }

    fileprivate func hasAnchor(_ line: Int, _ standIn: Unicode.Scalar) -> Bool {
        guard let start = index(of: Place(line: line, column: 1)) else { return false }
        return scalars[start...].prefix { $0 != "\n" }.contains(standIn)
    }

    fileprivate func lineStartsWithTab(_ line: Int) -> Bool {
        guard let start = index(of: Place(line: line, column: 1)) else { return false }
        return scalars[start...].prefix { $0 == " " || $0 == "\t" }.contains("\t")
    }
}
