import ErgonCoordinator
import ErgonModel
import Testing

@Suite struct `A campaign under a policy` {
    @Test func `that is refused has no number, and the refusal is on record with its reasons`() {
        var desk = PolicyWorld()
        let reply = desk.submit(verdict: .blocked)
        #expect(
            reply
                == .refused(
                    "the site's policy refuses it: G1 purpose: it has none \(PolicyWorld.remedy)"))
        guard case .policyDecided(let recorded) = desk.log.last else {
            Issue.record("\(String(describing: desk.log.last))")
            return
        }
        #expect(recorded.campaign == nil && recorded.by == PolicyWorld.anna)
        #expect(recorded.decision.verdict == .refused)
        #expect(desk.submit(verdict: .passed) == .accepted(CampaignID(1)))
    }

    @Test func `is not taken on the word of a policy that is not in force`() {
        var desk = PolicyWorld()
        let campaign = PolicyWorld.single
        for decision in [nil, PolicyWorld.decision(.passed, policy: content("other").digest)] {
            let reply = desk.reply(
                to: .submit(
                    .init(1), campaign, manifest: content("p"), by: "a", decision: decision))
            #expect(
                reply == .refused("the coordinator's policy has changed meanwhile: submit it again")
            )
        }
    }

    @Test func `waits for a second person, and starts when one approves`() {
        var desk = PolicyWorld()
        desk.connect("w1", Custody())
        #expect(desk.submit(verdict: .awaits, obliging: { $0.approval = true }).isAccepted)
        #expect(desk.leases.isEmpty)
        #expect(
            desk.held == "G3 approval: a second person has to approve it (`ergon approve`)")
        let explained = desk.reply(to: .explain(.last, stage: "gen", task: 0))
        #expect(
            explained
                == .explanation(
                    "p.gen.0 waits: "
                        + "G3 approval: a second person has to approve it (`ergon approve`)", []))
        let own = desk.answer(.approved, by: "spiffe://ergon/approver/anna")
        #expect(own == .refused("campaign 1 is your own: a second person has to answer"))
        #expect(desk.leases.isEmpty)
        let reply = desk.answer(.approved, by: PolicyWorld.bob)
        #expect(reply == .sentence("campaign 1 is approved, and starts"))
        #expect(desk.leases.count == 1 && desk.held == nil)
        let again = desk.answer(.approved, by: PolicyWorld.bob)
        #expect(again == .refused("campaign 1 is not waiting for an approval"))
    }

    @Test func `that is rejected ends before anything has started`() {
        var desk = PolicyWorld()
        desk.connect("w1", Custody())
        _ = desk.submit(verdict: .awaits, obliging: { $0.approval = true })
        #expect(desk.answer(.rejected, by: PolicyWorld.bob).isSentence)
        #expect(desk.leases.isEmpty && desk.ending == .cancelled)
    }

    @Test func `that a stricter policy refuses at its start goes on waiting`() {
        var desk = PolicyWorld()
        desk.connect("w1", Custody())
        _ = desk.submit(verdict: .awaits, obliging: { $0.approval = true })
        let reply = desk.answer(.approved, by: PolicyWorld.bob, start: .blocked)
        #expect(
            reply
                == .refused(
                    "the site's policy refuses campaign 1: G1 purpose: it has none \(PolicyWorld.remedy)"
                ))
        #expect(desk.leases.isEmpty)
        #expect(
            desk.held
                == "the site's policy refuses it: G1 purpose: it has none \(PolicyWorld.remedy)")
        #expect(desk.answer(.approved, by: PolicyWorld.bob).isSentence)
        #expect(desk.leases.count == 1)
    }

    @Test func `is bound to what it came with, even if a laxer policy approves its start`() {
        var desk = PolicyWorld()
        desk.connect("w1", Custody(jurisdiction: "US"))
        _ = desk.submit(
            verdict: .awaits,
            obliging: {
                $0.approval = true
                $0.places = ["CH", "FR"]
                $0.review = true
                $0.evidence = 2
            })
        #expect(desk.answer(.approved, by: PolicyWorld.bob).isSentence)
        #expect(desk.leases.isEmpty)
        var stricter = Obligations()
        stricter.places = ["FR", "IT"]
        stricter.evidence = 1
        let bound = desk.obligations
        #expect(bound?.review == true && bound?.evidence == 2)
        #expect(bound.map { stricter.joined(with: $0) }?.places == ["FR"])
        #expect(bound.map { stricter.joined(with: $0) }?.evidence == 2)
    }

    @Test func `is given to no worker where its data may not be, and that is on record once`() {
        var desk = PolicyWorld()
        desk.connect("w1", Custody(jurisdiction: "US"))
        desk.connect("w2", Custody())
        _ = desk.submit(verdict: .passed, obliging: { $0.places = ["CH", "FR"] })
        #expect(desk.leases.isEmpty)
        desk.connect("w3", Custody(jurisdiction: "US"))
        #expect(desk.placements == ["US", "no jurisdiction declared"])
        let explained = desk.reply(to: .explain(.last, stage: "gen", task: 0))
        guard case .explanation(let sentence, _) = explained else { return }
        #expect(sentence.contains("w1 may not be given it (US); w2 may not be given it"))
        desk.connect("w4", Custody(jurisdiction: "FR"))
        #expect(desk.leases.map(\.0) == [WorkerID("w4")])
    }

    @Test func `with personal data goes to restricted workers only`() {
        var desk = PolicyWorld()
        desk.connect("w1", Custody(jurisdiction: "CH"))
        _ = desk.submit(verdict: .passed, obliging: { $0.restrictedWorkers = true })
        #expect(desk.leases.isEmpty)
        desk.connect("w2", Custody(isRestricted: true))
        #expect(desk.leases.map(\.0) == [WorkerID("w2")])
    }

    @Test func `hands its outputs out when a second person has signed them off`() {
        var desk = PolicyWorld()
        desk.connect("w1", Custody())
        _ = desk.submit(verdict: .passed, obliging: { $0.review = true })
        #expect(!desk.answer(.approved, by: PolicyWorld.bob).isSentence)
        desk.work()
        #expect(desk.ending == .complete)
        #expect(
            desk.withheld
                == "G14 output-review: "
                + "a second person has to sign the outputs off first (`ergon approve`)")
        let own = desk.answer(.approved, by: "spiffe://ergon/approver/anna")
        #expect(!own.isSentence && desk.withheld != nil)
        #expect(
            desk.answer(.approved, by: PolicyWorld.bob)
                == .sentence("the outputs of campaign 1 are released"))
        #expect(desk.withheld == nil)
        #expect(!desk.answer(.rejected, by: PolicyWorld.bob).isSentence)
    }

    @Test func `whose outputs were rejected keeps them to itself`() {
        var desk = PolicyWorld()
        desk.connect("w1", Custody())
        _ = desk.submit(verdict: .passed, obliging: { $0.review = true })
        desk.work()
        #expect(desk.answer(.rejected, by: PolicyWorld.bob).isSentence)
        #expect(
            desk.withheld == "G14 output-review: the outputs were looked at, and are not released")
    }

    @Test func `hands its outputs out when somebody has found its evidence to be good`() {
        var desk = PolicyWorld()
        desk.connect("w1", Custody())
        _ = desk.submit(verdict: .passed, obliging: { $0.evidence = 1 })
        let eve = "spiffe://ergon/auditor/eve"
        #expect(!desk.answer(.approved, by: eve, of: .evidence).isSentence)
        desk.work()
        let withheld =
            "G15 evidence: it has to be written and found good first (`ergon audit evidence`)"
        #expect(desk.withheld == withheld)
        _ = desk.answer(.rejected, by: eve, of: .evidence, comment: "a file is missing")
        #expect(desk.withheld == withheld)
        let tooSoon = desk.answer(.approved, by: eve, of: .evidence)
        #expect(
            tooSoon
                == .refused(
                    "0 tasks of campaign 1 were run once more, and its policy asks for 1: "
                        + "`ergon audit replay`"))
        desk.connect("w2", Custody())
        let again = Rerun.Tasks(workers: [WorkerID("w1")], tasks: IntervalSet(0..<1))
        let rerun = Rerun(of: CampaignID(1), stage: "gen", tasks: [again], draw: nil)
        #expect(desk.reply(to: .replay(.init(1), rerun, by: eve)) == .accepted(CampaignID(2)))
        desk.work()
        #expect(desk.answer(.approved, by: eve, of: .evidence).isSentence)
        #expect(desk.withheld == nil)
        #expect(
            desk.findings(.close) == [
                GateFinding(
                    gate: .evidence, outcome: .blocked, reason: "a file is missing"),
                GateFinding(gate: .evidence, outcome: .passed),
            ])
    }

    @Test func `stands as it did after a restart, whatever the policy is then`() throws {
        var desk = PolicyWorld()
        desk.connect("w1", Custody(jurisdiction: "US"))
        _ = desk.submit(
            verdict: .awaits,
            obliging: {
                $0.approval = true
                $0.places = ["CH"]
            })
        let before = desk.held
        try desk.restart(policy: nil)
        #expect(desk.held == before)
        desk.connect("w1", Custody(jurisdiction: "US"))
        #expect(desk.answer(.approved, by: PolicyWorld.bob, start: nil).isSentence)
        #expect(desk.leases.isEmpty)
        desk.connect("w2", Custody(jurisdiction: "CH"))
        #expect(desk.leases.map(\.0) == [WorkerID("w2")])
    }
}
