/// What a policy said of one campaign at one moment. It stays what it was when the policy changes.
package struct PolicyDecision: Hashable, Sendable {
    package enum Verdict: String, Hashable, Sendable, CaseIterable { case allowed, held, refused }

    package var moment: PolicyMoment
    /// Of the policy's text, which is content.
    package var policy: Digest
    /// Of the campaign's canonical form.
    package var manifest: Digest
    /// In the order of the gates, each at most once; only gates that are on.
    package var findings: [GateFinding]
    package var obligations: Obligations

    package init(
        moment: PolicyMoment, policy: Digest, manifest: Digest, findings: [GateFinding],
        obligations: Obligations
    ) {
        self.moment = moment
        self.policy = policy
        self.manifest = manifest
        self.findings = findings
        self.obligations = obligations
    }

    package var verdict: Verdict {
        let outcomes = findings.map(\.outcome)
        if outcomes.contains(.blocked) { return .refused }
        return outcomes.contains(.awaits) ? .held : .allowed
    }

    /// The gates with that outcome, why, and what can be done, for people.
    package func sentence(_ outcome: GateFinding.Outcome) -> String {
        findings.filter { $0.outcome == outcome }
            .map { "\($0.gate.title): \($0.reason) (\($0.gate.remedy))" }
            .joined(separator: "; ")
    }
}
