package import ErgonModel

extension Plan {
    /// What of each class of nodes nobody else can have, by class and slot, in time of one node:
    /// what this plan's tasks take, and what others had before.
    /// - Parameter problem: the one this is the plan of.
    package func taken(in problem: PlanningProblem) -> [[Microseconds]] {
        let model = Model(problem)
        let ledger = Ledger(model, assignments)
        return model.nodes.enumerated().map { index, node in
            let before = problem.nodeClasses[index].taken
            return (0..<model.slots).map { slot in
                let mine = ledger.share(index, slot) * node.free[slot] * node.count[slot]
                return (slot < before.count ? before[slot] : .zero)
                    + Microseconds(whole(mine * Double(problem.slot.count)))
            }
        }
    }
}

extension Ledger {
    /// The share taken of what runs out first on a class of nodes.
    fileprivate func share(_ index: Int, _ slot: Int) -> Double {
        model.rows.capacitiesOfNode[index].map { model.rows.capacities[$0] }.reduce(0) {
            $1.amount[slot] > 0
                ? max($0, usage[$1.series * model.slots + slot] / $1.amount[slot]) : $0
        }
    }
}
