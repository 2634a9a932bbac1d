/// What a manifest declares of itself for whoever decides whether it may run (`docs/POLICY.md`).
/// Nothing of it changes how tasks are run.
package struct Governance: Hashable, Sendable {
    package var purpose: Purpose?
    package var risk: RiskClass?
    /// The one person who may approve, by the name in their certificate; `nil` for any approver.
    package var approver: String?
    /// In ascending order of their names.
    package var models: [ModelSpec] = []
    package var personalData: PersonalData?
    /// How long records and outputs are to be kept after the end.
    package var retention: Microseconds?

    package init() {}
}

/// What a campaign is for.
package struct Purpose: Hashable, Sendable {
    /// From a list that the site keeps.
    package var code: String?
    package var text: String

    package init(code: String?, text: String) {
        self.code = code
        self.text = text
    }
}

/// How much harm a wrong result could do; the classes of Regulation (EU) 2024/1689, and those
/// systems that its Article 2(6) leaves out.
package enum RiskClass: String, Hashable, Sendable, CaseIterable {
    case minimal, limited, high
    case researchExempt = "research-exempt"
}

package enum PersonalData: Hashable, Sendable {
    case none
    /// - Parameter assessment: where the data protection impact assessment is found (GDPR,
    ///   Article 35).
    case processed(basis: LawfulBasis?, assessment: String?)
}

/// GDPR, Article 6(1), points (a) to (f).
package enum LawfulBasis: String, Hashable, Sendable, CaseIterable {
    case consent, contract
    case legalObligation = "legal-obligation"
    case vitalInterests = "vital-interests"
    case publicTask = "public-task"
    case legitimateInterests = "legitimate-interests"
}

/// A model that steps of the campaign run, whoever trained it.
package struct ModelSpec: Hashable, Sendable {
    package var name: String
    /// The input that is the model, or the output of the step that trains it.
    package var source: Source
    package var card: InputFile?
    /// SPDX expression, as written.
    package var licence: String?

    package init(name: String, source: Source, card: InputFile?, licence: String?) {
        self.name = name
        self.source = source
        self.card = card
        self.licence = licence
    }
}

/// Whose an input is, and who may see it where.
package struct Stewardship: Hashable, Sendable {
    package enum Classification: String, Hashable, Sendable, CaseIterable {
        case `public`, `internal`, restricted, personal
    }

    package var classification: Classification?
    /// Where it may be processed: country codes after ISO 3166-1, or names that the site's policy
    /// gives to groups of them; ascending. Empty for anywhere.
    package var residency: [String] = []
    package var owner: String?

    package init() {}
}

extension Campaign {
    /// The files that are the model, where it is an input.
    package func files(of model: ModelSpec) -> [InputFile] {
        guard case .input(let name) = model.source else { return [] }
        return input(named: name)?.files ?? []
    }
}
