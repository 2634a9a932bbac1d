import ErgonModel
import ErgonPlanner

/// Checks a plan against its problem from the assignments alone, sharing nothing with the planner.
enum Rules {
    /// What the plan does that it may not, in words. Long runs are counted in all their slots.
    static func broken(by plan: Plan, of problem: PlanningProblem) -> [String] {
        counts(plan, problem) + windows(plan, problem) + loads(plan, problem)
            + links(plan, problem)
    }

    private static func counts(_ plan: Plan, _ problem: PlanningProblem) -> [String] {
        var placed = Array(repeating: 0, count: problem.taskClasses.count)
        for assignment in plan.assignments { placed[assignment.taskClass] += assignment.count }
        if case .short(let unplaced, _) = plan.verdict {
            for shortfall in unplaced { placed[shortfall.taskClass] += shortfall.count }
        }
        return problem.taskClasses.indices.compactMap { index in
            let wanted = problem.taskClasses[index].count * plan.pieces[index]
            return placed[index] == wanted ? nil : "class \(index): \(placed[index]) of \(wanted)"
        }
    }

    private static func windows(_ plan: Plan, _ problem: PlanningProblem) -> [String] {
        plan.assignments.compactMap { assignment in
            let tasks = problem.taskClasses[assignment.taskClass]
            guard
                let estimate = tasks.estimates.first(where: {
                    $0.nodeClass == assignment.nodeClass
                })
            else { return "\(assignment): not on these nodes" }
            let start = problem.begin(of: assignment.slot)
            let pieces = Int64(plan.pieces[assignment.taskClass])
            let end = start + Microseconds(estimate.runTime.count / pieces)
            if start < tasks.ready { return "\(assignment): before it is ready" }
            if min(tasks.deadline ?? problem.end, problem.end) < end {
                return "\(assignment): after its deadline"
            }
            return nil
        }
    }

    private struct Load {
        var cores = 0.0
        var memory = 0.0
        var gpus = 0.0
        var milliwatts = 0.0
    }

    private static func loads(_ plan: Plan, _ problem: PlanningProblem) -> [String] {
        var loads = problem.nodeClasses.map { _ in
            Array(repeating: Load(), count: problem.slots)
        }
        for assignment in plan.assignments { add(assignment, plan, problem, to: &loads) }
        var broken: [String] = []
        for slot in 0..<problem.slots {
            for (index, node) in problem.nodeClasses.enumerated() {
                let (load, on) = (loads[index][slot], Double(plan.nodesOn[index][slot]))
                let there = slot < node.nodes.count ? node.nodes[slot] : node.nodes.last ?? 0
                if Int(on) > there { broken.append("\(node.name), \(slot): too many nodes") }
                if load.cores > on * Double(node.cores) + 1e-4
                    || load.memory > on * Double(node.memory.bytes) + 1e5
                    || load.gpus > on * Double(node.gpus) + 1e-4
                {
                    broken.append("\(node.name), \(slot): \(load) on \(on) nodes")
                }
            }
            broken += power(plan, problem, loads, slot)
        }
        return broken
    }

    private static func add(
        _ assignment: Plan.Assignment, _ plan: Plan, _ problem: PlanningProblem,
        to loads: inout [[Load]]
    ) {
        let tasks = problem.taskClasses[assignment.taskClass]
        guard
            let estimate = tasks.estimates.first(where: { $0.nodeClass == assignment.nodeClass })
        else { return }
        let length = Double(estimate.runTime.count) / Double(problem.slot.count)
        var left = length / Double(plan.pieces[assignment.taskClass])
        var slot = assignment.slot
        while left > 1e-9, slot < problem.slots {
            let share = min(1, left) * Double(assignment.count)
            loads[assignment.nodeClass][slot].cores += share * Double(tasks.cores)
            loads[assignment.nodeClass][slot].memory += share * Double(tasks.memory.bytes)
            loads[assignment.nodeClass][slot].gpus += share * Double(tasks.gpus)
            loads[assignment.nodeClass][slot].milliwatts +=
                share * Double(estimate.dynamicPower.milliwatts)
            left -= 1
            slot += 1
        }
    }

    private static func power(
        _ plan: Plan, _ problem: PlanningProblem, _ loads: [[Load]], _ slot: Int
    ) -> [String] {
        problem.sites.enumerated().compactMap { index, site in
            guard let last = site.powerCap.last else { return nil }
            let cap = slot < site.powerCap.count ? site.powerCap[slot] : last
            var drawn = 0.0
            for (number, node) in problem.nodeClasses.enumerated() where node.site == index {
                drawn += loads[number][slot].milliwatts
                drawn += Double(plan.nodesOn[number][slot]) * Double(node.idlePower.milliwatts)
            }
            return drawn > Double(cap.milliwatts) * (1 + 1e-6)
                ? "\(site.name), \(slot): \(drawn) of \(cap.milliwatts) mW" : nil
        }
    }

    private struct Passage: Hashable {
        var link: Int
        var slot: Int
    }

    private static func links(_ plan: Plan, _ problem: PlanningProblem) -> [String] {
        var bytes: [Passage: Double] = [:]
        for assignment in plan.assignments {
            let tasks = problem.taskClasses[assignment.taskClass]
            let site = problem.nodeClasses[assignment.nodeClass].site
            guard
                let link = problem.links.firstIndex(where: {
                    $0.from == tasks.inputSite && $0.to == site
                })
            else { continue }
            let pieces = Double(plan.pieces[assignment.taskClass])
            bytes[Passage(link: link, slot: assignment.slot), default: 0] +=
                Double(assignment.count) * Double(tasks.input.bytes) / pieces
        }
        return bytes.compactMap { passage, bytes in
            guard let most = problem.links[passage.link].bytesPerSlot,
                bytes > Double(most.bytes) * (1 + 1e-9)
            else { return nil }
            return "link \(passage.link), \(passage.slot): \(bytes) of \(most.bytes) bytes"
        }.sorted()
    }
}
