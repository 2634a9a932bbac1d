package import ErgonModel

/// A second person's answer, and what the policy in force says of a start that it would lead to.
package struct AnswerGiven: Hashable, Sendable {
    package var campaign: CampaignID
    package var answer: Approval.Answer
    package var comment: String
    /// The policy's word on a start with this approval; `nil` if no policy is in force.
    package var start: PolicyDecision?

    package init(
        campaign: CampaignID, answer: Approval.Answer, comment: String, start: PolicyDecision?
    ) {
        self.campaign = campaign
        self.answer = answer
        self.comment = comment
        self.start = start
    }
}

extension Coordinator {
    mutating func approve(
        _ given: AnswerGiven, _ by: String, _ now: Instant, _ effects: inout [Effect]
    ) -> Reply {
        let id = given.campaign
        guard let state = campaigns[id] else { return .unknownCampaign }
        guard let oversight = state.oversight else {
            return .refused("campaign \(id) needs nobody's approval")
        }
        guard person(of: by) != person(of: state.by) else {
            return .refused("campaign \(id) is your own: a second person has to answer")
        }
        if state.seal == nil {
            guard oversight.obligations.approval, !oversight.isApproved else {
                return .refused("campaign \(id) is not waiting for an approval")
            }
            return answerStart(given, state, by, now, &effects)
        }
        guard oversight.obligations.review, oversight.review == nil else {
            return .refused("the outputs of campaign \(id) are not waiting for a review")
        }
        return answerRelease(given, state, oversight, by, now, &effects)
    }

    /// The decision comes first: should a crash keep it alone, nothing has started.
    private mutating func answerStart(
        _ given: AnswerGiven, _ state: CampaignState, _ by: String, _ now: Instant,
        _ effects: inout [Effect]
    ) -> Reply {
        let id = given.campaign
        let approval = Approval(
            campaign: id, manifest: state.manifest.digest, matter: .start, answer: given.answer,
            comment: shortened(given.comment), by: by)
        guard given.answer == .approved else {
            commit(.approved(approval), now, &effects)
            commit(.campaignCancelled(id, by: by), now, &effects)
            sealCampaign(id, now, &effects)
            return .sentence("campaign \(id) is rejected, and ended before it started")
        }
        guard given.start?.policy == policy else {
            return .refused("the coordinator's policy has changed meanwhile: answer again")
        }
        if var start = given.start {
            start.obligations.approval = true
            let recorded = RecordedDecision(decision: start, campaign: id, by: by)
            commit(.policyDecided(recorded), now, &effects)
            if start.verdict == .refused {
                return .refused(
                    "the site's policy refuses campaign \(id): \(start.sentence(.blocked))")
            }
        }
        commit(.approved(approval), now, &effects)
        return .sentence("campaign \(id) is approved, and starts")
    }

    private mutating func answerRelease(
        _ given: AnswerGiven, _ state: CampaignState, _ oversight: Oversight, _ by: String,
        _ now: Instant, _ effects: inout [Effect]
    ) -> Reply {
        let isReleased = given.answer == .approved
        var decision = oversight.decision
        decision.moment = .release
        decision.findings = [
            GateFinding(
                gate: .outputReview, outcome: isReleased ? .passed : .blocked,
                reason: isReleased ? "" : "the outputs were rejected")
        ]
        commit(
            .policyDecided(RecordedDecision(decision: decision, campaign: state.id, by: by)), now,
            &effects)
        let approval = Approval(
            campaign: state.id, manifest: state.manifest.digest, matter: .release,
            answer: given.answer, comment: shortened(given.comment), by: by)
        commit(.approved(approval), now, &effects)
        return .sentence(
            "the outputs of campaign \(state.id) are \(isReleased ? "" : "not ")released")
    }

    /// A campaign that the policy in force has judged.
    /// - Returns: why it is not taken; `nil` if it is.
    mutating func announce(
        _ decision: PolicyDecision?, by: String, _ now: Instant, _ effects: inout [Effect]
    ) -> String? {
        guard decision?.policy == policy else {
            return "the coordinator's policy has changed meanwhile: submit it again"
        }
        guard let decision else { return nil }
        let isRefused = decision.verdict == .refused
        let id = isRefused ? nil : CampaignID(lastCampaign + 1)
        commit(
            .policyDecided(RecordedDecision(decision: decision, campaign: id, by: by)), now,
            &effects)
        return isRefused ? "the site's policy refuses it: \(decision.sentence(.blocked))" : nil
    }
}
