package import ErgonModel

/// What is known of a campaign when a policy is asked.
package struct PolicyCase: Sendable {
    package var campaign: Campaign
    /// What the cards of its models say, by the model's name; a card that cannot be read is absent.
    package var cards: [String: ModelCard]
    /// A second person has said yes.
    package var isApproved: Bool

    package init(campaign: Campaign, cards: [String: ModelCard], isApproved: Bool = false) {
        self.campaign = campaign
        self.cards = cards
        self.isApproved = isApproved
    }
}

extension SitePolicy {
    /// Judges a campaign for its submission and, as far as nobody has to say yes first, its start.
    /// - Parameter digest: of the policy's text.
    package func decideSubmission(
        _ subject: PolicyCase, policy digest: Digest, manifest: Digest
    ) -> PolicyDecision {
        decide(.submission, subject, digest, manifest)
    }

    /// Judges a campaign that a second person has approved.
    package func decideStart(
        _ subject: PolicyCase, policy digest: Digest, manifest: Digest
    ) -> PolicyDecision {
        var subject = subject
        subject.isApproved = true
        return decide(.start, subject, digest, manifest)
    }

    private func decide(
        _ moment: PolicyMoment, _ subject: PolicyCase, _ digest: Digest, _ manifest: Digest
    ) -> PolicyDecision {
        let gates = Gate.allCases.filter { gate in
            guard mode(of: gate) != .off else { return false }
            return switch gate.moment {
            case .submission: moment == .submission
            case .start, .placement: true
            case .running, .release, .close: false
            }
        }
        return PolicyDecision(
            moment: moment, policy: digest, manifest: manifest,
            findings: gates.map { finding(of: $0, subject) }, obligations: obligations(subject))
    }

    private func finding(of gate: Gate, _ subject: PolicyCase) -> GateFinding {
        let reasons = reasons(against: subject, at: gate)
        guard !reasons.isEmpty else { return GateFinding(gate: gate, outcome: .passed) }
        let text = shortened(reasons.joined(separator: "; "))
        let outcome: GateFinding.Outcome =
            switch mode(of: gate) {
            case .off: .passed
            case .warn: .warned
            case .block: gate == .approval ? .awaits : .blocked
            }
        return GateFinding(gate: gate, outcome: outcome, reason: text)
    }

    /// What does not satisfy the gate; nothing if all does.
    private func reasons(against subject: PolicyCase, at gate: Gate) -> [String] {
        let campaign = subject.campaign
        return switch gate {
        case .purpose: purposeReasons(campaign.governance.purpose)
        case .risk: riskReasons(campaign.governance.risk)
        case .approval: subject.isApproved ? [] : approvalReasons(campaign.governance.risk)
        case .modelCard: cardReasons(subject)
        case .licence: licenceReasons(campaign)
        case .dataset: campaign.inputs.flatMap(datasetReasons)
        case .residency: residencyReasons(campaign)
        case .pinnedSoftware: softwareReasons(campaign)
        case .seed: seedReasons(campaign)
        case .determinism: determinismReasons(campaign)
        case .retention: retentionReasons(campaign.governance)
        case .personalData: personalReasons(campaign)
        case .budget: budgetReasons(campaign)
        case .outputReview, .evidence: []
        }
    }

    /// What binds the coordinator from then on. A gate that only warns binds nobody.
    private func obligations(_ subject: PolicyCase) -> Obligations {
        var obligations = Obligations()
        let (campaign, risk) = (subject.campaign, subject.campaign.governance.risk)
        if mode(of: .approval) == .block {
            obligations.approval = !approvalReasons(risk).isEmpty
        }
        if mode(of: .residency) == .block { obligations.places = places(of: campaign) }
        if mode(of: .personalData) == .block {
            obligations.restrictedWorkers = campaign.hasPersonalData
        }
        if mode(of: .outputReview) == .block {
            obligations.review = risk.map(rules.reviewRisks.contains) ?? false
        }
        obligations.budget = mode(of: .budget) == .block && campaign.goals.budget?.energy != nil
        if mode(of: .evidence) == .block { obligations.evidence = rules.evidenceSample }
        return obligations
    }
}
