package import ErgonModel

/// The meters of a node, the best first. An interval has its energy from the best that told; each
/// is read for every interval, so that the next is ready when one fails.
package struct NodeMeter: Sendable {
    /// What the site says of its meters.
    package struct Settings: Hashable, Sendable {
        /// `/`, or a folder that stands for it.
        package var root: String
        /// A counter of the whole node: a file under the root.
        package var wallFile: String?
        /// A command that prints a counter or a power of the whole node.
        package var command: String?
        /// A counter that the machine's host writes: a file under the root.
        package var hostFile: String?

        package init(
            root: String, wallFile: String? = nil, command: String? = nil, hostFile: String? = nil
        ) {
            self.root = root
            self.wallFile = wallFile
            self.command = command
            self.hostFile = hostFile
        }

        /// There should be a meter, whether it tells now or not.
        package var namesOne: Bool { wallFile != nil || command != nil || hostFile != nil }
    }

    private var wall: CounterFile
    private var command: CommandMeter?
    private var rapl: PowercapMeter
    private var perf: PerfMeter
    private var host: CounterFile?
    private var gpus: GPUMeter?
    /// What told last.
    package private(set) var source: MeterSource?

    /// - Parameters:
    ///   - reading: what the site's command prints, if there is one.
    ///   - perf: opens the processors' events.
    ///   - gpus: their driver, if there is one.
    package init(
        _ settings: Settings, reading: CommandReading? = nil,
        perf: @escaping PerfMeter.Opening = openPerfCounter, gpus: GPUDriver? = nil
    ) {
        let file = settings.wallFile ?? "sys/cray/pm_counters/energy"
        wall = CounterFile(root: settings.root, path: file)
        command = reading.map { CommandMeter($0) }
        rapl = PowercapMeter(root: settings.root)
        self.perf = PerfMeter(root: settings.root, open: perf)
        host = settings.hostFile.map { CounterFile(root: settings.root, path: $0) }
        self.gpus = gpus.map { GPUMeter($0) }
    }

    /// Begins, and says whether there is anything to read.
    package mutating func begin(at time: Microseconds) -> Bool {
        switch sample(at: time) {
        case .dropped(.absent): false
        case .dropped, .measured, nil: true
        }
    }

    /// What the node drew since the last time there was an answer; `nil` if the best meter has not
    /// moved yet.
    /// - Parameter time: of a clock that is never set.
    package mutating func sample(at time: Microseconds) -> ReportedInterval.Reading? {
        var gap = EnergyGap?.none
        // What is asked has told of this stretch, even if nobody takes its answer.
        var best: (Joules, MeterSource)?
        for rung in Rung.allCases {
            switch tell(rung, at: time) {
            case .measured(let energy): best = best ?? (energy, rung.source)
            case .still:
                guard best != nil || gap != nil else { return nil }
            case .unknown(let reason): gap = gap ?? reason
            case .absent: break
            }
        }
        let gpu = gpus?.sample(at: time) ?? .absent
        guard let (energy, source) = best else { return .dropped(gap ?? .absent) }
        return withGPUs(energy, source, gpu)
    }

    private enum Rung: CaseIterable {
        case wall, command, rapl, perf, host

        var source: MeterSource {
            switch self {
            case .wall, .command: .wall
            case .rapl: .rapl
            case .perf: .perf
            case .host: .host
            }
        }
    }

    private mutating func tell(_ rung: Rung, at time: Microseconds) -> MeterTelling {
        switch rung {
        case .wall: wall.sample(at: time)
        case .command: command?.sample(at: time) ?? .absent
        case .rapl:
            switch rapl.sample(at: time) {
            case .measured(let energy): .measured(energy)
            case .still: .still
            case .unknown(let gaps):
                .unknown(gaps.values.min { $0.rawValue < $1.rawValue } ?? .absent)
            case .absent: .absent
            }
        case .perf: perf.sample(at: time)
        case .host: host?.sample(at: time) ?? .absent
        }
    }

    /// What the processors' meter does not know of; the supply and the host do.
    private mutating func withGPUs(
        _ energy: Joules, _ source: MeterSource, _ gpu: MeterTelling
    ) -> ReportedInterval.Reading {
        let both: MeterSource
        switch source {
        case .rapl: both = .raplWithGPUs
        case .perf: both = .perfWithGPUs
        case .wall, .host, .raplWithGPUs, .perfWithGPUs:
            self.source = source
            return .measured(energy, by: source)
        }
        switch gpu {
        case .measured(let more):
            self.source = both
            return .measured(energy + more, by: both)
        case .still:
            self.source = both
            return .measured(energy, by: both)
        // The sum would be too small.
        case .unknown(let gap): return .dropped(gap)
        case .absent:
            self.source = source
            return .measured(energy, by: source)
        }
    }
}
