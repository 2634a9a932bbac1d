/// Greenhouse gas in whole micrograms of CO2 equivalent.
package struct GramsCO2e: Hashable, Comparable, Sendable {
    package var micrograms: Int64

    package init(micrograms: Int64) { self.micrograms = micrograms }

    package static let zero = GramsCO2e(micrograms: 0)
    package static func < (left: GramsCO2e, right: GramsCO2e) -> Bool {
        left.micrograms < right.micrograms
    }
    /// Stays at the end of the scale, 9.2 million tonnes, rather than pass it.
    package static func + (left: GramsCO2e, right: GramsCO2e) -> GramsCO2e {
        let (sum, isTooMuch) = left.micrograms.addingReportingOverflow(right.micrograms)
        guard isTooMuch else { return GramsCO2e(micrograms: sum) }
        return GramsCO2e(micrograms: right.micrograms < 0 ? .min : .max)
    }
    package static func += (left: inout GramsCO2e, right: GramsCO2e) { left = left + right }
}

/// An amount of the installation's one currency in whole millionths. May be negative: there are
/// hours in which power is given away with money on top.
package struct Money: Hashable, Comparable, Sendable {
    package var millionths: Int64

    package init(millionths: Int64) { self.millionths = millionths }

    package static let zero = Money(millionths: 0)
    package static func < (left: Money, right: Money) -> Bool {
        left.millionths < right.millionths
    }
    /// Stays at the end of the scale rather than pass it.
    package static func + (left: Money, right: Money) -> Money {
        let (sum, isTooMuch) = left.millionths.addingReportingOverflow(right.millionths)
        guard isTooMuch else { return Money(millionths: sum) }
        return Money(millionths: right.millionths < 0 ? .min : .max)
    }
    package static func += (left: inout Money, right: Money) { left = left + right }
}

/// What a grid emits for a kilowatt-hour, in whole micrograms of CO2 equivalent.
package struct CarbonIntensity: Hashable, Comparable, Sendable {
    package var microgramsPerKilowattHour: Int64

    package init(microgramsPerKilowattHour: Int64) {
        self.microgramsPerKilowattHour = microgramsPerKilowattHour
    }

    package static let zero = CarbonIntensity(microgramsPerKilowattHour: 0)
    package static func < (left: CarbonIntensity, right: CarbonIntensity) -> Bool {
        left.microgramsPerKilowattHour < right.microgramsPerKilowattHour
    }
}

/// What a kilowatt-hour costs, in whole millionths of the installation's currency.
package struct EnergyPrice: Hashable, Comparable, Sendable {
    package var millionthsPerKilowattHour: Int64

    package init(millionthsPerKilowattHour: Int64) {
        self.millionthsPerKilowattHour = millionthsPerKilowattHour
    }

    package static let zero = EnergyPrice(millionthsPerKilowattHour: 0)
    package static func < (left: EnergyPrice, right: EnergyPrice) -> Bool {
        left.millionthsPerKilowattHour < right.millionthsPerKilowattHour
    }
}

/// Emissions of drawing `energy` from such a grid, rounded towards zero to a whole microgram.
/// - Parameter intensity: location-based average over the draw (GHG Protocol Scope 2 Guidance).
package func emissions(of energy: Joules, at intensity: CarbonIntensity) -> GramsCO2e {
    GramsCO2e(micrograms: perKilowattHour(intensity.microgramsPerKilowattHour, energy))
}

/// The price of `energy`, rounded towards zero to a whole millionth.
package func cost(of energy: Joules, at price: EnergyPrice) -> Money {
    Money(millionths: perKilowattHour(price.millionthsPerKilowattHour, energy))
}

/// A kilowatt-hour is 3.6e12 microjoules. Stays at the ends of the scale.
private func perKilowattHour(_ rate: Int64, _ energy: Joules) -> Int64 {
    Int64(clamping: Int128(rate) * Int128(energy.microjoules) / 3_600_000_000_000)
}
