import ErgonModel

/// Whole tasks on nodes and slots, and what is left of everything. Never exceeds a row: `place`
/// takes no more than fits.
struct Ledger {
    let model: Model
    /// Where the starts of each choice stand in `tasks`.
    let places: [Int]
    private(set) var tasks: [Int]
    private(set) var unplaced: [Int]
    private(set) var usage: [Double]
    /// The share of nodes on, by node class and slot: as many as the tasks there need.
    private(set) var on: [Double]
    private var drawn: [Double]
    private(set) var totals: [Double]
    /// What the plan costs in the objective's unit.
    private(set) var cost = 0.0

    init(_ model: Model) {
        self.model = model
        var places: [Int] = []
        var place = 0
        for choice in model.choices {
            places.append(place)
            place += choice.starts.count
        }
        self.places = places
        tasks = Array(repeating: 0, count: place)
        unplaced = model.counts.map { Int($0) }
        usage = Array(repeating: 0, count: model.base.count)
        on = model.nodes.flatMap { node in
            Array(repeating: node.maySuspend ? 0 : 1, count: model.slots)
        }
        drawn = Array(repeating: 0, count: model.problem.sites.count * model.slots)
        totals = Array(repeating: 0, count: model.rows.totals.count)
        for (index, node) in model.nodes.enumerated() where !node.maySuspend {
            for slot in 0..<model.slots {
                take(power: node.idle[slot], of: index, slot)
                cost += model.idleCost(node, slot)
            }
        }
    }

    func tasks(_ choice: Int, _ start: Int) -> Int {
        tasks[places[choice] + start - model.choices[choice].starts.lowerBound]
    }

    /// How many of `wanted` tasks of a choice can start in a slot.
    func fit(_ index: Int, _ start: Int, wanted: Int) -> Int {
        let choice = model.choices[index]
        var count = wanted
        for part in model.run(of: choice, from: start) {
            guard count > 0 else { return 0 }
            count = min(count, fitOnNodes(choice, part.slot, part.share, wanted: count))
        }
        for row in model.rows.limits {
            guard let term = choice.atStart.first(where: { $0.series == row.series }) else {
                continue
            }
            let left = row.amount[start] * (1 + 1e-12) - usage[row.series * model.slots + start]
            count = min(count, whole(left / term.amount))
        }
        guard count > 0, !(model.rows.powers.isEmpty && model.rows.totals.isEmpty) else {
            return max(0, count)
        }
        return largest(upTo: count) { staysWithinPower(choice, start, $0) }
    }

    private func fitOnNodes(
        _ choice: Model.Choice, _ slot: Int, _ share: Double, wanted: Int
    ) -> Int {
        var count = wanted
        for row in model.rows.capacitiesOfNode[choice.nodeClass].map({ model.rows.capacities[$0] })
        {
            guard row.amount[slot] > 0 else { return 0 }
            guard let term = choice.spread.first(where: { $0.series == row.series }) else {
                continue
            }
            let left = row.amount[slot] * (1 + 1e-12) - usage[row.series * model.slots + slot]
            count = min(count, whole(left / (term.amount * share)))
        }
        return count
    }

    private func whole(_ number: Double) -> Int {
        number >= 1 ? Int(min(number, 1e15)) : 0
    }

    private func largest(upTo most: Int, where isRight: (Int) -> Bool) -> Int {
        if isRight(most) { return most }
        var (low, high) = (0, most)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if isRight(middle) { low = middle } else { high = middle }
        }
        return low
    }

    private func staysWithinPower(_ choice: Model.Choice, _ start: Int, _ count: Int) -> Bool {
        var added = model.rows.totals.map { Double(count) * $0.of.constant(of: choice) }
        let node = model.nodes[choice.nodeClass]
        for part in model.run(of: choice, from: start) {
            let opened =
                share(choice, part.slot, adding: Double(count) * part.share)
                - on[choice.nodeClass * model.slots + part.slot]
            let power =
                Double(count) * part.share * choice.spread[0].amount
                + opened * node.idle[part.slot]
            for row in model.rows.powers where row.site == node.site {
                let after = drawn[node.site * model.slots + part.slot] + power
                if after > row.amount[part.slot] * (1 + 1e-9), power > 0 { return false }
            }
            for (index, row) in model.rows.totals.enumerated() {
                // As if each node that is opened had to be started.
                let starts = opened * node.count[part.slot] * node.start
                added[index] += (power + max(0, starts)) * row.of.rate(of: node)[part.slot]
                if row.of == .money { added[index] += opened * node.rent[part.slot] }
            }
        }
        return zip(model.rows.totals.indices, model.rows.totals).allSatisfy { index, row in
            added[index] <= 0 || totals[index] + added[index] <= row.amount + 1e-9 * row.norm
        }
    }

    /// The share of nodes on in a slot once so many more tasks of a choice are there.
    private func share(_ choice: Model.Choice, _ slot: Int, adding count: Double) -> Double {
        let node = choice.nodeClass
        guard model.nodes[node].maySuspend else { return 1 }
        var share = 0.0
        for row in model.rows.capacitiesOfNode[node].map({ model.rows.capacities[$0] }) {
            guard row.amount[slot] > 0 else { continue }
            var used = usage[row.series * model.slots + slot]
            if let term = choice.spread.first(where: { $0.series == row.series }) {
                used += count * term.amount
            }
            share = max(share, used / row.amount[slot])
        }
        let nodes = model.nodes[node].count[slot]
        return min(1, max(0, (share * nodes - 1e-7).rounded(.up) / max(nodes, 1)))
    }

    /// Starts so many more tasks of a choice in a slot, fewer if negative. The caller has asked
    /// what fits.
    mutating func place(_ index: Int, _ start: Int, _ count: Int) {
        let choice = model.choices[index]
        tasks[places[index] + start - choice.starts.lowerBound] += count
        unplaced[choice.taskClass] -= count
        cost += Double(count) * choice.constant
        for term in choice.atStart {
            let cell = term.series * model.slots + start
            usage[cell] += Double(count) * term.amount
            cost += Double(count) * term.amount * model.base[cell]
        }
        for (total, row) in model.rows.totals.enumerated() {
            totals[total] += Double(count) * row.of.constant(of: choice)
        }
        for part in model.run(of: choice, from: start) {
            put(choice, part.slot, Double(count) * part.share)
        }
    }

    private mutating func put(_ choice: Model.Choice, _ slot: Int, _ count: Double) {
        let after = share(choice, slot, adding: count)
        take(power: count * choice.spread[0].amount, of: choice.nodeClass, slot)
        for term in choice.spread {
            let cell = term.series * model.slots + slot
            usage[cell] += count * term.amount
            cost += count * term.amount * model.base[cell]
        }
        switchShare(choice.nodeClass, slot, to: after)
    }

    /// Switches so many more nodes on in a slot, fewer if negative.
    mutating func switchOn(_ index: Int, _ slot: Int, _ count: Double) {
        let share = on[index * model.slots + slot] + count / model.nodes[index].count[slot]
        switchShare(index, slot, to: share)
    }

    private mutating func switchShare(_ index: Int, _ slot: Int, to share: Double) {
        let (cell, node) = (index * model.slots + slot, model.nodes[index])
        let change = share - on[cell]
        guard change != 0 else { return }
        let before = [starts(index, slot), starts(index, slot + 1)]
        on[cell] = share
        take(power: change * node.idle[slot], of: index, slot)
        cost += change * model.idleCost(node, slot)
        for (total, row) in model.rows.totals.enumerated() where row.of == .money {
            totals[total] += change * node.rent[slot]
        }
        guard node.start > 0 else { return }
        for (later, earlier) in zip([slot, slot + 1], before) where later < model.slots {
            let more = starts(index, later) - earlier
            cost += more * model.startCost(node, later)
            for (total, row) in model.rows.totals.enumerated() {
                totals[total] += more * node.start * row.of.rate(of: node)[later]
            }
        }
    }

    /// Whether a site's power in a slot and the budgets are kept.
    func isWithinLimits(_ index: Int, _ slot: Int) -> Bool {
        let site = model.nodes[index].site
        let drawn = drawn[site * model.slots + slot]
        return model.rows.powers.allSatisfy {
            $0.site != site || drawn <= $0.amount[slot] * (1 + 1e-9)
        } && zip(totals, model.rows.totals).allSatisfy { $0 <= $1.amount + 1e-9 * $1.norm }
    }

    private mutating func take(power: Double, of index: Int, _ slot: Int) {
        let node = model.nodes[index]
        drawn[node.site * model.slots + slot] += power
        for (total, row) in model.rows.totals.enumerated() {
            totals[total] += power * row.of.rate(of: node)[slot]
        }
    }
}
