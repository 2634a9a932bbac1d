import ErgonCoordinator
import ErgonModel
import Testing

@Suite struct `A campaign whose policy watches its budget` {
    /// Six tasks for 100 J.
    private static func world(_ mode: GateMode) -> PolicyWorld {
        var campaign = ErgonCoordinatorTests.campaign(
            "p", [step("gen", split: .seeds(total: 6, perTask: 1, eventsPerSeed: 1))])
        campaign.goals.budget = SpendingLimit(
            energy: Joules(microjoules: 100_000_000), onExcess: .warn)
        var desk = PolicyWorld(campaign)
        let reply = desk.submit(
            verdict: .passed, gates: [.budget], obliging: { $0.budget = mode == .block })
        #expect(reply.isAccepted)
        desk.connect("w1", Custody())
        return desk
    }

    private static let twenty = Joules(microjoules: 20_000_000)
    private static let warned = GateFinding(
        gate: .budget, outcome: .warned,
        reason:
            "going on like this it will have taken 120.0 J in the end, and its budget is 100.0 J")
    private static let stopped = GateFinding(
        gate: .budget, outcome: .blocked,
        reason: "it has taken 120.0 J, and its budget is 100.0 J")

    @Test func `is warned once, as soon as it is going to pass it`() {
        var desk = Self.world(.block)
        for _ in 0..<3 { desk.work(drawing: Self.twenty) }
        #expect(desk.findings(.running) == [Self.warned])
        #expect(desk.held == nil && desk.notice == Self.warned.reason)
    }

    @Test func `is given nothing more once it is spent, until a second person lets it go on`() {
        var desk = Self.world(.block)
        for _ in 0..<2 { desk.work(drawing: Joules(microjoules: 60_000_000)) }
        #expect(desk.findings(.running).last == Self.stopped)
        let sentence =
            "G13 budget: \(Self.stopped.reason); "
            + "a second person has to let it go on (`ergon approve`)"
        #expect(desk.held == sentence)
        desk.connect("w2", Custody())
        #expect(!desk.leases.contains { $0.0 == WorkerID("w2") })
        #expect(!desk.answer(.approved, by: "spiffe://ergon/approver/anna").isSentence)
        let reply = desk.answer(.approved, by: PolicyWorld.bob)
        #expect(reply == .sentence("campaign 1 goes on beyond its budget"))
        #expect(desk.held == nil)
        desk.work()
        #expect(desk.ending == .complete && desk.findings(.running).count == 2)
    }

    @Test func `ends there if that is refused`() {
        var desk = Self.world(.block)
        for _ in 0..<2 { desk.work(drawing: Joules(microjoules: 60_000_000)) }
        let reply = desk.answer(.rejected, by: PolicyWorld.bob)
        #expect(reply == .sentence("campaign 1 ends where its budget did"))
        #expect(desk.ending == .cancelled)
    }

    @Test func `goes on where its policy only warns`() {
        var desk = Self.world(.warn)
        for _ in 0..<6 { desk.work(drawing: Self.twenty) }
        #expect(desk.findings(.running) == [Self.warned])
        #expect(desk.ending == .complete)
    }

    @Test func `has nothing said of it while it keeps to it`() {
        var desk = Self.world(.block)
        for _ in 0..<6 { desk.work(drawing: Joules(microjoules: 16_000_000)) }
        #expect(desk.findings(.running) == [] && desk.ending == .complete)
    }

    @Test func `is still stopped after a restart`() throws {
        var desk = Self.world(.block)
        for _ in 0..<2 { desk.work(drawing: Joules(microjoules: 60_000_000)) }
        let before = desk.held
        try desk.restart(policy: nil)
        desk.connect("w1", Custody())
        #expect(desk.held == before && desk.leases.isEmpty)
    }
}
