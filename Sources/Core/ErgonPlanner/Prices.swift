import ErgonModel

/// Finds prices of the rows at which the bound is high, and the plan in fractions at them.
struct PriceSearch {
    private(set) var dual: Dual
    private let rows: Rows
    /// Steps left of what the caller allows.
    private(set) var stepsLeft: Int
    /// The best exact bound so far and its prices.
    private(set) var bound = -Double.infinity
    private(set) var best: [Double]
    /// Where the search stands; the plan in fractions at these prices is in `dual`.
    private(set) var prices: [Double]
    private var slope: [Double]
    private let unit: Double

    init(_ model: Model, from prices: [Double], steps: Int) {
        dual = Dual(model)
        rows = model.rows
        stepsLeft = steps
        best = prices
        self.prices = prices
        slope = Array(repeating: 0, count: model.rows.count)
        unit = zip(model.counts, dual.scales).reduce(1e-15) { $0 + $1.0 * $1.1 }
        raiseBound(prices)
    }

    /// Climbs at one temperature from where the search stands.
    mutating func climb(temperature: Double, steps: Int, shouldStop: () -> Bool) {
        let (scales, unit) = (rows.scales, unit)
        var dual = dual
        let function: Ascent.Function = { point, slope in
            let value = dual.evaluate(
                zip(point, scales).map { $0 * $1 }, temperature: temperature, slope: &slope)
            for index in slope.indices { slope[index] *= scales[index] / unit }
            return value / unit
        }
        var ascent = Ascent(at: zip(prices, scales).map { $0 / $1 }, function)
        var (taken, quiet) = (0, 0)
        while taken < steps, stepsLeft > 0, quiet < 4, !shouldStop() {
            let before = ascent.value
            guard ascent.step(function) else { break }
            quiet = ascent.value - before < 2e-7 * abs(before) ? quiet + 1 : 0
            taken += 1
            stepsLeft -= 1
        }
        prices = zip(ascent.point, scales).map { $0 * $1 }
        raiseBound(prices)
        _ = self.dual.evaluate(prices, temperature: temperature, slope: &slope)
    }

    private mutating func raiseBound(_ prices: [Double]) {
        let exact = dual.evaluate(prices, temperature: 0, slope: &slope)
        guard exact > bound else { return }
        (bound, best) = (exact, prices)
    }
}

extension Model {
    /// Where the search begins if nothing is known: each core pays for its node's idle power.
    func firstPrices() -> [Double] {
        var prices = Array(repeating: 0.0, count: rows.count)
        for (index, node) in nodes.enumerated() where node.maySuspend {
            guard let row = rows.capacitiesOfNode[index].first.map({ rows.capacities[$0] }) else {
                continue
            }
            for slot in 0..<slots { prices[row.offset + slot] = max(0, idleCost(node, slot)) }
        }
        return prices
    }
}
