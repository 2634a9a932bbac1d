package import ErgonModel

/// A file with one counter of energy that never starts anew: what a Cray node's `pm_counters`
/// show, what a host writes for its virtual machines, or what a command of the site leaves.
///
/// `NUMBER UNIT` with `J`, `mJ`, `uJ` or `Wh`, and perhaps more behind it.
package struct CounterFile: Sendable {
    private let tree: HostTree
    private let path: String
    private var counter: EnergyCounter
    private let mostPower: Watts
    /// Beyond what any counter reaches: it has no range.
    private static let range = Int64.max

    /// - Parameters:
    ///   - path: from the root, without a slash in front.
    ///   - mostPower: more than the node ever draws.
    package init(
        root: String, path: String, mostPower: Watts = Watts(milliwatts: 20_000_000)
    ) {
        tree = HostTree(root: root)
        self.path = path
        self.mostPower = mostPower
        counter = EnergyCounter(mostPower: mostPower)
    }

    /// What was drawn since the last reading; `nil` if the file does not say.
    package mutating func sample(at time: Microseconds) throws(EnergyGap) -> Joules? {
        guard let value = tree.text(path).flatMap(microjoules) else {
            // Another meter tells of this interval: it must not be counted again when this is back.
            counter = EnergyCounter(mostPower: mostPower)
            return nil
        }
        return try counter.read(value, range: Self.range, at: time)
    }

    private func microjoules(_ text: String) -> Int64? {
        let words = text.split { $0.isWhitespace }
        guard words.count >= 2, let number = Double(words[0]), number.isFinite, number >= 0 else {
            return nil
        }
        let units = ["J": 1e6, "mJ": 1e3, "uJ": 1, "Wh": 3.6e9]
        guard let factor = units[String(words[1])], number * factor < 9e18 else { return nil }
        return Int64((number * factor).rounded())
    }
}
