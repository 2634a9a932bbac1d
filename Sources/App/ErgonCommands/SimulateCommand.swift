import ArgumentParser
import ErgonModel
import ErgonSimulation
import Glibc

struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Lives through grids where everything goes wrong; replays logs and campaigns.",
        discussion: """
            With --grid and --workload: replays a log of jobs on the sites of a grid file \
            (docs/ENERGY.md) by several policies, side by side, with a bound that none can \
            undercut. Each sees only what was submitted so far, and the forecast. With --grid and \
            a manifest: the same for a campaign, all of which is there from its start.

            With --seeds: checks every promise. Runs the real coordinator, workers and log in \
            virtual time, on a network, clocks and a disk that fail as the seed says, with people \
            who hold, cancel and retry, and programs that fail, dawdle or take their worker with \
            them. A seed always goes the same way; every eighth is run twice to prove it. Exit \
            status 1 if any promise is broken.
            """)

    @Argument(
        help: "A campaign's manifest, YAML (docs/MANIFEST.md), to be simulated on --grid.",
        completion: .file())
    var file: String?
    @Flag(help: "What goes wrong: everything. Without it the worlds are calm.")
    var faults = false
    @Option(help: "Which worlds, or which errors of the forecast: one seed, or A..B.")
    var seeds: SeedRange?
    @Option(help: "Steps of each world during which things go wrong.")
    var ops = Simulation.usualOperations
    @Flag(help: "Prints everything that happens.")
    var trace = false
    @OptionGroup(title: "Replay") var replay: ReplayArguments
    @OptionGroup var format: FormatOption

    func validate() throws {
        if ops < 1 { throw ValidationError("--ops must be at least 1") }
        if replay.isAsked || file != nil {
            return try replay.check(campaign: file, isWithFaults: faults || trace)
        }
        if seeds == nil {
            throw ValidationError("Missing --seeds, or --grid and a manifest or --workload")
        }
    }

    func run() async throws {
        try await reporting {
            if let file {
                return try await replay.run(campaign: file, seeds: seeds?.range ?? 1...1, format)
            }
            if replay.isAsked { return try await replay.run(seeds: seeds?.range ?? 1...1, format) }
            guard let seeds = seeds?.range else { return }
            if trace { return try printTraces(seeds) }
            let start = ContinuousClock.now
            let sum = await liveThrough(seeds)
            let seconds = (ContinuousClock.now - start) / .seconds(1)
            for violation in sum.violations {
                printNote(violation.text)
                printNote("  ergon simulate\(flags) --seeds \(violation.seed) --trace")
            }
            report(sum, seeds.count, seconds)
            if !sum.violations.isEmpty { throw Exit.no }
        }
    }

    private var flags: String { (faults ? " --faults" : "") + " --ops \(ops)" }

    private func printTraces(_ seeds: ClosedRange<UInt64>) throws {
        var isWell = true
        for seed in seeds {
            let run = Simulation(seed: seed, operations: ops, isCalm: !faults, isTraced: true)
            for line in run.lines { printData(line) }
            if let violation = run.violation {
                printNote(violation)
                isWell = false
            }
        }
        if !isWell { throw Exit.no }
    }

    // MARK: Many seeds

    private struct Sum: Sendable {
        var violations: [(seed: UInt64, text: String)] = []
        var faults = FaultCounts()
        var time = Microseconds.zero
        var steps = 0
        var records = 0

        mutating func add(_ run: Simulation) {
            if let violation = run.violation { violations.append((run.seed, violation)) }
            faults += run.faults
            time += run.time
            steps += run.steps
            records += run.records
        }

        mutating func add(_ other: Sum) {
            violations += other.violations
            faults += other.faults
            time += other.time
            steps += other.steps
            records += other.records
        }
    }

    /// Each processor takes every n-th seed.
    private func liveThrough(_ seeds: ClosedRange<UInt64>) async -> Sum {
        let processors = UInt64(max(sysconf(CInt(_SC_NPROCESSORS_ONLN)), 1))
        var sum = await withTaskGroup(of: Sum.self) { group in
            for part in 0..<processors {
                group.addTask {
                    var sum = Sum()
                    for seed in seeds where seed % processors == part { sum.add(run(seed)) }
                    return sum
                }
            }
            return await group.reduce(into: Sum()) { $0.add($1) }
        }
        sum.violations.sort { $0.seed < $1.seed }
        return sum
    }

    private func run(_ seed: UInt64) -> Simulation {
        if !faults { return Simulation(seed: seed, isCalm: true) }
        return seed % 8 == 0
            ? .checked(seed: seed, operations: ops) : Simulation(seed: seed, operations: ops)
    }

    private func report(_ sum: Sum, _ count: Int, _ seconds: Double) {
        let rate = Double(count) / max(seconds, 1e-9)
        var lines = [
            "\(count) seeds, \(sum.violations.count) with a broken promise",
            "\(sum.steps) steps, \(sum.records) records, "
                + "\(Int(sum.time.seconds) / 3600) h of virtual time, \(Int(rate)) seeds/s",
        ]
        if faults { lines.append("\(sum.faults.total) faults, and what people wanted:") }
        var kinds: [String: JSON] = [:]
        for fault in Fault.allCases {
            kinds["\(fault)"] = .int(sum.faults[fault])
            guard faults else { continue }
            let number = String(sum.faults[fault])
            let indent = String(repeating: " ", count: max(10 - number.count, 0))
            lines.append("\(indent)\(number)  \(fault.rawValue)")
        }
        let failures = sum.violations.map { violation in
            JSON.object([
                "seed": .string(String(violation.seed)), "problem": .string(violation.text),
            ])
        }
        format.print(
            lines.joined(separator: "\n"),
            json: [
                "seeds": .int(count), "violations": .array(failures), "steps": .int(sum.steps),
                "records": .int(sum.records), "virtualMicroseconds": .integer(sum.time.count),
                "seedsPerSecond": .number(rate), "faults": .object(kinds),
                "faultsInAll": .int(sum.faults.total),
            ])
    }
}

/// `7`, or `1..100` with both ends included.
struct SeedRange: ExpressibleByArgument {
    let range: ClosedRange<UInt64>

    init?(argument: String) {
        let ends = argument.split(separator: ".", omittingEmptySubsequences: false)
        guard let first = ends.first.flatMap({ UInt64($0) }) else { return nil }
        switch ends.count {
        case 1: range = first...first
        case 3:
            guard ends[1].isEmpty, let last = UInt64(ends[2]), first <= last,
                last - first < 1 << 32
            else { return nil }
            range = first...last
        default: return nil
        }
    }
}
