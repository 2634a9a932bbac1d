import ErgonModel
import ErgonPlanner
import Testing

/// What every plan keeps, on problems small enough to see through.
struct PlannerTests {
    static let start = Instant(microseconds: 1_600_000_000_000_000)

    static func grams(_ values: [Double]) -> [CarbonIntensity] {
        values.map { CarbonIntensity(grams: $0) }
    }

    /// One site and one class of nodes of ten cores, 1 W idle and 10 W for each busy core; slots
    /// of an hour.
    static func problem(
        carbon: [Double], nodes: Int = 1, cap: [Watts] = [], idle: Int64 = 1000,
        classes: [TaskClass], objective: Objective = Objective(perKilogramCO2e: 1),
        budget: Budget = Budget()
    ) -> PlanningProblem {
        PlanningProblem(
            start: start, slot: .seconds(3600), slots: carbon.count,
            sites: [Site(name: "here", carbon: grams(carbon), powerCap: cap)],
            nodeClasses: [
                NodeClass(
                    name: "node", site: 0, nodes: [nodes], cores: 10, memory: ByteCount(100),
                    idlePower: Watts(milliwatts: idle))
            ], taskClasses: classes, objective: objective, budget: budget)
    }

    static func tasks(
        _ name: String, _ count: Int, until slots: Int? = nil, hours: Int64 = 1,
        run: TaskClass.Run = .whole, longestWait: Int64? = nil
    ) -> TaskClass {
        TaskClass(
            name: name, count: count, ready: start,
            deadline: slots.map { start + .seconds(Int64($0) * 3600) },
            longestWait: longestWait.map { .seconds($0 * 3600) }, run: run,
            estimates: [
                Estimate(
                    nodeClass: 0, runTime: .seconds(hours * 3600),
                    dynamicPower: Watts(milliwatts: 10_000))
            ])
    }

    private func slots(_ plan: Plan, of taskClass: Int = 0) -> [Int: Int] {
        plan.assignments.reduce(into: [:]) { slots, assignment in
            if assignment.taskClass == taskClass { slots[assignment.slot] = assignment.count }
        }
    }

    @Test func `tasks run when power is cleanest, as far as there is room`() {
        let problem = Self.problem(carbon: [300, 100, 200], classes: [Self.tasks("a", 15)])
        let found = plan(problem)
        #expect(slots(found) == [1: 10, 2: 5])
        #expect(found.verdict == .complete)
        // 10 tasks of 10 Wh and 1 Wh idle at 100 g/kWh, 5 and 1 Wh idle at 200 g/kWh.
        #expect(found.takes.carbon == GramsCO2e(micrograms: 20_300_000))
        #expect(found.takes.dynamicEnergy == Joules(microjoules: 150 * 3_600_000_000))
        #expect(found.takes.idleEnergy == Joules(microjoules: 2 * 3_600_000_000))
        #expect(found.nodesOn == [[0, 1, 1]])
    }

    @Test func `deadlines come before carbon`() {
        let found = plan(
            Self.problem(carbon: [300, 200, 100], classes: [Self.tasks("a", 15, until: 2)]))
        #expect(slots(found) == [0: 5, 1: 10])
    }

    @Test func `a deadline holds even if tasks take as long as is feared`() {
        var tasks = Self.tasks("a", 1, until: 4)
        tasks.estimates[0].cautiousRunTime = .seconds(3 * 3600)
        #expect(
            slots(plan(Self.problem(carbon: [400, 300, 200, 100], classes: [tasks]))) == [1: 1])
    }

    @Test func `few nodes are filled, and those that idle at little, though tasks take more there`()
    {
        var problem = Self.problem(
            carbon: [100], nodes: 8, idle: 50_000, classes: [Self.tasks("a", 25)])
        problem.nodeClasses.append(problem.nodeClasses[0])
        problem.nodeClasses[1].name = "hungry"
        problem.nodeClasses[1].idlePower = Watts(milliwatts: 200_000)
        problem.taskClasses[0].estimates.append(
            Estimate(
                nodeClass: 1, runTime: .seconds(3600), dynamicPower: Watts(milliwatts: 9500)))
        #expect(plan(problem).nodesOn == [[3], [0]])
        problem.nodeClasses[0].maySuspend = false
        problem.nodeClasses[1].maySuspend = false
        #expect(plan(problem).takes.idleEnergy == Joules(microjoules: 8 * 250 * 3_600_000_000))
    }

    @Test func `a cap of power spreads what would fit at once`() {
        // One node: 1 W and 10 W a task; 41 W are four tasks.
        let problem = Self.problem(
            carbon: [100, 200, 300], cap: [Watts(milliwatts: 41_000)],
            classes: [Self.tasks("a", 10)])
        let found = plan(problem)
        #expect(slots(found) == [0: 4, 1: 4, 2: 2])
        #expect(Rules.broken(by: found, of: problem) == [])
    }

    @Test func `a budget of carbon is kept though money would have it otherwise`() {
        var problem = Self.problem(
            carbon: [400, 100], classes: [Self.tasks("a", 10)],
            objective: Objective(perMoney: 1))
        problem.sites[0].price = [1, 3].map { EnergyPrice(millionthsPerKilowattHour: $0 * 100_000) }
        #expect(slots(plan(problem)) == [0: 10])
        problem.budget.carbon = GramsCO2e(micrograms: 26_000_000)
        let found = plan(problem)
        #expect(found.verdict == .complete)
        #expect(found.takes.carbon.micrograms <= 26_000_000)
        #expect(slots(found) == [0: 5, 1: 5])
    }

    @Test func `a link carries no more than it can`() {
        var problem = Self.problem(carbon: [100, 100, 100], classes: [Self.tasks("a", 9)])
        problem.links = [
            Link(from: nil, to: 0, bytesPerSlot: ByteCount(3_000_000_000))
        ]
        problem.taskClasses[0].input = ByteCount(1_000_000_000)
        let found = plan(problem)
        #expect(slots(found) == [0: 3, 1: 3, 2: 3])
        // 0.03 kWh for each of nine gigabytes.
        #expect(found.takes.transferEnergy == Joules(microjoules: 9 * 108_000_000_000))
    }

    @Test func `a long task runs whole in the best window, or in the best slots if it may stop`() {
        let carbon: [Double] = [100, 400, 100, 250, 250, 250]
        let whole = plan(Self.problem(carbon: carbon, classes: [Self.tasks("a", 1, hours: 3)]))
        #expect(slots(whole) == [0: 1])
        let cut = plan(
            Self.problem(
                carbon: carbon, classes: [Self.tasks("a", 1, hours: 3, run: .interruptible)]))
        #expect(cut.pieces == [3])
        #expect(cut.assignments.count == 3)
        #expect(slots(cut)[0] == 1 && slots(cut)[2] == 1)
    }

    @Test func `long tasks fill the slots they run in`() {
        let problem = Self.problem(
            carbon: [100, 100, 100, 100], classes: [Self.tasks("a", 20, hours: 2)])
        let found = plan(problem)
        #expect(slots(found) == [0: 10, 2: 10])
        #expect(Rules.broken(by: found, of: problem) == [])
    }

    @Test func `nobody waits longer than the class may, unless there is no room`() {
        let carbon: [Double] = [300, 300, 100, 100]
        #expect(slots(plan(Self.problem(carbon: carbon, classes: [Self.tasks("a", 5)])))[0] == nil)
        let short = Self.tasks("a", 5, longestWait: 0)
        #expect(slots(plan(Self.problem(carbon: carbon, classes: [short]))) == [0: 5])
        let many = Self.tasks("a", 15, longestWait: 0)
        #expect(slots(plan(Self.problem(carbon: carbon, classes: [many]))) == [0: 10, 1: 5])
    }

    @Test func `power that is given away is used`() {
        var problem = Self.problem(
            carbon: [100, 100], classes: [Self.tasks("a", 10)],
            objective: Objective(perMoney: 1))
        problem.sites[0].price = [50, -80].map {
            EnergyPrice(millionthsPerKilowattHour: $0 * 1000)
        }
        let found = plan(problem)
        #expect(slots(found) == [1: 10])
        #expect(found.takes.money < .zero)
        #expect(found.bound <= found.takes.cost)
    }

    @Test(arguments: UInt64(1)...24)
    func `no plan breaks a rule or undercuts its bound`(seed: UInt64) {
        var random = SplitMix(seed: seed)
        let problem = RandomProblem.make(
            seed: seed, classes: random.number(1, 6), nodeClasses: random.number(1, 5),
            slots: random.number(6, 14), siteCount: random.number(1, 2))
        for effort in [Effort.greedy, Effort(iterations: 30)] {
            let found = plan(problem, effort: effort)
            #expect(Rules.broken(by: found, of: problem) == [])
            guard found.verdict == .complete else { continue }
            #expect(found.bound <= found.takes.cost + 1e-9 * abs(found.takes.cost))
            #expect(found.iterations <= effort.iterations)
        }
    }

    @Test func `the same problem has the same plan`() {
        let problem = RandomProblem.make(
            seed: 3, classes: 6, nodeClasses: 4, slots: 12, siteCount: 2)
        let found = plan(problem, effort: Effort(iterations: 80))
        #expect(found == plan(problem, effort: Effort(iterations: 80)))
    }

    @Test func `whoever says stop has a plan all the same`() {
        let problem = RandomProblem.make(
            seed: 4, classes: 6, nodeClasses: 4, slots: 12, siteCount: 2)
        var asked = 0
        let found = plan(problem) {
            asked += 1
            return asked > 10
        }
        #expect(found.iterations < 12)
        #expect(Rules.broken(by: found, of: problem) == [])
    }

    @Test func `the next plan starts from the prices of the last`() {
        var problem = RandomProblem.make(
            seed: 5, classes: 12, nodeClasses: 8, slots: 24, siteCount: 3)
        let first = plan(problem, effort: Effort(iterations: 200))
        // A slot later: what is left moves one slot nearer.
        problem.start = problem.begin(of: 1)
        for index in problem.sites.indices {
            problem.sites[index].carbon.removeFirst()
            problem.sites[index].price.removeFirst()
        }
        let effort = Effort(iterations: 40)
        let warm = plan(problem, after: first.prices, effort: effort)
        let cold = plan(problem, effort: effort)
        #expect(warm.bound > cold.bound)
        #expect(warm.gap < cold.gap)
    }
}
