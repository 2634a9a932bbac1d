import ErgonModel

/// What one more of each limited thing would have been worth in a plan. A later plan that starts
/// from them takes a fraction of the steps.
package struct ShadowPrices: Hashable, Sendable {
    /// What is limited, by the names of the problem, so that the next one may differ.
    enum Limited: Hashable, Sendable {
        case cores(String), memory(String), gpus(String)
        case power(String)
        case energy, carbon, money
    }

    struct Price: Hashable, Sendable {
        var of: Limited
        /// Of all there is of it, for each slot; one value for what is limited for the whole plan.
        var values: [Double]
    }

    var start: Instant
    var slot: Microseconds
    var prices: [Price]
}

extension Model {
    func shadowPrices(_ values: [Double]) -> ShadowPrices {
        ShadowPrices(
            start: problem.start, slot: problem.slot,
            prices: limits().map { limit in
                ShadowPrices.Price(of: limit.of, values: Array(values[limit.place]))
            })
    }

    /// Earlier prices in the places of this problem's rows, moved on to its slots. What they do
    /// not cover costs what it costs where nothing is known.
    func prices(_ earlier: ShadowPrices) -> [Double] {
        var prices = firstPrices()
        guard earlier.slot == problem.slot else { return prices }
        let shift = Int((problem.start - earlier.start).count / problem.slot.count)
        var known: [ShadowPrices.Limited: [Double]] = [:]
        for price in earlier.prices { known[price.of] = price.values }
        for limit in limits() {
            guard let values = known[limit.of] else { continue }
            for (slot, place) in limit.place.enumerated() {
                let index = limit.place.count == 1 ? 0 : slot + shift
                if values.indices.contains(index) { prices[place] = values[index] }
            }
        }
        return prices
    }

    /// Every row's name and its places in the vector of prices. Limits of classes and links are
    /// not carried on: their numbers mean something else in the next problem.
    private func limits() -> [(of: ShadowPrices.Limited, place: Range<Int>)] {
        var all: [(of: ShadowPrices.Limited, place: Range<Int>)] = []
        for row in rows.capacities {
            let name = problem.nodeClasses[row.nodeClass].name
            let place = row.offset..<row.offset + slots
            switch resourceOfSeries[row.series] {
            case .cores: all.append((.cores(name), place))
            case .memory: all.append((.memory(name), place))
            case .gpus: all.append((.gpus(name), place))
            case nil: preconditionFailure("capacity of \(name) without a resource")
            }
        }
        for row in rows.powers {
            let name = problem.sites[row.site].name
            all.append((.power(name), row.offset..<row.offset + slots))
        }
        for row in rows.totals {
            let place = row.offset..<row.offset + 1
            switch row.of {
            case .energy: all.append((.energy, place))
            case .carbon: all.append((.carbon, place))
            case .money: all.append((.money, place))
            }
        }
        return all
    }
}
