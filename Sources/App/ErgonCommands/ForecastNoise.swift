import ErgonCoordinatorService
import ErgonModel
import ErgonPlanner
import Glibc

/// Adds a normal error to what sites say of their power: independent in each slot, of so many per
/// cent of the mean of the whole signal; the same for the same seed.
func disturbed(_ grid: PlannedGrid, percent: Double, seed: UInt64) -> [Site] {
    guard percent > 0 else { return grid.sites }
    var random = SplitMix(seed: seed)
    return grid.sites.enumerated().map { index, site in
        var site = site
        let carbon = site.carbon.map(\.microgramsPerKilowattHour)
        let meanCarbon = Double(grid.meanCarbon[index].microgramsPerKilowattHour)
        site.carbon = noisy(carbon, meanCarbon * percent / 100, &random).map {
            CarbonIntensity(microgramsPerKilowattHour: $0)
        }
        let price = site.price.map(\.millionthsPerKilowattHour)
        let meanPrice = Double(grid.meanPrice[index].millionthsPerKilowattHour)
        site.price = noisy(price, meanPrice * percent / 100, &random).map {
            EnergyPrice(millionthsPerKilowattHour: $0)
        }
        return site
    }
}

private func noisy(_ values: [Int64], _ deviation: Double, _ random: inout SplitMix) -> [Int64] {
    values.map { value in
        // Box and Muller 1958.
        let (first, second) = (uniform(&random), uniform(&random))
        let normal = (-2 * log(1 - first)).squareRoot() * cos(2 * .pi * second)
        return Int64((Double(value) + deviation * normal).rounded())
    }
}

/// From 0 to below 1, in steps of 2⁻⁵³.
private func uniform(_ random: inout SplitMix) -> Double {
    Double(random.next() >> 11) / 9_007_199_254_740_992
}
