/// One decision as it stands on record.
package struct RecordedDecision: Hashable, Sendable {
    package var decision: PolicyDecision
    /// The campaign, or the number that it is accepted under with the record after this one; `nil`
    /// if it was refused when it was handed in, and has none.
    package var campaign: CampaignID?
    /// Whose act was judged: who submitted it, approved it, or signed its outputs off;
    /// `coordinator` if it came to that by itself.
    package var by: String
    /// For a decision on placement: of which workers it speaks.
    package var custody: Custody?

    package init(
        decision: PolicyDecision, campaign: CampaignID?, by: String, custody: Custody? = nil
    ) {
        self.decision = decision
        self.campaign = campaign
        self.by = by
        self.custody = custody
    }
}

/// What a second person answered when a policy asked for one, or found when they looked.
package struct Approval: Hashable, Sendable {
    /// What the answer is about.
    package enum Matter: String, Hashable, Sendable, CaseIterable {
        case start
        /// Going on though the budget is spent.
        case budget
        case release
        /// Whether the evidence is there, and good.
        case evidence
    }
    package enum Answer: String, Hashable, Sendable, CaseIterable { case approved, rejected }

    package var campaign: CampaignID
    /// What they were shown: digest of the canonical form.
    package var manifest: Digest
    package var matter: Matter
    package var answer: Answer
    /// Empty if they gave none.
    package var comment: String
    package var by: String

    package init(
        campaign: CampaignID, manifest: Digest, matter: Matter, answer: Answer, comment: String,
        by: String
    ) {
        self.campaign = campaign
        self.manifest = manifest
        self.matter = matter
        self.answer = answer
        self.comment = comment
        self.by = by
    }
}

/// The person in an actor, `spiffe://ergon/<role>/<person>`, whatever their role: the same person
/// may hold certificates of several.
package func person(of actor: String) -> Substring {
    actor.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
}
