import ErgonModel
import ErgonPlanner
import Foundation

/// Half-hourly carbon intensity of 2020 in three grids (Wiesner and others 2021).
struct Grid {
    static let zones = ["DE", "FR", "GB"]
    static let files = zones.map { "energy/carbon_\($0)_2020_30min.csv" }

    /// g/kWh from 2020-01-01T00:00Z on, every half hour.
    var intensities: [Double]

    /// The files begin twelve days earlier.
    private static let before = 12 * 48

    init(_ zone: String) throws {
        intensities = try SharedData.rows("energy/carbon_\(zone)_2020_30min.csv")
            .dropFirst(Self.before).map { Double($0[1]) ?? .nan }
    }

    /// Of 2020-01-01T00:00Z.
    static let start = Instant(microseconds: 1_577_836_800_000_000)
    static let halfHour = Microseconds.seconds(1800)

    static func begin(of slot: Int) -> Instant {
        start + .seconds(Int64(slot) * 1800)
    }
}

extension CarbonIntensity {
    init(grams: Double) {
        self.init(microgramsPerKilowattHour: Int64((grams * 1e6).rounded()))
    }
}

extension GramsCO2e {
    var kilograms: Double { Double(micrograms) / 1e9 }
}

extension Joules {
    var kilowattHours: Double { Double(microjoules) / 3.6e12 }
}
