import ErgonModel
import ErgonPlanner
import Testing

/// Exact optima of `RandomProblem`s with tasks and nodes in fractions, by HiGHS 1.16
/// (`Benchmarks/optima.py`).
struct ReferenceOptimaTests {
    struct Reference: Sendable, CustomTestStringConvertible {
        var seed: UInt64
        var optimum: Double
        var testDescription: String { "seed \(seed)" }
    }

    /// 12 task classes, 8 node classes at 3 sites, 24 slots.
    static let small: [Reference] = [
        Reference(seed: 1, optimum: 172.766702626),
        Reference(seed: 2, optimum: 101.597603337),
        Reference(seed: 3, optimum: 77.400795198),
        Reference(seed: 4, optimum: 85.946885475),
        Reference(seed: 5, optimum: 103.198990689),
        Reference(seed: 6, optimum: 104.243216045),
        Reference(seed: 7, optimum: 103.363504001),
        Reference(seed: 8, optimum: 254.055178928),
        Reference(seed: 9, optimum: 94.837174891),
        Reference(seed: 10, optimum: 158.083674626),
    ]

    /// 50 task classes, 40 node classes at 6 sites, 96 slots.
    static let large: [Reference] = [
        Reference(seed: 1, optimum: 4625.124765938),
        Reference(seed: 2, optimum: 3172.185616303),
        Reference(seed: 3, optimum: 4192.752868815),
        Reference(seed: 4, optimum: 5150.290887001),
        Reference(seed: 5, optimum: 2886.744763027),
        Reference(seed: 6, optimum: 2885.128025551),
        Reference(seed: 7, optimum: 4964.028109150),
        Reference(seed: 8, optimum: 3707.672738684),
        Reference(seed: 9, optimum: 6036.001881647),
        Reference(seed: 10, optimum: 3594.394032720),
    ]

    /// 12 task classes, 8 node classes at 3 sites, 24 slots, with links and starts.
    static let smallLinked: [Reference] = [
        Reference(seed: 1, optimum: 203.946506861),
        Reference(seed: 2, optimum: 125.608333017),
        Reference(seed: 3, optimum: 107.235908868),
        Reference(seed: 4, optimum: 155.798599408),
        Reference(seed: 5, optimum: 157.381289148),
        Reference(seed: 6, optimum: 173.284532168),
        Reference(seed: 7, optimum: 134.664856018),
        Reference(seed: 8, optimum: 283.019588025),
        Reference(seed: 9, optimum: 182.298011433),
        Reference(seed: 10, optimum: 180.883336840),
    ]

    /// 50 task classes, 40 node classes at 6 sites, 96 slots, with links and starts.
    static let largeLinked: [Reference] = [
        Reference(seed: 1, optimum: 5230.035391131),
        Reference(seed: 2, optimum: 3908.887832845),
        Reference(seed: 3, optimum: 5671.238016692),
        Reference(seed: 4, optimum: 5585.889247098),
        Reference(seed: 5, optimum: 3751.238852804),
        Reference(seed: 6, optimum: 3333.669803247),
        Reference(seed: 7, optimum: 6011.926926287),
        Reference(seed: 8, optimum: 4757.154114870),
        Reference(seed: 9, optimum: 6713.123475746),
        Reference(seed: 10, optimum: 5753.009790629),
    ]

    /// All of them where the planner is optimized; without that each takes some seconds.
    @Test(arguments: SharedData.isOptimized ? small : Array(small.prefix(3)))
    func `a small plan is near the exact optimum, between it and its bound`(reference: Reference) {
        let problem = RandomProblem.make(
            seed: reference.seed, classes: 12, nodeClasses: 8, slots: 24, siteCount: 3)
        expect(plan(problem), of: problem, near: reference.optimum, above: 0.015)
    }

    @Test(arguments: SharedData.isOptimized ? smallLinked : Array(smallLinked.prefix(3)))
    func `so it is where data has to be moved and nodes to be started`(reference: Reference) {
        let problem = RandomProblem.linked(
            seed: reference.seed, classes: 12, nodeClasses: 8, slots: 24, siteCount: 3)
        expect(plan(problem), of: problem, near: reference.optimum, above: 0.015)
    }

    @Test(.enabled(if: SharedData.isOptimized), arguments: large)
    func `a plan is within half a per cent of the exact optimum, and so is its bound`(
        reference: Reference
    ) {
        let problem = RandomProblem.make(
            seed: reference.seed, classes: 50, nodeClasses: 40, slots: 96, siteCount: 6)
        expect(plan(problem), of: problem, near: reference.optimum, above: 0.005)
    }

    @Test(.enabled(if: SharedData.isOptimized), arguments: largeLinked)
    func `so it is with links and starts in large`(reference: Reference) {
        let problem = RandomProblem.linked(
            seed: reference.seed, classes: 50, nodeClasses: 40, slots: 96, siteCount: 6)
        expect(plan(problem), of: problem, near: reference.optimum, above: 0.005)
    }

    private func expect(
        _ plan: Plan, of problem: PlanningProblem, near optimum: Double, above share: Double
    ) {
        #expect(plan.verdict == .complete)
        #expect(plan.bound <= optimum * (1 + 1e-7), "a bound above the optimum is none")
        #expect(plan.bound >= optimum * 0.995)
        #expect(plan.takes.cost >= optimum * (1 - 1e-7), "a plan below the optimum breaks a rule")
        #expect(plan.takes.cost <= optimum * (1 + share))
        #expect(plan.naive.cost > plan.takes.cost)
        #expect(Rules.broken(by: plan, of: problem) == [])
    }
}
