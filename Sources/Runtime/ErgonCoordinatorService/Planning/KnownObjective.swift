package import ErgonModel
package import ErgonPlanner

extension Objective {
    package init(_ weights: Weights) {
        self.init(
            perKilowattHour: weights.energy, perKilogramCO2e: weights.carbon,
            perMoney: weights.money, perTaskHour: weights.time)
    }
}

extension Weights {
    /// Carbon or money that is not known everywhere would draw all work to where it is unknown:
    /// then energy stands in, and `note` says so.
    package func known(on grid: PlannedGrid) -> (weights: Weights, note: String?) {
        var weights = self
        var unknown: [String] = []
        if carbon > 0, !grid.isCarbonKnown {
            (weights.carbon, weights.energy) = (0, max(weights.energy, carbon))
            unknown.append("carbon")
        }
        if money > 0, !grid.isPriceKnown {
            (weights.money, weights.energy) = (0, max(weights.energy, money))
            unknown.append("price")
        }
        guard !unknown.isEmpty else { return (weights, nil) }
        let what = unknown.joined(separator: " and ")
        return (weights, "\(what) not known at every site: planned for least energy instead")
    }
}
