package import ErgonModel

extension Plan {
    /// What all nodes of a class draw in each slot on average, at the site's meter.
    package struct Load: Hashable, Sendable {
        package var dynamic: Watts
        package var idle: Watts
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
                return Load(
                    dynamic: Watts(kilowatts: ledger.usage[cell] * meter),
                    idle: Watts(kilowatts: node.idle[slot] * ledger.on[cell] * meter))
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
