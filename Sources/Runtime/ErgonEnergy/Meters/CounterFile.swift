package import ErgonModel

/// A file with one counter of energy that never starts anew: what a Cray node's `pm_counters`
/// show, what a host writes for its virtual machines, or what a command of the site leaves.
///
/// `NUMBER UNIT` with `J`, `mJ`, `uJ`, `Wh` or `kWh`, and perhaps more behind it.
package struct CounterFile: Sendable {
    private let tree: HostTree
    private let path: String
    private var counter: EnergyCounter

    /// - Parameters:
    ///   - path: from the root, without a slash in front.
    ///   - mostPower: more than the node ever draws.
    package init(
        root: String, path: String, mostPower: Watts = Watts(milliwatts: 20_000_000)
    ) {
        tree = HostTree(root: root)
        self.path = path
        counter = EnergyCounter(mostPower: mostPower, patience: Self.patience)
    }

    /// Some move once a minute.
    private static let patience = Microseconds.seconds(120)
    /// Beyond what any counter reaches: it has no range.
    private static let range = Int64.max

    package mutating func sample(at time: Microseconds) -> MeterTelling {
        guard let value = tree.text(path).flatMap(EnergyText.init)?.microjoules else {
            // Another meter tells of this interval: it must not be counted again when this is back.
            counter.forget()
            return .absent
        }
        return counter.tell(value, range: Self.range, at: time)
    }
}

/// What one meter says of the stretch since it was last asked.
package enum MeterTelling: Hashable, Sendable {
    case measured(Joules)
    /// It has not moved; the next answer is of this stretch, too.
    case still
    case unknown(EnergyGap)
    /// It is not there, or may not be read.
    case absent
}

extension EnergyCounter {
    mutating func tell(
        _ microjoules: Int64, range: Int64?, at time: Microseconds
    ) -> MeterTelling {
        do throws(EnergyGap) {
            return try read(microjoules, range: range, at: time).map { .measured($0) } ?? .still
        } catch { return .unknown(error) }
    }
}

/// `NUMBER UNIT`: a counter of energy, or, in `W`, `mW` or `kW`, the power of the moment.
struct EnergyText: Hashable, Sendable {
    var microjoules: Int64?
    var milliwatts: Int64?

    init?(_ text: String) {
        let words = text.split { $0.isWhitespace }
        guard words.count >= 2, let number = Double(words[0]), number.isFinite, number >= 0 else {
            return nil
        }
        let energies = ["J": 1e6, "mJ": 1e3, "uJ": 1, "Wh": 3.6e9, "kWh": 3.6e12]
        let powers = ["W": 1e3, "mW": 1, "kW": 1e6]
        let unit = String(words[1])
        if let factor = energies[unit], number * factor < 9e18 {
            microjoules = Int64((number * factor).rounded())
        } else if let factor = powers[unit], number * factor < 9e12 {
            milliwatts = Int64((number * factor).rounded())
        } else {
            return nil
        }
    }
}
