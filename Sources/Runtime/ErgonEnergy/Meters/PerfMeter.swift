import CLinux
import ErgonModel
import Glibc

/// The processors' meter through perf events (`Documentation/ABI/testing/
/// sysfs-bus-event_source-devices-events`): readable where powercap is not, if
/// `perf_event_paranoid` or CAP_PERFMON allows it. Packages, and memory where there is an event.
package struct PerfMeter: Sendable {
    /// One event on one processor.
    package struct Event: Hashable, Sendable {
        package var type: UInt32
        package var config: UInt64
        package var cpu: CInt
    }

    /// A counter that is open, as long as the value lives.
    package protocol Counter: Sendable {
        /// Since it was opened; `nil` if it cannot be read.
        var count: UInt64? { get }
    }

    /// `nil` if it may not be opened.
    package typealias Opening = @Sendable (Event) -> (any Counter)?

    private struct Zone: Sendable {
        var counter: any Counter
        /// Of one count.
        var joules: Double
        var energy: EnergyCounter
    }

    private var zones: [Zone]
    private static let folder = "sys/bus/event_source/devices/power"
    /// Counters move every millisecond.
    private static let patience = Microseconds.seconds(1)
    /// More than one package or its memory ever draws.
    private static let mostPower = Watts(milliwatts: 1_000_000)

    init(root: String, open: Opening) {
        let tree = HostTree(root: root)
        func word(_ file: String) -> Substring? {
            tree.text("\(Self.folder)/\(file)")?.split { $0.isWhitespace }.first
        }
        guard let type = word("type").flatMap({ UInt32($0) }), let mask = word("cpumask") else {
            zones = []
            return
        }
        zones = []
        for name in ["energy-pkg", "energy-ram"] {
            guard let config = word("events/\(name)").flatMap(Self.config),
                let scale = word("events/\(name).scale").flatMap({ Double($0) }), scale > 0,
                word("events/\(name).unit") == "Joules"
            else { continue }
            let opened = Self.processors(mask).map { cpu in
                open(Event(type: type, config: config, cpu: cpu))
            }
            // A package of which nothing is known would make the sum too small.
            guard !opened.isEmpty, opened.allSatisfy({ $0 != nil }) else {
                if name == "energy-pkg" { return }
                continue
            }
            zones += opened.compactMap(\.self).map {
                Zone(
                    counter: $0, joules: scale,
                    energy: EnergyCounter(mostPower: Self.mostPower, patience: Self.patience))
            }
        }
    }

    mutating func sample(at time: Microseconds) -> MeterTelling {
        guard !zones.isEmpty else { return .absent }
        var (sum, gap, hasMoved) = (Joules.zero, EnergyGap?.none, false)
        for place in zones.indices {
            let joules = zones[place].counter.count.map { Double($0) * zones[place].joules }
            guard let joules, joules < 9e12 else {
                zones[place].energy.forget()
                gap = .absent
                continue
            }
            switch zones[place].energy.tell(Int64(joules * 1e6), range: .max, at: time) {
            case .measured(let energy): (sum, hasMoved) = (sum + energy, true)
            case .still: break
            case .unknown(let reason): gap = gap ?? reason
            case .absent: gap = gap ?? .absent
            }
        }
        if let gap { return .unknown(gap) }
        return hasMoved ? .measured(sum) : .still
    }

    /// `event=0x02`.
    private static func config(_ text: Substring) -> UInt64? {
        let parts = text.split(separator: "=")
        guard parts.count == 2, parts[0] == "event", parts[1].hasPrefix("0x") else { return nil }
        return UInt64(parts[1].dropFirst(2), radix: 16)
    }

    /// One processor of each package: `0,64` or `0-1`.
    private static func processors(_ mask: Substring) -> [CInt] {
        mask.split(separator: ",").flatMap { range -> [CInt] in
            let ends = range.split(separator: "-").compactMap { CInt($0) }
            guard let first = ends.first, let last = ends.last, first <= last, last < 1 << 16
            else { return [] }
            return Array(first...last)
        }
    }
}

/// A perf event of this machine.
private final class OpenedEvent: PerfMeter.Counter {
    private let descriptor: CInt

    init(_ descriptor: CInt) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    var count: UInt64? {
        var value: UInt64 = 0
        return read(descriptor, &value, 8) == 8 ? value : nil
    }
}

package let openPerfCounter: PerfMeter.Opening = { event in
    let descriptor = ergon_perf_open(event.type, event.config, event.cpu)
    return descriptor < 0 ? nil : OpenedEvent(descriptor)
}
