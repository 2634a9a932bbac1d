import ErgonCoordinatorService
import ErgonModel
import ErgonPlanner

extension PlannedCampaign {
    func json() -> [String: JSON] {
        [
            "start": .string(problem.start.minuteText),
            "slotSeconds": .number(problem.slot.seconds), "slots": .int(problem.slots),
            "objective": .string(asked), "planned": plan.takes.json(from: problem.start),
            "naive": plan.naive.json(from: problem.start), "bound": .number(bound),
            "gap": .number(gap), "iterations": .int(plan.iterations), "verdict": verdict(),
            "steps": .array(problem.taskClasses.indices.map { step($0) }),
            "sites": .array(problem.sites.indices.map { site($0) }),
            "signals": .array(grid.origins.map { .string($0) }),
            "notes": .array(notes.map { .string($0) }),
        ]
    }

    private func verdict() -> JSON {
        switch plan.verdict {
        case .complete: return .object(["complete": .bool(true)])
        case .short(let unplaced, let relax):
            var (deadlines, isProven): ([Int], Bool) = ([], false)
            switch relax {
            case .deadlines(let classes, let proven): (deadlines, isProven) = (classes, proven)
            case .notEnough(let proven): isProven = proven
            case nil: break
            }
            return .object([
                "complete": .bool(false), "proven": .bool(isProven),
                "relax": .array(deadlines.map { .string(demand.classes[$0].step) }),
                "unplaced": .array(
                    unplaced.map { shortfall in
                        .object([
                            "step": .string(demand.classes[shortfall.taskClass].step),
                            "tasks": .int(shortfall.count),
                        ])
                    }),
            ])
        }
    }

    private func step(_ index: Int) -> JSON {
        let explanation = plan.explanation(of: index, in: problem)
        let starts = plan.assignments.filter { $0.taskClass == index }.map { part in
            JSON.object([
                "nodes": .string(problem.nodeClasses[part.nodeClass].name),
                "slot": .int(part.slot), "tasks": .int(part.count),
            ])
        }
        return .object([
            "name": .string(demand.classes[index].step),
            "tasks": .int(problem.taskClasses[index].count),
            "pieces": .int(plan.pieces[index]), "starts": .array(starts),
            "why": .string(explanation.sentence),
            "latest": .string(explanation.latest.minuteText),
        ])
    }

    private func site(_ index: Int) -> JSON {
        let site = problem.sites[index]
        let loads = plan.loads(in: problem)
        let nodes = problem.nodeClasses.indices.filter { problem.nodeClasses[$0].site == index }
        return .object([
            "name": .string(site.name),
            "gramsPerKilowattHour": .array(
                site.carbon.map { .number(Double($0.microgramsPerKilowattHour) / 1e6) }),
            "pricePerKilowattHour": .array(
                site.price.map { .number(Double($0.millionthsPerKilowattHour) / 1e6) }),
            "nodes": .array(
                nodes.map { node in
                    .object([
                        "name": .string(problem.nodeClasses[node].name),
                        "on": .array(plan.nodesOn[node].map { .int($0) }),
                        "watts": .array(
                            loads[node].map { .number(Double($0.total.milliwatts) / 1000) }),
                    ])
                }),
        ])
    }
}

extension Totals {
    func json(from start: Instant) -> JSON {
        .object([
            "dynamicJoules": .number(Double(dynamicEnergy.microjoules) / 1e6),
            "idleJoules": .number(Double(idleEnergy.microjoules) / 1e6),
            "startJoules": .number(Double(startEnergy.microjoules) / 1e6),
            "transferJoules": .number(Double(transferEnergy.microjoules) / 1e6),
            "gramsCO2e": .number(Double(carbon.micrograms) / 1e6),
            "money": .number(Double(money.millionths) / 1e6),
            "seconds": .number((end - start).seconds), "cost": .number(cost),
        ])
    }
}
