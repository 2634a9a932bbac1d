import ErgonCoordinatorService
import ErgonModel
import ErgonPlanner
import Glibc

/// Adds a normal error to what sites say of their power: independent in each slot, of so many per
/// cent of the mean of the whole signal; the same for the same seed.
func disturbed(_ grid: PlannedGrid, percent: Double, seed: UInt64) -> [Site] {
    guard percent > 0 else { return grid.sites }
    var state = seed
    return grid.sites.enumerated().map { index, site in
        var site = site
        let carbon = site.carbon.map(\.microgramsPerKilowattHour)
        let meanCarbon = Double(grid.meanCarbon[index].microgramsPerKilowattHour)
        site.carbon = noisy(carbon, meanCarbon * percent / 100, &state).map {
            CarbonIntensity(microgramsPerKilowattHour: $0)
        }
        let price = site.price.map(\.millionthsPerKilowattHour)
        let meanPrice = Double(grid.meanPrice[index].millionthsPerKilowattHour)
        site.price = noisy(price, meanPrice * percent / 100, &state).map {
            EnergyPrice(millionthsPerKilowattHour: $0)
        }
        return site
    }
}

private func noisy(_ values: [Int64], _ deviation: Double, _ state: inout UInt64) -> [Int64] {
    values.map { value in
        // Box and Muller 1958.
        let (first, second) = (uniform(&state), uniform(&state))
        let normal = (-2 * log(1 - first)).squareRoot() * cos(2 * .pi * second)
        return Int64((Double(value) + deviation * normal).rounded())
    }
}

/// From 0 to below 1: SplitMix64 (Steele, Lea, Flood 2014).
private func uniform(_ state: inout UInt64) -> Double {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return Double((mixed ^ (mixed >> 31)) >> 11) / 9_007_199_254_740_992
}
