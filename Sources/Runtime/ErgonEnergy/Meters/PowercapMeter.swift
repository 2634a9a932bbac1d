package import ErgonModel

/// The processors' own meters, as Linux shows them (`Documentation/power/powercap` and Intel SDM
/// volume 3B §15.10). Readable by root only since Linux 5.10 (CVE-2020-8694): what may not be read
/// is not there.
///
/// Packages and memory are summed. Cores and graphics are inside the package, `psys` contains it,
/// and `intel-rapl-mmio` shows the first package once more.
package struct PowercapMeter: Sendable {
    /// What one reading came to.
    package enum Sample: Hashable, Sendable {
        /// All that the machine's zones drew since the last one.
        case measured(Joules)
        /// Not all zones told: the sum would be too small, so there is none.
        case unknown([String: EnergyGap])
        /// None of them has moved yet.
        case still
        /// There is no zone that may be read.
        case absent
    }

    private let tree: HostTree
    /// By the zone's name: `package-0`, `package-0/dram`.
    private var counters: [String: EnergyCounter] = [:]
    private let mostPower: Watts
    /// Counters move every millisecond.
    private static let patience = Microseconds.seconds(1)
    private static let folder = "sys/class/powercap"

    /// - Parameters:
    ///   - root: `/`, or a folder that stands for it.
    ///   - mostPower: more than one zone ever draws.
    package init(root: String, mostPower: Watts = Watts(milliwatts: 1_000_000)) {
        tree = HostTree(root: root)
        self.mostPower = mostPower
    }

    /// - Parameter time: of a clock that is never set. Every 30 s or sooner: the smallest counters
    ///   start anew after 65.5 kJ.
    package mutating func sample(at time: Microseconds) -> Sample {
        let zones = zones()
        // A zone that was away begins anew: nobody knows what it did meanwhile.
        let away = counters.keys.filter { name in !zones.contains { $0.name == name } }
        for name in away { counters[name] = nil }
        guard !zones.isEmpty else { return .absent }
        var (sum, gaps, hasMoved) = (Joules.zero, [String: EnergyGap](), false)
        for name in away { gaps[name] = .begins }
        for zone in zones {
            let new = EnergyCounter(mostPower: mostPower, patience: Self.patience)
            switch counters[zone.name, default: new]
                .tell(zone.microjoules, range: zone.range, at: time)
            {
            case .measured(let energy): (sum, hasMoved) = (sum + energy, true)
            // It counts this stretch into its next step.
            case .still: break
            case .unknown(let gap): gaps[zone.name] = gap
            case .absent: gaps[zone.name] = .absent
            }
        }
        if !gaps.isEmpty { return .unknown(gaps) }
        return hasMoved ? .measured(sum) : .still
    }

    /// The zones that can be read, as they are now; packages in the order of their numbers.
    package var zoneNames: [String] { zones().map(\.name) }

    private struct Zone {
        var name: String
        var microjoules: Int64
        var range: Int64?
    }

    private func zones() -> [Zone] {
        let folders = tree.names(in: Self.folder).filter { $0.hasPrefix("intel-rapl:") }
            .sorted { numbers($0).lexicographicallyPrecedes(numbers($1)) }
        var names: [String: String] = [:]
        for folder in folders { names[folder] = word("\(folder)/name") }
        var seen: Set<String> = []
        return folders.compactMap { folder in
            guard let name = fullName(folder, names), word("\(folder)/enabled") != "0",
                let value = number("\(folder)/energy_uj"),
                // Firmware that lists a die twice counts it twice.
                seen.insert(name).inserted
            else { return nil }
            return Zone(
                name: name, microjoules: value, range: number("\(folder)/max_energy_range_uj"))
        }
    }

    /// `package-0` of a package, `package-0/dram` of its memory, `nil` of all else.
    private func fullName(_ folder: String, _ names: [String: String]) -> String? {
        guard let name = names[folder] else { return nil }
        let parts = folder.split(separator: ":")
        if parts.count == 2 {
            return name.hasPrefix("package-") || name == "dram" ? name : nil
        }
        guard parts.count == 3, name == "dram",
            let parent = names["\(parts[0]):\(parts[1])"]
        else { return nil }
        return "\(parent)/dram"
    }

    private func numbers(_ folder: String) -> [Int] {
        folder.split(separator: ":").dropFirst().map { Int($0) ?? .max }
    }

    private func word(_ file: String) -> String? {
        tree.text("\(Self.folder)/\(file)")?.split { $0.isWhitespace }.first.map(String.init)
    }

    /// A whole number that is not negative, and nothing else.
    private func number(_ file: String) -> Int64? {
        guard let word = word(file), let number = Int64(word), number >= 0 else { return nil }
        return number
    }
}
