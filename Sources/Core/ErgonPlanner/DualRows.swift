import ErgonModel

extension Dual {
    /// Switches nodes on where that pays at these prices, and returns what all of it comes to.
    mutating func switchNodes(_ prices: [Double], temperature: Double) -> Double {
        let slots = model.slots
        var value = 0.0
        for (index, node) in model.nodes.enumerated() {
            let rows = model.rows.capacitiesOfNode[index].map { model.rows.capacities[$0] }
            let rented = rentPrice(prices)
            let gains = (0..<slots).map { slot in
                let drawn = node.idle[slot] * series[index * slots + slot]
                let paid = rows.reduce(0) { $0 + prices[$1.offset + slot] }
                return drawn + rented * node.rent[slot] - paid
            }
            let scales = rows.first.map { row in
                model.rows.scales[row.offset..<row.offset + slots]
            }
            if node.start > 0 {
                value += startNodes(index, gains, scales, prices, temperature: temperature)
                if node.isSteady { continue }
            }
            for (slot, gain) in gains.enumerated() {
                let scale = scales.map { $0[$0.startIndex + slot] } ?? 0
                if node.maySuspend {
                    let soft = softMinimumWithZero(gain, temperature: temperature * scale)
                    value += soft.value
                    on[index * slots + slot] = soft.slope
                } else {
                    value += gain
                    on[index * slots + slot] = 1
                }
            }
        }
        return value
    }

    /// Nodes whose starts cost something, on their best ways through all slots. Where their number
    /// changes nobody can tell which of them they are: then no start is charged for.
    private mutating func startNodes(
        _ index: Int, _ gains: [Double], _ scales: ArraySlice<Double>?, _ prices: [Double],
        temperature: Double
    ) -> Double {
        let (node, slots) = (model.nodes[index], model.slots)
        let starts = (0..<slots).map { slot in
            model.rows.totals.reduce(model.startCost(node, slot)) { sum, row in
                sum + prices[row.offset] / row.norm * row.of.rate(of: node)[slot] * node.start
            } * node.count[slot]
        }
        guard node.isSteady, let count = node.count.first, count > 0 else {
            return starts.reduce(0) { $0 + min(0, $1) }
        }
        let scale = scales.map { $0.reduce(0, +) / Double(slots) } ?? 0
        let path = NodePath(
            gains, starts: starts, alreadyOn: node.alreadyOn / count,
            temperature: temperature * scale)
        let cells = index * slots..<(index + 1) * slots
        on.replaceSubrange(cells, with: path.on)
        started.replaceSubrange(cells, with: path.started)
        return path.value
    }

    private func rentPrice(_ prices: [Double]) -> Double {
        model.rows.totals.reduce(model.moneyWeight) { sum, row in
            row.of == .money ? sum + prices[row.offset] / row.norm : sum
        }
    }

    /// What the rows' right sides take off the value; `slope` becomes the excess of each row.
    mutating func measureRows(_ prices: [Double], slope: inout [Double]) -> Double {
        let slots = model.slots
        var value = 0.0
        for row in model.rows.capacities {
            for slot in 0..<slots {
                let share = on[row.nodeClass * slots + slot]
                slope[row.offset + slot] =
                    row.amount[slot] > 0
                    ? usage[row.series * slots + slot] / row.amount[slot] - share : -share
            }
        }
        for row in model.rows.powers {
            for slot in 0..<slots {
                slope[row.offset + slot] =
                    drawn(at: row.site, slot) / max(row.amount[slot], 1e-12) - 1
                value -= prices[row.offset + slot]
            }
        }
        for row in model.rows.limits {
            for slot in 0..<slots {
                slope[row.offset + slot] = usage[row.series * slots + slot] / row.amount[slot] - 1
                value -= prices[row.offset + slot]
            }
        }
        for row in model.rows.totals {
            slope[row.offset] = (total(row.of) - row.amount) / row.norm
            value -= prices[row.offset] * row.amount / row.norm
        }
        return value
    }

    /// kWh that all nodes of a site draw in a slot.
    func drawn(at site: Int, _ slot: Int) -> Double {
        var sum = 0.0
        for (index, node) in model.nodes.enumerated() where node.site == site {
            let cell = index * model.slots + slot
            sum += usage[cell] + node.idle[slot] * on[cell]
        }
        return sum
    }

    /// What the whole plan takes of what is limited for all of it.
    func total(_ kind: Rows.Budgeted) -> Double {
        var sum = 0.0
        for (index, node) in model.nodes.enumerated() {
            let rate = kind.rate(of: node)
            for slot in 0..<model.slots {
                let cell = index * model.slots + slot
                let starts = node.start * node.count[slot] * started[cell]
                sum += rate[slot] * (usage[cell] + node.idle[slot] * on[cell] + starts)
                if kind == .money { sum += node.rent[slot] * on[cell] }
            }
        }
        switch kind {
        case .energy: return sum + constants.energy
        case .carbon: return sum
        case .money: return sum + constants.money
        }
    }
}

extension Rows.Budgeted {
    /// What a kWh drawn by a node adds to a total, in each slot.
    func rate(of node: Model.NodeSeries) -> [Double] {
        switch self {
        case .energy: node.meter
        case .carbon: node.carbon
        case .money: node.money
        }
    }

    func constant(of choice: Model.Choice) -> Double {
        switch self {
        case .energy: choice.constantEnergy
        case .carbon: 0
        case .money: choice.constantMoney
        }
    }
}

extension Rows.Total {
    /// What the row is divided by; a budget may be zero or, for money, less.
    var norm: Double { max(abs(amount), 1e-9) }
}
