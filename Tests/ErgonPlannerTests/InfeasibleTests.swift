import ErgonModel
import ErgonPlanner
import Testing

/// Demands that do not fit: which deadlines would have to go.
struct InfeasibleTests {
    /// One node of ten cores, 10 slots of an hour.
    private func verdict(_ classes: [TaskClass]) -> Verdict {
        let problem = PlannerTests.problem(
            carbon: Array(repeating: 100, count: 10), classes: classes)
        let found = plan(problem)
        #expect(Rules.broken(by: found, of: problem) == [])
        return found.verdict
    }

    private func relax(_ verdict: Verdict) -> Relaxation? {
        if case .short(_, let relax) = verdict { relax } else { nil }
    }

    @Test func `a class that is too much by itself is named`() {
        let found = verdict([
            PlannerTests.tasks("a", 5, until: 2), PlannerTests.tasks("b", 40, until: 3),
            PlannerTests.tasks("c", 5, until: 6),
        ])
        #expect(relax(found) == .deadlines([1], isProven: true))
    }

    @Test func `one deadline is named where one will do, though many classes are crowded`() {
        let found = verdict([
            PlannerTests.tasks("a", 10, until: 3), PlannerTests.tasks("b", 10, until: 3),
            PlannerTests.tasks("c", 12, until: 3), PlannerTests.tasks("d", 30),
        ])
        guard case .deadlines(let classes, let isProven) = relax(found) else {
            Issue.record("\(found)")
            return
        }
        #expect(classes.count == 1 && classes[0] < 3)
        #expect(isProven)
    }

    @Test func `two are named where one is not enough`() {
        let found = verdict([
            PlannerTests.tasks("a", 30, until: 2), PlannerTests.tasks("b", 25, until: 2),
            PlannerTests.tasks("c", 15, until: 2),
        ])
        guard case .deadlines(let classes, _) = relax(found) else {
            Issue.record("\(found)")
            return
        }
        #expect(classes.count == 2 && classes.contains(0))
    }

    @Test func `three are named where two are not enough`() {
        let found = verdict([
            PlannerTests.tasks("a", 12, until: 1), PlannerTests.tasks("b", 12, until: 1),
            PlannerTests.tasks("c", 12, until: 1), PlannerTests.tasks("d", 9, until: 1),
        ])
        #expect(relax(found) == .deadlines([0, 1, 2], isProven: true))
    }

    @Test func `what no deadline can help is said`() {
        let found = verdict([PlannerTests.tasks("a", 101, until: 4)])
        #expect(relax(found) == .notEnough(isProven: true))
    }

    @Test func `a task that fits no node is short for certain`() {
        var tasks = PlannerTests.tasks("a", 1)
        tasks.cores = 11
        let found = verdict([tasks])
        #expect(
            found
                == .short(
                    unplaced: [Shortfall(taskClass: 0, count: 1)],
                    relax: .notEnough(isProven: true)))
    }
}
