import ErgonModel

// What is read, by whose leave and where: G4, G5, G6, G7, G12.

extension SitePolicy {
    func cardReasons(_ subject: PolicyCase) -> [String] {
        let campaign = subject.campaign
        let unknown = campaign.steps.flatMap(\.models).filter { name in
            !campaign.governance.models.contains { $0.name == name }
        }
        return unknown.map { "model `\($0)` is not declared" }
            + campaign.governance.models.flatMap { cardReasons($0, campaign, subject.cards) }
    }

    private func cardReasons(
        _ model: ModelSpec, _ campaign: Campaign, _ cards: [String: ModelCard]
    ) -> [String] {
        guard model.card != nil else { return ["model `\(model.name)` has no card"] }
        guard let card = cards[model.name] else {
            return ["the card of model `\(model.name)` cannot be read"]
        }
        var reasons: [String] = []
        let missing = rules.cardFields.filter { field in
            if field == .licence, model.licence != nil { return false }
            return !card.fields.contains(field)
        }
        if !missing.isEmpty {
            let names = missing.map(\.rawValue).joined(separator: ", ")
            reasons.append("the card of model `\(model.name)` lacks \(names)")
        }
        let files = campaign.files(of: model)
        guard !files.isEmpty else { return reasons }
        if let digest = card.model, !files.contains(where: { $0.digest == digest }) {
            reasons.append("the card of model `\(model.name)` is of another file, \(digest)")
        } else if card.model == nil {
            reasons.append("the card of model `\(model.name)` does not name its `sha256`")
        }
        return reasons
    }

    func licenceReasons(_ campaign: Campaign) -> [String] {
        let stated =
            campaign.inputs.map { ("input `\($0.name)`", $0.licence) }
            + campaign.governance.models.map { ("model `\($0.name)`", $0.licence) }
        return stated.compactMap { owner, licence in
            guard let licence else { return "\(owner) has no licence" }
            return licenceReason(licence).map { "the licence of \(owner) \($0)" }
        }
    }

    private func licenceReason(_ text: String) -> String? {
        do throws(LicenceFault) {
            let expression = try LicenceExpression(parsing: text)
            if rules.licences.isEmpty || expression.isAllowed(Set(rules.licences)) { return nil }
            return "is not allowed here: \(shortened(text, to: 100))"
        } catch {
            return error.description
        }
    }

    func datasetReasons(_ input: InputSpec) -> [String] {
        let missing = rules.datasetFields.filter { field in
            switch field {
            case .licence: input.licence == nil
            case .classification: input.stewardship.classification == nil
            case .residency: input.stewardship.residency.isEmpty
            case .owner: input.stewardship.owner == nil
            }
        }
        guard !missing.isEmpty else { return [] }
        let names = missing.map { "`\($0.rawValue)`" }.joined(separator: ", ")
        return ["input `\(input.name)` has no \(names)"]
    }

    func residencyReasons(_ campaign: Campaign) -> [String] {
        let codes = Set(campaign.inputs.flatMap(\.stewardship.residency))
        let unknown = codes.filter { !isCountry($0) && rules.regions[$0] == nil }.sorted()
        if !unknown.isEmpty {
            let names = unknown.map { "`\($0)`" }.joined(separator: ", ")
            return ["the policy knows no region \(names)"]
        }
        guard let places = places(of: campaign) else { return [] }
        if places.isEmpty { return ["no place may process all inputs together"] }
        guard mode(of: .residency) == .warn else { return [] }
        return ["inputs are bound to \(places.joined(separator: ", ")); nothing keeps them there"]
    }

    /// Jurisdictions that may process every input; `nil` for all there are.
    func places(of campaign: Campaign) -> [String]? {
        let sets = campaign.inputs.map(\.stewardship.residency).filter { !$0.isEmpty }.map {
            Set($0.flatMap { rules.regions[$0] ?? [$0] })
        }
        guard let first = sets.first else { return nil }
        return sets.dropFirst().reduce(first) { $0.intersection($1) }.sorted()
    }

    /// ISO 3166-1 alpha-2, by its form.
    private func isCountry(_ code: String) -> Bool {
        code.utf8.count == 2
            && code.utf8.allSatisfy { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
    }

    func personalReasons(_ campaign: Campaign) -> [String] {
        let inputs = campaign.inputs.filter { $0.stewardship.classification == .personal }
        switch campaign.governance.personalData {
        case nil: return ["the manifest has no `personal-data`; `none` if there are none"]
        case .some(.none):
            return inputs.map { "input `\($0.name)` is personal, but `personal-data` is `none`" }
        case .processed(let basis, let assessment):
            return (basis == nil ? ["personal data without a lawful `basis`"] : [])
                + (assessment == nil ? ["personal data without an `assessment`"] : [])
        }
    }
}

extension Campaign {
    /// Whether it says that it processes personal data, or reads some.
    var hasPersonalData: Bool {
        if case .processed = governance.personalData { return true }
        return inputs.contains { $0.stewardship.classification == .personal }
    }
}
