import ErgonModel

extension Dual {
    /// Switches nodes on where that pays at these prices, and returns what all of it comes to.
    mutating func switchNodes(_ prices: [Double], temperature: Double) -> Double {
        let slots = model.slots
        var value = 0.0
        for (index, node) in model.nodes.enumerated() {
            let rows = model.rows.capacitiesOfNode[index].map { model.rows.capacities[$0] }
            let rented = rentPrice(prices)
            for slot in 0..<slots {
                var gain = node.idle[slot] * series[index * slots + slot]
                gain += rented * node.rent[slot]
                let scale = rows.first.map { model.rows.scales[$0.offset + slot] } ?? 0
                for row in rows { gain -= prices[row.offset + slot] }
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
                slope[row.offset + slot] = usage[row.series * slots + slot] / row.amount - 1
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
            let rate = node.rate(of: kind)
            for slot in 0..<model.slots {
                let cell = index * model.slots + slot
                sum += rate[slot] * (usage[cell] + node.idle[slot] * on[cell])
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

extension Model.NodeSeries {
    /// What a kWh drawn by a node adds to a total.
    func rate(of kind: Rows.Budgeted) -> [Double] {
        switch kind {
        case .energy: meter
        case .carbon: carbon
        case .money: money
        }
    }
}

extension Rows.Budgeted {
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
