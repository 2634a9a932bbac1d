package import ErgonEnergy
package import ErgonModel
import FoundationEssentials

/// Sites with what is known of how clean and how dear their power is.
package struct LoadedGrid: Sendable {
    package enum Source<Quantity: SignalQuantity>: Sendable {
        case constant(Quantity)
        /// - Parameter fetched: when a service said so; `nil` for what a file says.
        case signal(Signal<Quantity>, fetched: Instant?)
        /// It could not be used, or there is none.
        case absent
    }

    package var grid: Grid
    /// For each site.
    package var carbon: [Source<CarbonIntensity>]
    package var price: [Source<EnergyPrice>]
    /// What people should know of signals that could not be read.
    package var notes: [String] = []

    package init(
        grid: Grid, carbon: [Source<CarbonIntensity>], price: [Source<EnergyPrice>],
        notes: [String] = []
    ) {
        self.grid = grid
        self.carbon = carbon
        self.price = price
        self.notes = notes
    }
}

extension LoadedGrid.Source {
    /// When a service said so, for the record.
    var age: String {
        guard case .signal(_, let fetched?) = self else { return "" }
        return ", as of \(fetched.minuteText) UTC"
    }

    /// Of all that it says, at whatever time; `nil` where it says nothing.
    var mean: Quantity? {
        switch self {
        case .constant(let value): value
        case .signal(let signal, _):
            signal.span.flatMap { signal.mean(from: $0.lowerBound, to: $0.upperBound) }
        case .absent: nil
        }
    }

    func forecast(
        yearly: Quantity?, start: Instant, slot: Microseconds, slots: Int
    ) -> Forecast<Quantity> {
        switch self {
        case .constant(let value): Forecast(constant: value, slots: slots)
        case .signal(let signal, _):
            Forecast(signal, yearly: yearly, start: start, slot: slot, slots: slots)
        case .absent:
            Forecast(Signal([]), yearly: yearly, start: start, slot: slot, slots: slots)
        }
    }
}

/// - Parameter what: for messages: `the grid file`.
package func contents(of path: String, _ what: String) throws(UnreadableFile) -> [UInt8] {
    do { return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) } catch {
        throw UnreadableFile(place: path, problem: "\(what) cannot be read")
    }
}

/// A file that a command was told to read cannot be.
package struct UnreadableFile: Actionable {
    package var place: String
    package var problem: String
    package var remedy: String { "check the path" }
}
