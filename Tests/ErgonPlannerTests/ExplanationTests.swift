import ErgonModel
import ErgonPlanner
import Testing

struct ExplanationTests {
    /// 2020-09-13T12:26:40Z is where the problems of `PlannerTests` begin.
    private func sentence(_ problem: PlanningProblem, _ index: Int = 0) -> String {
        plan(problem).explanation(of: index, in: problem).sentence
    }

    @Test func `a class that waits for cleaner power says until when, why, and what it saves`() {
        let problem = PlannerTests.problem(
            carbon: [210, 150, 95, 120], classes: [PlannerTests.tasks("a", 10, until: 4)])
        #expect(
            sentence(problem)
                == "waiting until 14:26: forecast falls 210 → 95 g/kWh, saves 11 g, latest start 15:26"
        )
    }

    @Test func `a class that waits for cheaper power says so`() {
        var problem = PlannerTests.problem(
            carbon: [100], classes: [PlannerTests.tasks("a", 10)],
            objective: Objective(perMoney: 1))
        problem.slots = 2
        problem.sites[0].price =
            [EnergyPrice(millionthsPerKilowattHour: 300_000)]
            + [EnergyPrice(millionthsPerKilowattHour: -80_000)]
        #expect(
            sentence(problem)
                == "waiting until 13:26: price falls 0.30 → -0.08 a kWh, saves 0.04, latest start 13:26"
        )
    }

    @Test func `a class that gives way to another says that`() {
        let problem = PlannerTests.problem(
            carbon: [100, 100],
            classes: [PlannerTests.tasks("a", 10, until: 1), PlannerTests.tasks("b", 10)])
        #expect(sentence(problem, 0) == "starts at once")
        #expect(
            sentence(problem, 1)
                == "waiting until 13:26: the nodes that cost least at here are taken before, latest start 13:26"
        )
    }

    @Test func `a class without a place says that`() {
        var tasks = PlannerTests.tasks("a", 1)
        tasks.cores = 11
        #expect(
            sentence(PlannerTests.problem(carbon: [100], classes: [tasks]))
                == "finds no place before its deadline")
    }
}
