import ErgonAudit
import ErgonModel
import ErgonProvenance
import Testing

@Suite struct `The audit of a campaign under a policy` {
    /// The fixture's log with a policy, a decision and an approval in their places.
    private static let sound: [RecordedEvent] = {
        var log = Fixture.log
        log.insert(approval(), at: 3)
        log.insert(decided(.start), at: 3)
        log[2] = .campaignAccepted(accepted)
        log.insert(decided(.submission), at: 2)
        log.insert(.policyInForce(policy), at: 1)
        log.append(approval(.release))
        return log
    }()

    private static let policy = Digest(of: [7])
    private static let anna = "spiffe://ergon/submitter/anna"
    private static let accepted = AcceptedCampaign(
        id: CampaignID(1), name: "z-peak", manifest: Fixture.manifest, by: anna)

    private static func decided(
        _ moment: PolicyMoment, _ change: (inout RecordedDecision) -> Void = { _ in }
    ) -> RecordedEvent {
        var bound = Obligations()
        bound.approval = true
        bound.review = true
        let decision = PolicyDecision(
            moment: moment, policy: policy, manifest: Fixture.manifest,
            findings: [
                GateFinding(
                    gate: .approval, outcome: moment == .submission ? .awaits : .passed,
                    reason: "")
            ], obligations: bound)
        var recorded = RecordedDecision(decision: decision, campaign: CampaignID(1), by: anna)
        change(&recorded)
        return .policyDecided(recorded)
    }

    private static func approval(
        _ matter: Approval.Matter = .start, _ change: (inout Approval) -> Void = { _ in }
    ) -> RecordedEvent {
        var approval = Approval(
            campaign: CampaignID(1), manifest: Fixture.manifest, matter: matter,
            answer: .approved, comment: "", by: "spiffe://ergon/approver/bob")
        change(&approval)
        return .approved(approval)
    }

    private static func place(of event: RecordedEvent) -> Int {
        sound.firstIndex(of: event) ?? 0
    }

    @Test func `has no finding if all had leave`() throws {
        #expect(try audit(Self.sound).findings == [])
    }

    private static let flaws: [Falsification] = [
        Falsification("no approval", "campaign 1: gen by worker w1 ran before it was approved") {
            $0.remove(at: place(of: approval()))
        },
        Falsification(
            "no decision", "campaign 1 was taken without a decision of the policy"
        ) { $0.remove(at: place(of: decided(.submission))) },
        Falsification(
            "a decision on another manifest",
            "campaign 1 was taken without a decision of the policy"
        ) {
            $0[place(of: decided(.submission))] = decided(.submission) {
                $0.decision.manifest = policy
            }
        },
        Falsification("a decision of no policy", "a decision by a policy that is not in force") {
            $0[place(of: .policyInForce(policy))] = .policyInForce(Fixture.manifest)
        },
        Falsification("one's own approval", "campaign 1: approved by whoever submitted it") {
            $0[place(of: approval())] = approval { $0.by = "spiffe://ergon/approver/anna" }
        },
        Falsification("no approver", "campaign 1: approved by somebody who is no approver") {
            $0[place(of: approval())] = approval { $0.by = "spiffe://ergon/operator/bob" }
        },
        Falsification("another manifest", "campaign 1: an approval of another manifest") {
            $0[place(of: approval())] = approval { $0.manifest = policy }
        },
        Falsification("a rejection", "campaign 1: gen by worker w1 ran before it was approved") {
            $0[place(of: approval())] = approval { $0.answer = .rejected }
        },
        Falsification("an approval twice", "campaign 1: an approval unasked for") {
            $0.insert(approval(), at: place(of: approval()))
        },
        Falsification("a review twice", "campaign 1: a review unasked for") {
            $0.append(approval(.release))
        },
        Falsification("a review too soon", "campaign 1: its outputs were reviewed before the seal")
        {
            $0.insert(approval(.release), at: place(of: approval()))
        },
        Falsification("a refusal", "campaign 1: gen by worker w1 ran though its policy refused it")
        {
            $0[place(of: decided(.start))] = decided(.start) {
                $0.decision.findings[0].outcome = .blocked
            }
        },
        Falsification(
            "another place", "campaign 1: gen by worker w1 ran where its policy forbids it"
        ) {
            $0[place(of: decided(.start))] = decided(.start) {
                $0.decision.obligations.places = ["CH"]
            }
        },
        Falsification(
            "a start that unbinds",
            "campaign 1: its start was judged to bind it to less than before"
        ) {
            $0[place(of: decided(.start))] = decided(.start) {
                $0.decision.obligations.review = false
            }
        },
        Falsification("a refusal with a number", "a refused submission with a number") {
            $0.insert(
                decided(.submission) { $0.decision.findings[0].outcome = .blocked },
                at: place(of: decided(.submission)))
        },
        Falsification("an approval without a policy", "campaign 1: an approval unasked for") {
            $0.remove(at: place(of: decided(.start)))
            $0.remove(at: place(of: decided(.submission)))
            $0.remove(at: place(of: .policyInForce(policy)))
        },
        Falsification("the policy named twice", "the policy in force was named twice") {
            $0.insert(.policyInForce(policy), at: place(of: .policyInForce(policy)))
        },
    ]

    @Test(arguments: flaws)
    func `names what had no leave`(flaw: Falsification) throws {
        var log = Self.sound
        flaw.change(&log)
        let problems = try audit(log).findings.map(\.problem)
        #expect(problems.contains(flaw.finding), "\(problems)")
    }

    // MARK: Budgets and evidence

    /// The same campaign, for 44 J of the 48 J that it takes.
    private static let bounded: Campaign = {
        var campaign = Fixture.campaign
        campaign.goals.budget = SpendingLimit(energy: Joules(microjoules: 44_000_000))
        return campaign
    }()

    private static func judged(
        _ moment: PolicyMoment, _ gate: Gate, _ outcome: GateFinding.Outcome
    ) -> RecordedEvent {
        decided(moment) {
            $0.decision.findings = [GateFinding(gate: gate, outcome: outcome, reason: "")]
            $0.decision.obligations = bound
        }
    }

    private static let bound: Obligations = {
        var bound = Obligations()
        bound.budget = true
        bound.evidence = 0
        return bound
    }()

    private static let stop = judged(.running, .budget, .blocked)
    private static let leave = approval(.budget)
    private static let closed = approval(.evidence) { $0.by = "spiffe://ergon/auditor/eve" }

    private static let spent: [RecordedEvent] = {
        var log = Fixture.log
        log.append(judged(.close, .evidence, .passed))
        log.append(closed)
        log.insert(contentsOf: [stop, leave], at: 16)
        log[2] = .campaignAccepted(accepted)
        log.insert(judged(.submission, .budget, .passed), at: 2)
        log.insert(.policyInForce(policy), at: 1)
        return log
    }()

    @Test func `has no finding if its budget was watched and its evidence is there`() throws {
        #expect(try audit(Self.spent, of: Self.bounded).findings == [])
    }

    private static let excesses: [Falsification] = [
        Falsification("nobody watched", "campaign 1: its budget was spent, and no decision says so")
        {
            $0.removeAll { $0 == stop || $0 == leave }
        },
        Falsification("stopped early", "campaign 1: stopped for its budget before that was spent") {
            $0.removeAll { $0 == stop }
            $0.insert(stop, at: 8)
        },
        Falsification("let go on early", "campaign 1: let go on beyond its budget without need") {
            $0.removeAll { $0 == leave }
            $0.insert(leave, at: 8)
        },
        Falsification("let go on late", "campaign 1: let go on after the seal") {
            $0.removeAll { $0 == leave }
            $0.append(leave)
        },
        Falsification("a budget that is none", "campaign 1: stopped for a budget that binds nobody")
        {
            $0[3] = decided(.submission) { $0.decision.obligations = Obligations() }
        },
        Falsification("one's own leave", "campaign 1: approved by whoever submitted it") {
            $0 = $0.map { event in
                event == leave
                    ? approval(.budget) { $0.by = "spiffe://ergon/approver/anna" } : event
            }
        },
        Falsification("too soon", "campaign 1: its evidence was judged before the seal") {
            $0.insert(closed, at: 8)
        },
        Falsification("no sample", "campaign 1: its evidence was found good without its sample") {
            $0[3] = decided(.submission) {
                $0.decision.obligations = bound
                $0.decision.obligations.evidence = 1
            }
        },
    ]

    @Test(arguments: excesses)
    func `names what was beyond its budget or without evidence`(flaw: Falsification) throws {
        var log = Self.spent
        flaw.change(&log)
        let problems = try audit(log, of: Self.bounded).findings.map(\.problem)
        #expect(problems.contains(flaw.finding), "\(problems)")
    }
}
