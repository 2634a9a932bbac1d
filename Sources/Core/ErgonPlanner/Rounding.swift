import ErgonModel

/// Makes whole tasks of a plan in fractions: scaled down to what there is, rounded down, the rest
/// placed where it is cheapest at the rows' prices.
struct Rounding {
    private let model: Model
    private let dual: Dual
    private(set) var ledger: Ledger

    /// - Parameters:
    ///   - dual: as evaluated at `prices`, with the plan in fractions.
    init(_ dual: Dual, prices: [Double]) {
        model = dual.model
        self.dual = dual
        ledger = Ledger(model)
        placeWhole()
        var pricing = dual
        placeRest(&pricing, prices)
    }

    private mutating func placeWhole() {
        let factors = scaleFactors()
        let slots = model.slots
        for (index, choice) in model.choices.enumerated() {
            let place = dual.places[index]
            for (offset, start) in choice.starts.enumerated() {
                let wanted = dual.tasks[place + offset]
                guard wanted >= 1 else { continue }
                var factor = 1.0
                for term in choice.atStart {
                    factor = min(factor, factors[term.series * slots + start])
                }
                for part in model.run(of: choice, from: start) {
                    for term in choice.spread {
                        factor = min(factor, factors[term.series * slots + part.slot])
                    }
                }
                let count = min(Int(wanted * factor), ledger.unplaced[choice.taskClass])
                let fitting = ledger.fit(index, start, wanted: count)
                if fitting > 0 { ledger.place(index, start, fitting) }
            }
        }
    }

    /// By how much to shrink what takes of a series in a slot, so that its row holds.
    private func scaleFactors() -> [Double] {
        let slots = model.slots
        var factors = Array(repeating: 1.0, count: dual.usage.count)
        func shrink(_ cell: Int, _ excess: Double) {
            if excess > 1 { factors[cell] = min(factors[cell], 1 / excess) }
        }
        for row in model.rows.capacities {
            for slot in 0..<slots where row.amount[slot] > 0 {
                let cell = row.series * slots + slot
                shrink(cell, dual.usage[cell] / row.amount[slot])
            }
        }
        for row in model.rows.limits {
            for slot in 0..<slots {
                let cell = row.series * slots + slot
                shrink(cell, dual.usage[cell] / row.amount[slot])
            }
        }
        for row in model.rows.powers {
            for slot in 0..<slots where row.amount[slot] > 0 {
                let excess = dual.drawn(at: row.site, slot) / row.amount[slot]
                for (index, node) in model.nodes.enumerated() where node.site == row.site {
                    shrink(index * slots + slot, excess)
                }
            }
        }
        for row in model.rows.totals where row.amount > 0 {
            let excess = dual.total(row.of) / row.amount
            for index in model.nodes.indices {
                for slot in 0..<slots { shrink(index * slots + slot, excess) }
            }
        }
        return factors
    }

    /// Classes with the earliest ends first, each where it is cheapest at the rows' prices.
    private mutating func placeRest(_ pricing: inout Dual, _ prices: [Double]) {
        for index in model.urgencyOrder() where ledger.unplaced[index] > 0 {
            for option in pricing.options(of: index, prices) {
                let wanted = ledger.unplaced[index]
                guard wanted > 0 else { break }
                let count = ledger.fit(option.choice, option.start, wanted: wanted)
                if count > 0 { ledger.place(option.choice, option.start, count) }
            }
        }
    }
}

extension Dual {
    struct Option {
        var cost: Double
        var choice: Int
        var start: Int
    }

    /// All starts of a class, the cheapest at these prices first. `evaluate` was last called with
    /// the same prices.
    mutating func options(of index: Int, _ prices: [Double]) -> [Option] {
        var options: [Option] = []
        for choice in model.choicesOfClass[index] {
            _ = priceStarts(of: choice, prices)
            for (offset, start) in model.choices[choice].starts.enumerated() {
                options.append(
                    Option(cost: tasks[places[choice] + offset], choice: choice, start: start))
            }
        }
        return options.sorted {
            ($0.cost, $0.start, $0.choice) < ($1.cost, $1.start, $1.choice)
        }
    }
}
