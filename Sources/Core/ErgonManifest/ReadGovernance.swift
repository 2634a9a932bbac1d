import ErgonModel

/// What a manifest declares for whoever decides about it, with places for later errors.
struct GovernanceDraft: Sendable {
    struct Model: Sendable {
        var name: String
        var place: Place
        var source: Located<Source>?
        var card: Located<FileSource>?
        var licence: String?
    }

    /// Without the models.
    var declared = Governance()
    /// In ascending order of their names.
    var models: [Model] = []
}

extension Reading {
    /// The keys of the top level that policies ask for (`docs/MANIFEST.md`, "What policies ask").
    static let governanceKeys = [
        "purpose", "risk", "approver", "models", "personal-data", "retention",
    ]

    mutating func governance(_ top: Section, _ lookups: inout Lookups) -> GovernanceDraft {
        var draft = GovernanceDraft()
        draft.declared.purpose = top["purpose"].flatMap { purpose($0) }
        draft.declared.risk = top["risk"].flatMap { word($0, "`risk`") }
        draft.declared.approver = top["approver"].flatMap { text($0, "`approver`") }
        draft.declared.personalData = top["personal-data"].flatMap { personalData($0) }
        draft.declared.retention = top["retention"].flatMap { duration($0, "`retention`") }
        if let value = top["models"] {
            for entry in entries(value, "`models`", .part("a model")) ?? [] {
                draft.models.append(model(entry, &lookups))
            }
            draft.models.sort { $0.name < $1.name }
        }
        return draft
    }

    /// A text, or `{code, text}`.
    private mutating func purpose(_ value: Value) -> Purpose? {
        guard case .mapping = value.content else {
            return text(value, "`purpose`").map { Purpose(code: nil, text: $0) }
        }
        guard let section = section(value, "`purpose`", keys: ["code", "text"]) else { return nil }
        let code = section["code"].flatMap { text($0, "`code`") }
        let words = require("text", of: section, "\"What it is for.\"").flatMap {
            text($0, "`text`")
        }
        return words.map { Purpose(code: code, text: $0) }
    }

    /// `none`, or `{basis, assessment}`.
    private mutating func personalData(_ value: Value) -> PersonalData? {
        guard case .mapping = value.content else {
            if value.scalar?.text == "none" { return PersonalData.none }
            expected(
                "`none` or a mapping", value, "`personal-data`",
                "write `none`, or `{basis: …, assessment: …}`")
            return nil
        }
        let keys = ["basis", "assessment"]
        guard let section = section(value, "`personal-data`", keys: keys) else { return nil }
        let basis: LawfulBasis? = section["basis"].flatMap { word($0, "`basis`") }
        let assessment = section["assessment"].flatMap { text($0, "`assessment`") }
        return .processed(basis: basis, assessment: assessment)
    }

    private mutating func model(
        _ entry: Entry, _ lookups: inout Lookups
    ) -> GovernanceDraft.Model {
        var draft = GovernanceDraft.Model(name: entry.key, place: entry.place)
        let keys = ["from", "card", "licence"]
        guard let section = section(entry.value, "model \(quoted(entry.key))", keys: keys) else {
            return draft
        }
        if let value = require("from", of: section, "INPUT") {
            draft.source = source(value, "`from`").map {
                Located(content: $0, place: value.place)
            }
        }
        draft.card = section["card"].flatMap { file($0, "`card`", .card, &lookups) }
        draft.licence = section["licence"].flatMap { text($0, "`licence`") }
        return draft
    }

    /// Names of models, in ascending order.
    mutating func modelNames(_ value: Value) -> [Located<String>] {
        let names = (list(value, "`models`", "write `[MODEL, …]`") ?? []).compactMap { value in
            text(value, "`models`").map { Located(content: $0, place: value.place) }
        }
        var known: Set<String> = []
        return names.filter { known.insert($0.content).inserted }
            .sorted { $0.content < $1.content }
    }

    /// Who owns an input, and who may see it where.
    mutating func stewardship(_ section: Section) -> Stewardship {
        var stewardship = Stewardship()
        stewardship.classification = section["classification"].flatMap {
            word($0, "`classification`")
        }
        stewardship.owner = section["owner"].flatMap { text($0, "`owner`") }
        if let value = section["residency"] {
            let codes = list(value, "`residency`", "write `[CH, FR]`") ?? []
            let names = codes.compactMap { text($0, "`residency`") }
            stewardship.residency = Set(names).sorted()
        }
        return stewardship
    }
}

// MARK: What it must fit

extension Reading {
    mutating func check(_ governance: GovernanceDraft, _ draft: CampaignDraft) {
        let surroundings = Surroundings(draft)
        for source in governance.models.compactMap(\.source) { check(source, surroundings) }
        let sources = Dictionary(
            governance.models.map { ($0.name, $0.source?.content) }
        ) { first, _ in first }
        for step in draft.steps {
            for model in step.models { check(model, of: step, sources) }
        }
    }

    /// A step that runs a model reads it.
    private mutating func check(
        _ model: Located<String>, of step: StepDraft, _ sources: [String: Source?]
    ) {
        guard let known = sources[model.content] else {
            return report(
                model.place, "there is no model \(quoted(model.content))",
                choice(for: model.content, among: sources.keys.sorted(), called: "models"))
        }
        guard let source = known, !step.sources.contains(where: { $0.content == source }) else {
            return
        }
        report(
            model.place,
            "step `\(step.name)` runs model `\(model.content)`, but does not read `\(source.text)`",
            "add `with: {model: \(source.text)}` to the step")
    }
}

extension Manifest {
    func governance(
        _ reading: inout Reading, _ found: (FileLookup) -> Result<[InputFile], LookupFailure>
    ) -> Governance {
        var governance = draft.governance.declared
        governance.models = draft.governance.models.compactMap { model in
            let card = model.card.flatMap { reading.onlyFile(of: $0, "`card`", found) }
            return model.source.map {
                ModelSpec(
                    name: model.name, source: $0.content, card: card, licence: model.licence)
            }
        }
        return governance
    }
}
