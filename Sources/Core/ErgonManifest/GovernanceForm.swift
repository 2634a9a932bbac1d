import ErgonModel

/// The members of the canonical form that a policy asks for. What is not declared is left out: what
/// was accepted before there were such keys keeps its identity.
func members(of governance: Governance) -> [String: JSON?] {
    [
        "purpose": governance.purpose.map { purpose in
            object(["code": purpose.code.map(JSON.string), "text": .string(purpose.text)])
        },
        "risk": (governance.risk?.rawValue).map(JSON.string),
        "approver": governance.approver.map(JSON.string),
        "models": governance.models.isEmpty ? nil : named(governance.models, \.name, form),
        "personal-data": governance.personalData.map(form),
        "retention": governance.retention.map { .string(canonicalText(of: $0)) },
    ]
}

func members(of stewardship: Stewardship) -> [String: JSON?] {
    [
        "classification": (stewardship.classification?.rawValue).map(JSON.string),
        "residency": stewardship.residency.isEmpty
            ? nil : .array(stewardship.residency.map(JSON.string)),
        "owner": stewardship.owner.map(JSON.string),
    ]
}

private func form(_ model: ModelSpec) -> JSON {
    object([
        "from": .string(model.source.text), "card": model.card.map(form),
        "licence": model.licence.map(JSON.string),
    ])
}

private func form(_ data: PersonalData) -> JSON {
    switch data {
    case .none: .string("none")
    case .processed(let basis, let assessment):
        object([
            "basis": (basis?.rawValue).map(JSON.string),
            "assessment": assessment.map(JSON.string),
        ])
    }
}
