import ErgonCoordinator
import ErgonModel
import Testing

/// A coordinator with a policy, and people and workers who come to it.
struct PolicyWorld {
    static let anna = "spiffe://ergon/submitter/anna"
    static let remedy = "(say what it is for, by a code that the policy lists)"
    static let bob = "spiffe://ergon/approver/bob"
    static let policy = content("policy").digest
    static let single = ErgonCoordinatorTests.campaign("p", [step("gen", split: .single)])
    let campaign: Campaign

    private(set) var coordinator = Coordinator()
    private(set) var log: [RecordedEvent] = []
    private(set) var leases: [(WorkerID, Lease)] = []
    private var now = Instant(microseconds: 1)
    private var reports = 0

    init(_ campaign: Campaign = Self.single) {
        self.campaign = campaign
        perform(coordinator.start(version: "1", policy: Self.policy, now: now))
    }

    static func decision(
        _ outcome: GateFinding.Outcome, policy: Digest? = nil,
        moment: PolicyMoment = .submission, gates: [Gate] = []
    ) -> PolicyDecision {
        PolicyDecision(
            moment: moment, policy: policy ?? Self.policy, manifest: content("p").digest,
            findings: [
                GateFinding(
                    gate: .purpose, outcome: outcome,
                    reason: outcome == .passed ? "" : "it has none")
            ] + gates.map { GateFinding(gate: $0, outcome: .passed) }, obligations: Obligations())
    }

    mutating func submit(
        verdict: GateFinding.Outcome, gates: [Gate] = [],
        obliging: (inout Obligations) -> Void = { _ in }
    ) -> Coordinator.Reply? {
        var decision = Self.decision(verdict, gates: gates)
        obliging(&decision.obligations)
        return reply(
            to: .submit(
                .init(1), campaign, manifest: content("p"), by: Self.anna,
                decision: decision))
    }

    mutating func answer(
        _ answer: Approval.Answer, by: String, start: GateFinding.Outcome? = .passed,
        of matter: Approval.Matter? = nil, comment: String = ""
    ) -> Coordinator.Reply? {
        let given = AnswerGiven(
            campaign: CampaignID(1), matter: matter, answer: answer, comment: comment,
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
        while !leases.isEmpty { end(leases[0].1.tasks, of: leases.removeFirst()) }
    }

    /// Ends one task of those that were leased, which has drawn so much.
    mutating func work(drawing energy: Joules) {
        let (worker, lease) = leases.removeFirst()
        let first = lease.tasks.lowerBound
        end(first..<first + 1, of: (worker, lease), drawing: energy)
        guard lease.tasks.count > 1 else { return }
        var rest = lease
        rest.tasks = first + 1..<lease.tasks.upperBound
        leases.insert((worker, rest), at: 0)
    }

    private mutating func end(
        _ tasks: Range<Int>, of held: (WorkerID, Lease), drawing energy: Joules = .zero
    ) {
        let (worker, lease) = held
        let result = TaskResult(
            task: tasks.lowerBound, count: tasks.count, outcome: .succeeded,
            outputs: [], log: nil, started: now, wall: .zero, cpu: .zero, energy: energy)
        reports += 1
        let report = WorkerReport(
            id: ReportID(life: 1, batch: reports), lease: lease.id, campaign: lease.campaign,
            stage: lease.stage, results: [result])
        perform(coordinator.handle(.report(worker, report), now: now))
    }

    /// Once by its log and once by its snapshot, which must be the same.
    mutating func restart(policy: Digest?) throws {
        let campaign = campaign
        func known(_ digest: Digest) throws(ReplayFault) -> (Campaign, size: ByteCount)? {
            (campaign, ByteCount(1))
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
        guard case .results(let results) = reply(to: .results(Coordinator.CampaignSelector("1")))
        else { return nil }
        return results.withheld
    }
    var notice: String? { report?.notice }
    /// What was said at that moment: outcomes and reasons.
    func findings(_ moment: PolicyMoment) -> [GateFinding] {
        log.flatMap { event -> [GateFinding] in
            guard case .policyDecided(let recorded) = event, recorded.decision.moment == moment
            else { return [] }
            return recorded.decision.findings
        }
    }
    /// By the last decision on record.
    var obligations: Obligations? {
        log.compactMap { event -> Obligations? in
            guard case .policyDecided(let recorded) = event else { return nil }
            return recorded.decision.obligations
        }.last
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
    var isAccepted: Bool { if case .accepted = self { true } else { false } }
    var isSentence: Bool { if case .sentence = self { true } else { false } }
}
