package import ErgonModel

extension Plan {
    /// What all nodes of a class draw in each slot on average, at the site's meter.
    package struct Load: Hashable, Sendable {
        package var dynamic: Watts
        package var idle: Watts
        /// For nodes that start.
        package var start: Watts

        package var total: Watts {
            Watts(milliwatts: dynamic.milliwatts + idle.milliwatts + start.milliwatts)
        }
    }

    /// What all nodes of a site draw in each slot on average, at its meter.
    package func watts(in problem: PlanningProblem) -> [[Watts]] {
        let loads = loads(in: problem)
        return problem.sites.indices.map { site in
            (0..<problem.slots).map { slot in
                problem.nodeClasses.indices.reduce(Watts(milliwatts: 0)) { sum, node in
                    guard problem.nodeClasses[node].site == site else { return sum }
                    let total = loads[node][slot].total
                    return Watts(milliwatts: sum.milliwatts + total.milliwatts)
                }
            }
        }
    }

    /// By node class and slot.
    /// - Parameter problem: the one this is the plan of.
    package func loads(in problem: PlanningProblem) -> [[Load]] {
        let model = Model(problem)
        let ledger = Ledger(model, assignments)
        return model.nodes.enumerated().map { index, node in
            (0..<model.slots).map { slot in
                let cell = index * model.slots + slot
                let meter = node.meter[slot] / model.slotHours
                let on = nodesOn[index][slot]
                let before = slot > 0 ? nodesOn[index][slot - 1] : Int(node.alreadyOn)
                let share = Double(on) / max(1, node.count[slot])
                return Load(
                    dynamic: Watts(kilowatts: ledger.usage[cell] * meter),
                    idle: Watts(kilowatts: node.idle[slot] * share * meter),
                    start: Watts(
                        kilowatts: Double(max(0, on - before)) * node.start * meter))
            }
        }
    }
}

extension Ledger {
    /// With these tasks in their places.
    init(_ model: Model, _ assignments: [Plan.Assignment]) {
        self.init(model)
        for assignment in assignments {
            let choices = model.choicesOfClass[assignment.taskClass]
            guard
                let choice = choices.first(where: {
                    model.choices[$0].nodeClass == assignment.nodeClass
                })
            else { preconditionFailure("\(assignment) is not of this problem") }
            place(choice, assignment.slot, assignment.count)
        }
    }
}

extension Watts {
    init(kilowatts: Double) { self.init(milliwatts: whole(kilowatts * 1e6)) }
}
