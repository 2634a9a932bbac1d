import ErgonModel
import ErgonPlanner
import Testing

/// A slot that has begun, and nodes of which others have a part.
struct PresentSlotTests {
    /// Two slots of an hour, the first clean; ten cores; so many minutes have passed.
    private func problem(
        minutes: Int64, _ tasks: TaskClass..., carbon: [Double] = [100, 300]
    ) -> PlanningProblem {
        var problem = PlannerTests.problem(carbon: carbon, classes: tasks)
        problem.elapsed = .seconds(minutes * 60)
        return problem
    }

    private func short(_ count: Int, minutes: Int64) -> TaskClass {
        var tasks = PlannerTests.tasks("short", count)
        tasks.estimates[0].runTime = .seconds(minutes * 60)
        tasks.estimates[0].cautiousRunTime = .seconds(minutes * 60)
        return tasks
    }

    private func slots(_ plan: Plan) -> [Int: Int] {
        plan.assignments.reduce(into: [:]) { $0[$1.slot] = $1.count }
    }

    @Test(arguments: [(0, [0: 60]), (15, [0: 45, 1: 15]), (55, [0: 10, 1: 50])] as [(Int64, _)])
    func `a slot that has begun takes what still fits into it`(
        minutes: Int64, expected: [Int: Int]
    ) {
        let found = plan(problem(minutes: minutes, short(60, minutes: 10)))
        #expect(slots(found) == expected)
        #expect(found.verdict == .complete)
        #expect(found.bound <= found.takes.cost)
    }

    @Test func `what others have of a node is not given to anybody`() {
        var problem = problem(minutes: 15, short(60, minutes: 10))
        problem.nodeClasses[0].taken = [.seconds(900)]
        #expect(slots(plan(problem)) == [0: 30, 1: 30])
        problem.nodeClasses[0].taken = [.seconds(2700), .seconds(1800)]
        #expect(slots(plan(problem)) == [1: 30])
    }

    /// A quarter of the run in the clean slot, the rest in the next.
    @Test func `a run goes on where the rest of its slot ends`() throws {
        let found = plan(problem(minutes: 45, PlannerTests.tasks("long", 10)))
        #expect(slots(found) == [0: 10])
        // 100 W for an hour, and 1 W idle.
        let kilograms = 0.101 * (0.25 * 100 + 0.75 * 300) / 1000
        #expect(abs(found.takes.carbon.kilograms - kilograms) < 1e-4)
        #expect(found.gap < 0.01)
    }

    @Test func `two slots of which one has begun do not hold a run of two`() {
        let tasks = PlannerTests.tasks("long", 1, until: 2, hours: 2)
        #expect(plan(problem(minutes: 0, tasks)).verdict == .complete)
        #expect(plan(problem(minutes: 1, tasks)).verdict != .complete)
        let three = plan(
            problem(minutes: 1, PlannerTests.tasks("long", 1, hours: 2), carbon: [1, 2, 3]))
        #expect(three.verdict == .complete)
        #expect(slots(three) == [0: 1])
        #expect(three.takes.end == PlannerTests.start + .seconds(3 * 3600))
    }

    @Test func `what is left of a slot has as much less power and idles as much less`() {
        var problem = problem(minutes: 30, short(60, minutes: 10))
        // Nothing but the idle power of one node and three cores.
        problem.sites[0].powerCap = [Watts(milliwatts: 31_000)]
        let found = plan(problem)
        #expect(found.assignments.first { $0.slot == 0 }?.count == 9)
        problem.sites[0].powerCap = []
        problem.nodeClasses[0].maySuspend = false
        problem.taskClasses = []
        #expect(plan(problem).takes.idleEnergy == Joules(microjoules: 5_400_000_000))
    }
}
