package import ErgonModel

/// Reads a site's policy (`docs/POLICY.md`, "The policy file"), as strictly as a manifest.
/// - Parameter file: what errors call the text.
/// - Throws: everything that is wrong with it.
package func parsePolicy(_ text: String, file: String) throws(ManifestErrors) -> SitePolicy {
    var reading = Reading()
    let policy = reading.document(text, limits: .written).flatMap { reading.policy($0) }
    guard reading.findings.isEmpty, let policy else {
        throw ManifestErrors(file: file, reading.findings)
    }
    return policy
}

extension Reading {
    fileprivate mutating func policy(_ document: Value) -> SitePolicy? {
        let keys = ["apiVersion", "kind", "metadata", "gates"]
        guard let top = section(document, "the policy", keys: keys) else { return nil }
        constant("apiVersion", "ergon/v1", of: top)
        constant("kind", "Policy", of: top)
        var (name, description) = ("", String?.none)
        if let value = require("metadata", of: top, "{name: …}"),
            let section = section(value, "`metadata`", keys: ["name", "description"])
        {
            if let value = require("name", of: section, "my-site") {
                name =
                    text(value, "`name`").flatMap {
                        check($0, .policy, at: value.place) ? $0 : nil
                    } ?? ""
            }
            description = section["description"].flatMap { text($0, "`description`") }
        }
        let example = "{purpose: warn}"
        let all = Gate.allCases.map(\.rawValue)
        guard let value = require("gates", of: top, example),
            let gates = section(value, "`gates`", keys: all)
        else { return nil }
        var (modes, rules) = ([Gate: GateMode](), GateRules())
        for gate in Gate.allCases {
            guard let value = gates[gate.rawValue] else { continue }
            modes[gate] = mode(of: gate, value, &rules)
        }
        return SitePolicy(name: name, description: description, modes: modes, rules: rules)
    }

    /// `off`, `warn` or `block`, or a mapping of `mode` and what the gate is to be set to.
    private mutating func mode(
        of gate: Gate, _ value: Value, _ rules: inout GateRules
    ) -> GateMode? {
        let title = "gate `\(gate.rawValue)`"
        guard case .mapping = value.content else { return word(value, title) }
        guard let section = section(value, title, keys: ["mode"] + gate.parameters) else {
            return nil
        }
        set(gate, section, &rules)
        return require("mode", of: section, "block").flatMap { word($0, "`mode`") }
    }

    private mutating func set(_ gate: Gate, _ section: Section, _ rules: inout GateRules) {
        switch gate {
        case .purpose:
            rules.purposes = section["codes"].map { texts($0, "`codes`") } ?? []
            let length = section["length"].flatMap { integer($0, "`length`", in: 0...1000) }
            rules.purposeLength = length ?? rules.purposeLength
        case .risk: rules.risks = section["allow"].map { words($0, "`allow`") } ?? []
        case .approval: rules.approvalRisks = risks(section) ?? rules.approvalRisks
        case .outputReview: rules.reviewRisks = risks(section) ?? rules.reviewRisks
        case .modelCard:
            rules.cardFields = section["fields"].map { words($0, "`fields`") } ?? rules.cardFields
        case .dataset:
            rules.datasetFields =
                section["fields"].map { words($0, "`fields`") } ?? rules.datasetFields
        case .licence: rules.licences = section["allow"].map { texts($0, "`allow`") } ?? []
        case .residency:
            for entry in section["regions"].flatMap({ regions($0) }) ?? [] {
                rules.regions[entry.key] = texts(entry.value, quoted(entry.key)).sorted()
            }
        case .retention: rules.retention = retention(section)
        case .evidence:
            let sample = section["sample"].flatMap { integer($0, "`sample`", in: 0...1_000_000) }
            rules.evidenceSample = sample ?? 0
        case .pinnedSoftware, .seed, .determinism, .personalData, .budget: break
        }
    }

    private mutating func risks(_ section: Section) -> Set<RiskClass>? {
        section["for"].map { Set(words($0, "`for`")) }
    }

    private mutating func regions(_ value: Value) -> [Entry]? {
        entries(value, "`regions`", .part("a region"))
    }

    /// `at-least`: a time for each risk class.
    private mutating func retention(_ section: Section) -> [RiskClass: Microseconds] {
        let keys = RiskClass.allCases.map(\.rawValue)
        guard let value = require("at-least", of: section, "{high: 183 d}"),
            let spans = self.section(value, "`at-least`", keys: keys)
        else { return [:] }
        var least: [RiskClass: Microseconds] = [:]
        for risk in RiskClass.allCases {
            least[risk] = spans[risk.rawValue].flatMap { duration($0, quoted(risk.rawValue)) }
        }
        return least
    }

    private mutating func texts(_ value: Value, _ what: String) -> [String] {
        (list(value, what, "write `[…, …]`") ?? []).compactMap { text($0, what) }
    }

    private mutating func words<Word: RawRepresentable & CaseIterable>(
        _ value: Value, _ what: String
    ) -> [Word] where Word.RawValue == String {
        (list(value, what, "write `[…, …]`") ?? []).compactMap { word($0, what) }
    }
}

extension Gate {
    /// Its keys beside `mode`.
    fileprivate var parameters: [String] {
        switch self {
        case .purpose: ["codes", "length"]
        case .risk, .licence: ["allow"]
        case .approval, .outputReview: ["for"]
        case .modelCard, .dataset: ["fields"]
        case .residency: ["regions"]
        case .retention: ["at-least"]
        case .evidence: ["sample"]
        case .pinnedSoftware, .seed, .determinism, .personalData, .budget: []
        }
    }
}
