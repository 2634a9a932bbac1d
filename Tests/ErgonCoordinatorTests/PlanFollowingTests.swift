import ErgonCoordinator
import ErgonModel
import Testing

/// Leases follow a plan: who starts what when; and what goes before it.
@Suite struct PlanFollowingTests {
    @Test func `work waits for its plan, and then for its slot`() throws {
        var site = PlannedSite()
        site.submit(tasks: 10, Goals(objective: Weights(carbon: 1)))
        #expect(site.asked.map(\.open) == [[10]])
        #expect(site.granted.isEmpty)
        #expect(site.explanation.contains("it waits for the plan"))
        site.answer([site.quota("north", 4, opens: 0), site.quota("south", 6, opens: 60)])
        #expect(site.granted == ["north": 4])
        #expect(site.explanation.contains("waits: south opens at 60"))
        #expect(site.notice == nil)
        site.tick(at: 59)
        #expect(site.granted == ["north": 4])
        site.tick(at: 60)
        #expect(site.granted == ["north": 4, "south": 6])
    }

    @Test func `what nobody plans for never waits`() {
        var site = PlannedSite()
        site.submit(tasks: 10, Goals())
        #expect(site.asked.isEmpty)
        #expect(site.granted.values.reduce(0, +) == 10)
    }

    @Test func `a deadline goes before every saving`() {
        var site = PlannedSite()
        site.submit(tasks: 10, Goals(deadline: .seconds(3600)))
        // Sixteen at once: the last start is 100 s before the deadline.
        site.answer([site.quota("south", 10, opens: 3000)], deadline: 1000, cautious: 100)
        site.tick(at: 899)
        #expect(site.granted.isEmpty)
        #expect(site.notice?.contains("south opens at 3000") == true)
        site.tick(at: 900)
        #expect(site.granted.values.reduce(0, +) == 10)
    }

    @Test func `a plan that never comes is not waited for`() {
        var site = PlannedSite()
        site.submit(tasks: 10, Goals(deadline: .seconds(3600)))
        site.tick(at: 29)
        #expect(site.granted.isEmpty)
        site.tick(at: 31)
        #expect(site.granted.values.reduce(0, +) == 10)
    }

    @Test func `what a plan leaves out starts at once`() {
        var site = PlannedSite()
        site.submit(tasks: 10, Goals(deadline: .seconds(3600)))
        site.answer(nil)
        #expect(site.granted.values.reduce(0, +) == 10)
    }

    @Test func `a worker that goes is a reason for another plan`() {
        var site = PlannedSite()
        site.submit(tasks: 10, Goals(deadline: .seconds(3600)))
        site.answer([site.quota("south", 10, opens: 3000)])
        site.now = 5
        site.handle(.workerDisconnected(WorkerID("south")))
        #expect(site.asked.count == 2)
    }

    @Test func `what has started while a plan was made counts for it`() {
        var site = PlannedSite()
        site.submit(tasks: 20, Goals(deadline: .seconds(3600)))
        site.answer([site.quota("north", 2, opens: 0), site.quota("north", 3, opens: 10)])
        #expect(site.granted == ["north": 2])
        site.now = 9
        site.handle(.planWanted)
        #expect(site.held == ["north": 2])
        site.tick(at: 10)
        #expect(site.granted == ["north": 5])
        // Three of its four have started since it was asked for.
        site.answer([site.quota("north", 4, opens: 0)])
        #expect(site.granted == ["north": 6])
    }

    @Test func `who is behind the plan gets another`() {
        var site = PlannedSite()
        site.submit(tasks: 10, Goals(deadline: .seconds(3600)))
        site.answer([site.quota("moon", 10, opens: 0)])
        site.tick(at: 9)
        #expect(site.asked.count == 1)
        site.tick(at: 10)
        #expect(site.asked.count == 2)
    }

    @Test func `a budget that will be passed holds the campaign, once`() {
        var site = PlannedSite()
        let budget = SpendingLimit(energy: Joules(microjoules: 5_000_000))
        site.submit(tasks: 10, Goals(budget: budget))
        let expected = Spending(energy: Joules(microjoules: 7_250_000))
        site.answer([site.quota("north", 10, opens: 0)], expected: expected)
        #expect(site.granted.isEmpty)
        #expect(
            site.explanation.contains(
                "held: it will have taken 7.2 J in the end, and its budget of energy is 5.0 J"))
        site.now = 2
        site.handle(.intervene(.init(2), .release(CampaignID(1)), by: "anna"))
        site.answer([site.quota("north", 10, opens: 0)], expected: expected)
        #expect(site.granted == ["north": 10])
        #expect(site.notice?.contains("7.2 J") == true)
    }
}

/// Two workers at two sites, of eight threads each, and who was given how many tasks.
private struct PlannedSite {
    private(set) var coordinator = Coordinator()
    private(set) var granted: [String: Int] = [:]
    private(set) var asked: [OpenWork.CampaignWork] = []
    /// Tasks that each site's workers had when a plan was asked for last.
    private(set) var held: [String: Int] = [:]
    /// Seconds.
    var now: Int64 = 0

    init() {
        coordinator.followPlans()
        _ = coordinator.start(version: "1", now: time)
        for name in ["north", "south"] {
            let facts = WorkerFacts(
                worker: WorkerID(name), cpus: 8, memory: ByteCount(1 << 36), cpuModel: "",
                power: PowerModel(
                    source: "", perThread: Watts(milliwatts: 1), uncertaintyPercent: 0),
                place: place(name))
            handle(.workerConnected(facts, life: 1, held: []))
        }
    }

    private var time: Instant { instant(now) }
    private func instant(_ seconds: Int64) -> Instant {
        Instant(microseconds: 1_000_000_000 + seconds * 1_000_000)
    }
    private func place(_ site: String) -> WorkerPlace {
        WorkerPlace(site: site, nodeClass: "nodes")
    }

    func quota(_ site: String, _ tasks: Int, opens: Int64) -> Schedule.Quota {
        Schedule.Quota(
            place: place(site), opens: instant(opens), closes: instant(opens + 10), tasks: tasks,
            reason: "\(site) opens at \(opens)")
    }

    mutating func submit(tasks: Int, _ goals: Goals) {
        var planned = campaign("planned", [step("gen", split: seeds(tasks))])
        planned.goals = goals
        handle(.submit(.init(1), planned, manifest: content("planned"), by: "anna"))
    }

    /// - Parameter quotas: `nil` if the plan has nothing of the campaign.
    mutating func answer(
        _ quotas: [Schedule.Quota]?, deadline: Int64 = 100_000, cautious: Int64 = 10,
        expected: Spending? = nil
    ) {
        var schedule = Schedule()
        schedule.parts[Schedule.Work(campaign: CampaignID(1), step: 0)] = quotas.map {
            Schedule.Part(
                deadline: instant(deadline), runTime: .seconds(cautious),
                cautiousRunTime: .seconds(cautious), atOnce: 16, quotas: $0)
        }
        schedule.expected[CampaignID(1)] = expected
        handle(.planned(schedule, nil))
    }

    mutating func tick(at seconds: Int64) {
        now = seconds
        handle(.tick)
    }

    mutating func handle(_ event: Coordinator.Event) {
        for effect in coordinator.handle(event, now: time) {
            switch effect {
            case .send(let worker, .lease(let lease)):
                granted[worker.name, default: 0] += lease.tasks.count
            case .plan(let work):
                asked += work.campaigns
                held = work.crews.reduce(into: [:]) { held, crew in
                    let tasks = crew.held.joined().reduce(0) { $0 + $1.tasks }
                    if tasks > 0 { held[crew.place.site] = tasks }
                }
            case .send, .record, .reply, .countLines, .keepStatement: break
            }
        }
    }

    var explanation: String {
        let question = Coordinator.Question.explain(.id(CampaignID(1)), stage: "gen", task: 9)
        guard case .explanation(let text, _) = coordinator.answer(question, now: time) else {
            return ""
        }
        return text
    }

    var notice: String? {
        guard case .status(let report) = coordinator.answer(.status(nil), now: time) else {
            return nil
        }
        return report.campaigns.first?.notice
    }
}
