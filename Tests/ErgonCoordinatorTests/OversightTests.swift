import ErgonCoordinator
import ErgonModel
import Testing

@Suite struct `A campaign under a policy` {
    @Test func `that is refused has no number, and the refusal is on record with its reasons`() {
        var desk = PolicyWorld()
        let reply = desk.submit(verdict: .blocked)
        #expect(reply == .refused("the site's policy refuses it: G1 purpose: it has none"))
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
        let campaign = PolicyWorld.campaign
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
        #expect(desk.held == "a second person has to approve it (`ergon approve`)")
        let explained = desk.reply(to: .explain(.last, stage: "gen", task: 0))
        #expect(
            explained
                == .explanation(
                    "p.gen.0 waits: a second person has to approve it (`ergon approve`)", []))
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
            reply == .refused("the site's policy refuses campaign 1: G1 purpose: it has none"))
        #expect(desk.leases.isEmpty)
        #expect(desk.held == "the site's policy refuses it: G1 purpose: it has none")
        #expect(desk.answer(.approved, by: PolicyWorld.bob).isSentence)
        #expect(desk.leases.count == 1)
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
                == "a second person has to sign the outputs off first (`ergon approve`)")
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
        #expect(desk.withheld == "the outputs were looked at, and are not released")
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

/// A coordinator with a policy, and people and workers who come to it.
struct PolicyWorld {
    static let anna = "spiffe://ergon/submitter/anna"
    static let bob = "spiffe://ergon/approver/bob"
    static let policy = content("policy").digest
    static let campaign = ErgonCoordinatorTests.campaign("p", [step("gen", split: .single)])

    private(set) var coordinator = Coordinator()
    private(set) var log: [RecordedEvent] = []
    private(set) var leases: [(WorkerID, Lease)] = []
    private var now = Instant(microseconds: 1)

    init() { perform(coordinator.start(version: "1", policy: Self.policy, now: now)) }

    static func decision(
        _ outcome: GateFinding.Outcome, policy: Digest? = nil,
        moment: PolicyMoment = .submission
    ) -> PolicyDecision {
        PolicyDecision(
            moment: moment, policy: policy ?? Self.policy, manifest: content("p").digest,
            findings: [
                GateFinding(
                    gate: .purpose, outcome: outcome,
                    reason: outcome == .passed ? "" : "it has none")
            ], obligations: Obligations())
    }

    mutating func submit(
        verdict: GateFinding.Outcome, obliging: (inout Obligations) -> Void = { _ in }
    ) -> Coordinator.Reply? {
        var decision = Self.decision(verdict)
        obliging(&decision.obligations)
        return reply(
            to: .submit(
                .init(1), Self.campaign, manifest: content("p"), by: Self.anna,
                decision: decision))
    }

    mutating func answer(
        _ answer: Approval.Answer, by: String, start: GateFinding.Outcome? = .passed
    ) -> Coordinator.Reply? {
        let given = AnswerGiven(
            campaign: CampaignID(1), answer: answer, comment: "",
            start: start.map { Self.decision($0, moment: .start) })
        return reply(to: .approve(.init(1), given, by: by))
    }

    mutating func connect(_ name: String, _ custody: Custody) {
        var facts = WorkerFacts(
            worker: WorkerID(name), cpus: 1, memory: ByteCount(1 << 36), cpuModel: "",
            power: PowerModel(source: "", perThread: Watts(milliwatts: 1), uncertaintyPercent: 0))
        facts.custody = custody
        perform(coordinator.handle(.workerConnected(facts, life: 1, held: []), now: now))
    }

    /// Ends every task that was leased.
    mutating func work() {
        while !leases.isEmpty {
            let (worker, lease) = leases.removeFirst()
            let result = TaskResult(
                task: lease.tasks.lowerBound, count: lease.tasks.count, outcome: .succeeded,
                outputs: [], log: nil, started: now, wall: .zero, cpu: .zero, energy: .zero)
            let report = WorkerReport(
                id: ReportID(life: 1, batch: 1), lease: lease.id, campaign: lease.campaign,
                stage: lease.stage, results: [result])
            perform(coordinator.handle(.report(worker, report), now: now))
        }
    }

    /// Once by its log and once by its snapshot, which must be the same.
    mutating func restart(policy: Digest?) throws {
        func known(_ digest: Digest) throws(ReplayFault) -> (Campaign, size: ByteCount)? {
            (Self.campaign, ByteCount(1))
        }
        var replayed = Coordinator()
        for event in log { try replayed.replay(Record(time: now, event: event), campaign: known) }
        #expect(
            replayed.snapshot() == coordinator.snapshot(), "a replay leads to the same state")
        coordinator = try Coordinator(
            snapshot: coordinator.snapshot(), grace: .zero, campaign: known)
        leases = []
        perform(coordinator.start(version: "1", policy: policy, now: now))
        now = now + Microseconds.seconds(60)
    }

    mutating func reply(to event: Coordinator.Event) -> Coordinator.Reply? {
        let effects = coordinator.handle(event, now: now)
        perform(effects)
        for case .reply(_, let reply) in effects { return reply }
        return nil
    }

    func reply(to question: Coordinator.Question) -> Coordinator.Reply {
        coordinator.answer(question, now: now)
    }

    private var report: Coordinator.CampaignReport? {
        guard case .status(let status) = reply(to: .status(.last)) else { return nil }
        return status.campaigns.first
    }
    var held: String? { report?.held }
    var ending: SealedCampaign.Ending? { report?.ending }
    var withheld: String? {
        guard case .results(let results) = reply(to: .results(.last)) else { return nil }
        return results.withheld
    }
    var placements: [String] {
        log.compactMap { event in
            guard case .policyDecided(let recorded) = event else { return nil }
            return recorded.custody?.text
        }
    }

    private mutating func perform(_ effects: [Coordinator.Effect]) {
        for effect in effects {
            switch effect {
            case .record(let record): log.append(record.event)
            case .send(let worker, .lease(let lease)): leases.append((worker, lease))
            case .send, .reply, .countLines, .keepStatement, .plan: break
            }
        }
    }
}

extension Coordinator.Reply? {
    fileprivate var isAccepted: Bool { if case .accepted = self { true } else { false } }
    fileprivate var isSentence: Bool { if case .sentence = self { true } else { false } }
}
