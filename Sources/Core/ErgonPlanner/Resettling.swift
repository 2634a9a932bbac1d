import ErgonModel

/// Takes each class's tasks out of a plan and puts them back where they cost least given all
/// others. What a class costs on a node class and slot is piecewise linear and convex in its
/// tasks (idle power grows with the resource that runs out first), so cheapest first is best for
/// the class, and a round never makes the plan dearer.
struct Resettling {
    private let model: Model

    init(_ model: Model) { self.model = model }

    /// Tasks that cost the same each.
    private struct Offer {
        var rank: Int
        var cost: Double
        var choice: Int
        var start: Int
        var count: Int
    }

    /// One round over all classes. `true`: something got cheaper.
    func improve(_ ledger: inout Ledger) -> Bool {
        var isBetter = false
        for index in model.choicesOfClass.indices where model.counts[index] > 0 {
            let (cost, unplaced) = (ledger.cost, ledger.unplaced[index])
            let before = lift(index, from: &ledger)
            settle(index, in: &ledger)
            let placesMore = ledger.unplaced[index] < unplaced
            let isCheaper = cost - ledger.cost > 1e-9 * abs(cost)
            if placesMore || (isCheaper && ledger.unplaced[index] == unplaced) {
                isBetter = true
            } else {
                _ = lift(index, from: &ledger)
                for move in before { ledger.place(move.choice, move.start, move.count) }
            }
        }
        return isBetter
    }

    private struct Move {
        var choice: Int
        var start: Int
        var count: Int
    }

    /// Takes all tasks of a class out, and returns where they were.
    private func lift(_ index: Int, from ledger: inout Ledger) -> [Move] {
        var moves: [Move] = []
        for choice in model.choicesOfClass[index] {
            for start in model.choices[choice].starts {
                let count = ledger.tasks(choice, start)
                guard count > 0 else { continue }
                moves.append(Move(choice: choice, start: start, count: count))
                ledger.place(choice, start, -count)
            }
        }
        return moves
    }

    /// Places all unplaced tasks of a class, where they cost least first.
    /// - Parameter rank: what counts before the cost; less is better.
    func settle(
        _ index: Int, in ledger: inout Ledger,
        by rank: (_ start: Int, _ nodeClass: Int) -> Int = { _, _ in 0 }
    ) {
        var offers: [Offer] = []
        for choice in model.choicesOfClass[index] {
            for start in model.choices[choice].starts {
                let rank = rank(start, model.choices[choice].nodeClass)
                offer(choice, start, ledger, rank: rank, to: &offers)
            }
        }
        offers.sort {
            ($0.rank, $0.cost, $0.start, $0.choice) < ($1.rank, $1.cost, $1.start, $1.choice)
        }
        for offer in offers {
            let wanted = min(offer.count, ledger.unplaced[index])
            guard wanted > 0 else { continue }
            let count = ledger.fit(offer.choice, offer.start, wanted: wanted)
            if count > 0 { ledger.place(offer.choice, offer.start, count) }
        }
    }

    /// What tasks would cost: first those that need no further node on, then the others.
    private func offer(
        _ index: Int, _ start: Int, _ ledger: Ledger, rank: Int, to offers: inout [Offer]
    ) {
        let choice = model.choices[index]
        let plain = ledger.plainCost(choice, start)
        guard plain < Model.blocked / 2 else { return }
        let (free, idle) = ledger.growth(choice, start)
        if free > 0 {
            offers.append(
                Offer(rank: rank, cost: plain, choice: index, start: start, count: free))
        }
        if idle > 0 || free == 0 {
            offers.append(
                Offer(
                    rank: rank, cost: plain + idle, choice: index, start: start, count: .max / 2))
        }
    }
}

extension Ledger {
    /// Cost of a task without idle power.
    func plainCost(_ choice: Model.Choice, _ start: Int) -> Double {
        var cost = choice.constant
        for term in choice.atStart {
            cost += term.amount * model.base[term.series * model.slots + start]
        }
        for part in model.run(of: choice, from: start) {
            for term in choice.spread {
                cost += part.share * term.amount * model.base[term.series * model.slots + part.slot]
            }
        }
        return cost
    }

    /// How many tasks find room on nodes that are on already, and the idle power that each
    /// beyond them costs.
    func growth(_ choice: Model.Choice, _ start: Int) -> (free: Int, idle: Double) {
        let node = model.nodes[choice.nodeClass]
        guard node.maySuspend else { return (.max / 2, 0) }
        var (free, idle) = (Double.infinity, 0.0)
        for part in model.run(of: choice, from: start) {
            let share = on[choice.nodeClass * model.slots + part.slot]
            var most = 0.0
            for row in model.rows.capacitiesOfNode[choice.nodeClass] {
                let row = model.rows.capacities[row]
                guard let term = choice.spread.first(where: { $0.series == row.series }),
                    row.amount[part.slot] > 0
                else { continue }
                let each = term.amount * part.share
                let used = usage[row.series * model.slots + part.slot]
                free = min(free, (share * row.amount[part.slot] - used) / each)
                most = max(most, each / row.amount[part.slot])
            }
            idle += most * model.idleCost(node, part.slot)
        }
        idle += startGrowth(choice, start, node)
        return (free >= 1 ? Int(min(free, 1e15)) : 0, idle)
    }

    /// What a task's share of the nodes that it opens costs in starts.
    private func startGrowth(
        _ choice: Model.Choice, _ start: Int, _ node: Model.NodeSeries
    ) -> Double {
        guard node.start > 0, let last = model.run(of: choice, from: start).last else { return 0 }
        let share = model.rows.capacityShare(of: choice, slot: start, slots: model.slots)
        let nodes = share * node.count[start] / max(1, choice.length)
        return nodes * startGrowth(choice.nodeClass, from: start, to: last.slot)
    }
}
