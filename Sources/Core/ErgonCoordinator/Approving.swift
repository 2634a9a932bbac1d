package import ErgonModel

/// A second person's answer, and what the policy in force says of a start that it would lead to.
package struct AnswerGiven: Hashable, Sendable {
    package var campaign: CampaignID
    /// What it is about, if somebody says what they looked at; `nil`: what the campaign waits for.
    package var matter: Approval.Matter?
    package var answer: Approval.Answer
    package var comment: String
    /// The policy's word on a start with this approval; `nil` if no policy is in force.
    package var start: PolicyDecision?

    package init(
        campaign: CampaignID, matter: Approval.Matter? = nil, answer: Approval.Answer,
        comment: String, start: PolicyDecision?
    ) {
        self.campaign = campaign
        self.matter = matter
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
        if given.matter == .evidence {
            guard state.seal != nil, state.replay == nil else {
                return .refused("campaign \(id) has not ended, or runs tasks of another once more")
            }
            return noteEvidence(given, state, oversight, by, now, &effects)
        }
        if state.seal == nil {
            if oversight.obligations.approval, !oversight.isApproved {
                return answerStart(given, state, oversight, by, now, &effects)
            }
            guard oversight.isStopped else {
                return .refused("campaign \(id) is not waiting for an approval")
            }
            return answerOverrun(given, state, by, now, &effects)
        }
        guard oversight.obligations.review, oversight.review == nil else {
            return .refused("the outputs of campaign \(id) are not waiting for a review")
        }
        return answerRelease(given, state, oversight, by, now, &effects)
    }

    private func approval(
        of matter: Approval.Matter, _ given: AnswerGiven, _ state: CampaignState, _ by: String
    ) -> Approval {
        Approval(
            campaign: state.id, manifest: state.manifest.digest, matter: matter,
            answer: given.answer, comment: shortened(given.comment), by: by)
    }

    private mutating func reject(
        _ approval: Approval, _ now: Instant, _ effects: inout [Effect]
    ) {
        commit(.approved(approval), now, &effects)
        commit(.campaignCancelled(approval.campaign, by: approval.by), now, &effects)
        sealCampaign(approval.campaign, now, &effects)
    }

    /// The decision comes first: should a crash keep it alone, nothing has started.
    private mutating func answerStart(
        _ given: AnswerGiven, _ state: CampaignState, _ oversight: Oversight, _ by: String,
        _ now: Instant, _ effects: inout [Effect]
    ) -> Reply {
        let id = given.campaign
        let approval = approval(of: .start, given, state, by)
        guard given.answer == .approved else {
            reject(approval, now, &effects)
            return .sentence("campaign \(id) is rejected, and ended before it started")
        }
        guard given.start?.policy == policy else {
            return .refused("the coordinator's policy has changed meanwhile: answer again")
        }
        if var start = given.start {
            start.obligations = start.obligations.joined(with: oversight.obligations)
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

    private mutating func answerOverrun(
        _ given: AnswerGiven, _ state: CampaignState, _ by: String, _ now: Instant,
        _ effects: inout [Effect]
    ) -> Reply {
        let approval = approval(of: .budget, given, state, by)
        guard given.answer == .approved else {
            reject(approval, now, &effects)
            return .sentence("campaign \(state.id) ends where its budget did")
        }
        commit(.approved(approval), now, &effects)
        return .sentence("campaign \(state.id) goes on beyond its budget")
    }

    private mutating func answerRelease(
        _ given: AnswerGiven, _ state: CampaignState, _ oversight: Oversight, _ by: String,
        _ now: Instant, _ effects: inout [Effect]
    ) -> Reply {
        let isReleased = given.answer == .approved
        let finding = GateFinding(
            gate: .outputReview, outcome: isReleased ? .passed : .blocked,
            reason: isReleased ? "" : "the outputs were rejected")
        decide(oversight.decision, at: .release, [finding], on: state.id, by, now, &effects)
        commit(.approved(approval(of: .release, given, state, by)), now, &effects)
        return .sentence(
            "the outputs of campaign \(state.id) are \(isReleased ? "" : "not ")released")
    }

    /// What somebody found who wrote the evidence and verified it.
    private mutating func noteEvidence(
        _ given: AnswerGiven, _ state: CampaignState, _ oversight: Oversight, _ by: String,
        _ now: Instant, _ effects: inout [Effect]
    ) -> Reply {
        let isGood = given.answer == .approved
        let binds = oversight.obligations.evidence != nil
        let (again, asked) = (tasksRunAgain(of: state.id), oversight.obligations.evidence ?? 0)
        guard !isGood || again >= asked else {
            return .refused(
                "\(again) tasks of campaign \(state.id) were run once more, and its policy asks "
                    + "for \(asked): `ergon audit replay`")
        }
        let finding = GateFinding(
            gate: .evidence, outcome: isGood ? .passed : binds ? .blocked : .warned,
            reason: isGood ? "" : shortened(given.comment))
        decide(oversight.decision, at: .close, [finding], on: state.id, by, now, &effects)
        commit(.approved(approval(of: .evidence, given, state, by)), now, &effects)
        return .sentence(
            "the evidence of campaign \(state.id) is \(isGood ? "good" : "not good enough")")
    }

    private func tasksRunAgain(of id: CampaignID) -> Int {
        let replays = campaigns.values.filter { $0.replay?.of == id }
        return replays.compactMap(\.doneAgain).reduce(into: [Stage: IntervalSet]()) {
            $0[$1.stage, default: IntervalSet()].formUnion($1.tasks)
        }.values.reduce(0) { $0 + $1.count }
    }

    /// A decision that follows from an earlier one.
    mutating func decide(
        _ earlier: PolicyDecision, at moment: PolicyMoment, _ findings: [GateFinding],
        on id: CampaignID, _ by: String, custody: Custody? = nil, _ now: Instant,
        _ effects: inout [Effect]
    ) {
        var decision = earlier
        (decision.moment, decision.findings) = (moment, findings)
        let recorded = RecordedDecision(decision: decision, campaign: id, by: by, custody: custody)
        commit(.policyDecided(recorded), now, &effects)
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
