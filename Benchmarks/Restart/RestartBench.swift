import ArgumentParser
import ErgonModel
import ErgonProvenance
import ErgonStorage
import FoundationEssentials

/// `restart-bench`: writes the home of a coordinator that has done much, so that its start can be
/// timed (`Benchmarks/bench_restart.py`).
@main
struct RestartBench: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restart-bench",
        abstract: "Writes a coordinator's home with a long log: one campaign, all tasks done.",
        discussion: "The records are those of the coordinator's own core; no task was ever run.")

    @Argument(help: "The home; there must be no log in it yet.", completion: .directory)
    var home: String
    @Option(help: "How many tasks the campaign has.")
    var tasks = 1_000_000
    @Option(help: "How many results a worker reports at a time.")
    var reported = 100
    @Flag(help: "Each task leaves an output of 32 bytes and a log.")
    var outputs = false
    @Flag(inversion: .prefixedNo, help: "A snapshot at each segment, as a coordinator writes it.")
    var snapshots = true

    @Flag(help: "Sign the log with the key that the home has.")
    var signed = false
    @Flag(help: "The worker signs each report, with a certificate of the home's authority.")
    var signedReports = false

    func validate() throws {
        guard (1...100_000_000).contains(tasks), (1...1000).contains(reported) else {
            throw ValidationError("--tasks is 1 to 100000000, --reported is 1 to 1000")
        }
    }

    func run() throws {
        let store = try ContentStore("\(home)/content")
        var life = try Life(
            Workload(tasks: tasks, hasOutputs: outputs, reported: reported), store,
            log: "\(home)/log", writesSnapshots: snapshots, signer: try signer(),
            authority: signedReports ? "\(home)/authority" : nil)
        let clock = ContinuousClock()
        let span = try clock.measure { try life.run() }
        print("\(life.records) records, \(life.bytes) bytes, \(life.snapshots) snapshots")
        print("\(Int(Double(life.records) / (span / .seconds(1)))) records a second")
    }

    private func signer() throws -> NoteSigner? {
        guard signed else { return nil }
        let name = try String(contentsOfFile: "\(home)/log-key.pub", encoding: .utf8)
            .prefix { $0 != "+" }
        let seed = try Data(contentsOf: URL(fileURLWithPath: "\(home)/log-key"))
        guard let signer = NoteSigner(name: String(name), seed: Array(seed)) else {
            throw ValidationError("no key in \(home)")
        }
        return signer
    }
}
