import ErgonModel

/// What it takes to start nodes.
extension Model {
    /// Cost of starting one node of a class in a slot. Less than zero where power's price is.
    func startCost(_ node: NodeSeries, _ slot: Int) -> Double {
        node.start * energyPrice(node, slot)
    }
}

extension Ledger {
    /// Nodes of a class that are on in a slot; before the first, those that are on already.
    func nodes(_ index: Int, _ slot: Int) -> Double {
        let node = model.nodes[index]
        guard slot >= 0 else { return node.alreadyOn }
        return on[index * model.slots + slot] * node.count[slot]
    }

    /// Nodes of a class that start in a slot.
    func starts(_ index: Int, _ slot: Int) -> Double {
        guard slot < model.slots, model.nodes[index].start > 0 else { return 0 }
        return max(0, nodes(index, slot) - nodes(index, slot - 1))
    }

    /// What one more node on from one slot to another costs in starts there, and saves after.
    func startGrowth(_ index: Int, from first: Int, to last: Int) -> Double {
        let node = model.nodes[index]
        guard node.start > 0 else { return 0 }
        var cost = 0.0
        if nodes(index, first) >= nodes(index, first - 1) { cost += model.startCost(node, first) }
        if last + 1 < model.slots, nodes(index, last + 1) > nodes(index, last) {
            cost -= model.startCost(node, last + 1)
        }
        return cost
    }

    /// Leaves nodes on between two uses where that costs less than starting them anew, as far as
    /// the limits of power and budgets allow. Once it is done no more tasks may be placed.
    ///
    /// Nodes of a class that are needed in the same slots are a band. What bands do is independent:
    /// the slots in which one is needed contain those of every higher one.
    mutating func bridge() {
        for index in model.nodes.indices where model.nodes[index].start > 0 {
            let needed = (0..<model.slots).map { nodes(index, $0).rounded() }
            var low = 0.0
            for high in Set(needed).sorted() where high > 0 {
                let uses = needed.indices.filter { needed[$0] >= high }
                for (last, next) in zip(uses, uses.dropFirst()) where next > last + 1 {
                    fill(index, last + 1..<next, count: high - low)
                }
                low = high
            }
        }
    }

    private mutating func fill(_ index: Int, _ gap: Range<Int>, count: Double) {
        let node = model.nodes[index]
        guard gap.allSatisfy({ node.isThere[$0] }) else { return }
        let idle = gap.reduce(0) { $0 + model.idleCost(node, $1) / node.count[$1] }
        guard idle < model.startCost(node, gap.upperBound) else { return }
        for slot in gap { switchOn(index, slot, count) }
        if gap.contains(where: { !isWithinLimits(index, $0) }) {
            for slot in gap { switchOn(index, slot, -count) }
        }
    }
}
