/// What a site asks of campaigns before it runs them (`docs/POLICY.md`).
package struct SitePolicy: Hashable, Sendable {
    package var name: String
    package var description: String?
    /// Of the gates that are on.
    package var modes: [Gate: GateMode]
    package var rules: GateRules

    package init(
        name: String, description: String?, modes: [Gate: GateMode], rules: GateRules
    ) {
        self.name = name
        self.description = description
        self.modes = modes
        self.rules = rules
    }

    package func mode(of gate: Gate) -> GateMode { modes[gate] ?? .off }
}

/// The parameters of all gates; what is not given is as it stands here.
package struct GateRules: Hashable, Sendable {
    /// Codes of purposes that are allowed; empty for any, or none at all.
    package var purposes: [String] = []
    /// How many characters a purpose has at least.
    package var purposeLength = 20
    /// Risk classes that are taken; empty for all.
    package var risks: [RiskClass] = []
    /// Risk classes that a second person must approve.
    package var approvalRisks: Set<RiskClass> = [.high]
    /// Risk classes whose outputs a person must sign off.
    package var reviewRisks: Set<RiskClass> = [.high]
    package var cardFields = ModelCard.Field.allCases
    /// Licence and exception identifiers that are allowed; empty for all that exist.
    package var licences: [String] = []
    package var datasetFields = DatasetField.allCases
    /// Names for several jurisdictions.
    package var regions: [String: [String]] = [:]
    /// How many of a campaign's tasks must have been run once more for its evidence.
    package var evidenceSample = 0
    /// How long records must be kept at least, by risk class; a class that is not named has none.
    package var retention: [RiskClass: Microseconds] = [:]

    package init() {}
}

/// What an input must say of itself.
package enum DatasetField: String, Hashable, Sendable, CaseIterable {
    case licence, classification, residency, owner
}

/// A description of a model that people wrote, by what is in it.
package struct ModelCard: Hashable, Sendable {
    package enum Field: String, Hashable, Sendable, CaseIterable {
        case name, version
        case intendedUse = "intended-use"
        case limitations
        case trainingData = "training-data"
        case metrics, licence
    }

    /// Those that say something.
    package var fields: Set<Field>
    /// Of the model that it describes, if it says so.
    package var model: Digest?

    package init(fields: Set<Field>, model: Digest?) {
        self.fields = fields
        self.model = model
    }
}
