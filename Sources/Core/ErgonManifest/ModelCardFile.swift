package import ErgonModel

/// Reads what a model's card says of it: Markdown, perhaps with YAML front matter, or a JSON
/// object. A field is there if a key of that name has a value, or a heading of that name a text
/// below it.
/// - Returns: `nil` if it is neither.
package func readModelCard(_ bytes: [UInt8]) -> ModelCard? {
    guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
    if text.first(where: { !$0.isWhitespace }) == "{" {
        guard let json = try? JSON(parsing: bytes), let members = json.object else { return nil }
        return card(members.filter { !$0.value.isEmpty }.map { ($0.key, $0.value.string) })
    }
    let (front, body) = parts(of: text)
    var stated = headings(of: body).map { ($0, String?.none) }
    if let front {
        var reading = Reading()
        guard case .mapping(let entries)? = reading.document(front, limits: .written)?.content
        else { return nil }
        stated += entries.filter { !$0.value.isEmpty }.map { ($0.key, $0.value.scalar?.text) }
    }
    return card(stated)
}

private func card(_ stated: [(name: String, text: String?)]) -> ModelCard {
    var card = ModelCard(fields: [], model: nil)
    for (name, text) in stated {
        let plain = plainName(name)
        if plain == "sha256" { card.model = text.flatMap { Digest(hex: $0) } }
        for field in ModelCard.Field.allCases where names(of: field).contains(plain) {
            card.fields.insert(field)
        }
    }
    return card
}

/// Without a name space, signs and case: `fair4ml:intendedUse` is `intendeduse`.
private func plainName(_ name: String) -> String {
    let local = name.split(separator: ":").last ?? ""
    return String(local.lowercased().filter { $0.isLetter || $0.isNumber })
}

/// How cards of various origins call it.
private func names(of field: ModelCard.Field) -> Set<String> {
    switch field {
    case .name: ["name", "modelname"]
    case .version: ["version", "modelversion"]
    case .intendedUse: ["intendeduse", "intendeduses", "uses"]
    case .limitations: ["limitations", "modellimitations", "risksandlimitations"]
    case .trainingData: ["trainingdata", "trainedon", "datasets"]
    case .metrics: ["metrics", "evaluation", "evaluationmetrics"]
    case .licence: ["licence", "license"]
    }
}

/// What stands between two lines of `---` at the beginning, and the rest.
private func parts(of text: String) -> (front: String?, body: [Substring]) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.first == "---", let end = lines.dropFirst().firstIndex(of: "---") else {
        return (nil, lines)
    }
    return (lines[1..<end].joined(separator: "\n"), Array(lines[(end + 1)...]))
}

/// Headings of Markdown with some text before the next one.
private func headings(of lines: [Substring]) -> [String] {
    var (names, current) = ([String](), String?.none)
    for line in lines {
        if line.hasPrefix("#") {
            let name = line.drop { $0 == "#" }.drop { $0 == " " }
            current = String(name)
        } else if let name = current, line.contains(where: { !$0.isWhitespace }) {
            names.append(name)
            current = nil
        }
    }
    return names
}

extension Value {
    fileprivate var isEmpty: Bool {
        switch content {
        case .scalar(let scalar): scalar.text.isEmpty || isNothing
        case .list(let values): values.isEmpty
        case .mapping(let entries): entries.isEmpty
        }
    }
}

extension JSON {
    fileprivate var isEmpty: Bool {
        switch self {
        case .null: true
        case .string(let text): text.isEmpty
        case .array(let values): values.isEmpty
        case .object(let members): members.isEmpty
        case .bool, .integer, .number: false
        }
    }
}
