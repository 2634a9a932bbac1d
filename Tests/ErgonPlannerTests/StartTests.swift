import ErgonModel
import ErgonPlanner
import Testing

/// What it takes to start nodes, and what plans make of it.
struct StartTests {
    /// One node of ten cores, slots of an hour; idle it draws 10 W.
    private func problem(
        carbon: [Double], startWattHours: Int64, alreadyOn: Int = 0, classes: [TaskClass],
        cap: [Watts] = []
    ) -> PlanningProblem {
        var problem = PlannerTests.problem(
            carbon: carbon, idle: 10_000, classes: classes)
        problem.nodeClasses[0].startEnergy = Joules(microjoules: startWattHours * 3_600_000_000)
        problem.nodeClasses[0].alreadyOn = alreadyOn
        problem.sites[0].powerCap = cap
        return problem
    }

    private func two(_ first: Int, _ second: Int) -> [TaskClass] {
        [first, second].map { slot in
            var tasks = PlannerTests.tasks("at \(slot)", 10, until: slot + 1)
            tasks.ready = PlannerTests.start + .seconds(Int64(slot) * 3600)
            return tasks
        }
    }

    @Test(arguments: [(5, [1, 0, 0, 1]), (25, [1, 1, 1, 1])] as [(Int64, [Int])])
    func `a node stays on between two uses where starting it takes more`(
        start: Int64, on: [Int]
    ) {
        let problem = problem(
            carbon: [100, 100, 100, 100], startWattHours: start, classes: two(0, 3))
        let found = plan(problem)
        #expect(found.nodesOn == [on])
        #expect(found.bound <= found.takes.cost)
        #expect(found.gap < 1e-6)
        #expect(Rules.broken(by: found, of: problem) == [])
    }

    @Test func `what starting takes is in the account`() {
        let problem = problem(carbon: [100, 100], startWattHours: 5, classes: two(0, 1))
        let found = plan(problem)
        #expect(found.takes.startEnergy == Joules(microjoules: 5 * 3_600_000_000))
        let all = found.takes.energy.microjoules
        let parts = [found.takes.dynamicEnergy, found.takes.idleEnergy, found.takes.startEnergy]
        #expect(all == parts.reduce(0) { $0 + $1.microjoules })
    }

    @Test func `nodes that are on already need no start`() {
        let problem = problem(
            carbon: [100, 100], startWattHours: 5, alreadyOn: 1, classes: two(0, 1))
        #expect(plan(problem).takes.startEnergy == .zero)
    }

    @Test func `no node stays on beyond what the site may draw`() {
        let cap = [200, 5, 5, 200].map { Watts(milliwatts: $0 * 1000) }
        let problem = problem(
            carbon: [100, 100, 100, 100], startWattHours: 500, classes: two(0, 3), cap: cap)
        let found = plan(problem)
        #expect(found.nodesOn == [[1, 0, 0, 1]])
        #expect(found.verdict == .complete)
        #expect(Rules.broken(by: found, of: problem) == [])
    }
}
