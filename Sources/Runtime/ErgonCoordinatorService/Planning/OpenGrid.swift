import ErgonModel
package import ErgonPlanner

/// A grid with what of its nodes is spoken for: on which something else could still be planned.
package struct OpenGrid: Sendable {
    /// Without tasks, and without anything to save.
    package var problem: PlanningProblem
    package var grid: PlannedGrid
    /// How many seconds of the signals pass in one.
    package var speed: Double

    package init(problem: PlanningProblem, grid: PlannedGrid, speed: Double) {
        (self.problem, self.grid, self.speed) = (problem, grid, speed)
    }

    /// The share of the nodes' time, in all slots, that others have.
    package var takenShare: Double {
        var (taken, all) = (0.0, 0.0)
        for node in problem.nodeClasses {
            for slot in 0..<problem.slots {
                all += Double(node.nodes.first ?? 0) * Double(problem.rest(of: slot).count)
                if slot < node.taken.count { taken += Double(node.taken[slot].count) }
            }
        }
        return all > 0 ? min(1, taken / all) : 0
    }
}

extension MadePlan {
    /// What this plan leaves to others.
    var rest: OpenGrid {
        var problem = problem
        for (index, taken) in (plan?.taken(in: problem) ?? []).enumerated() {
            problem.nodeClasses[index].taken = taken
        }
        problem.taskClasses = []
        return OpenGrid(problem: problem, grid: grid, speed: clock.speed)
    }
}
