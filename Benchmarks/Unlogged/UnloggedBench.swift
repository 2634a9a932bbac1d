import ArgumentParser
import ErgonCoordinatorService
import ErgonModel
import ErgonSystem
import FoundationEssentials
import Glibc
import Logging

/// `unlogged-bench`: a coordinator that keeps no promise, since it writes no log, so that what the
/// log costs can be measured (`Benchmarks/bench_log.py`).
@main
struct UnloggedBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unlogged-bench",
        abstract: "A coordinator without a log, for measurements: what it does is lost with it.")

    @Option(help: "The home.", completion: .directory)
    var home: String
    @Option(help: "Write this file when everything listens.")
    var readyFile: String

    func run() async throws {
        var configuration = CoordinatorConfiguration(
            home: CoordinatorHome(folder: home), host: "127.0.0.1", advertised: "127.0.0.1",
            controlPort: 0, dataPort: 0, enrolmentPort: 0, grace: .seconds(15))
        configuration.isLogged = false
        var logger = Logger(label: "coordinator")
        logger.logLevel = .warning
        let readyFile = readyFile
        try await runCoordinator(configuration, clock: systemClock, logger: logger) { _ in
            _ = FileManager.default.createFile(atPath: readyFile, contents: nil)
        } onEnd: { _ in
            Glibc.exit(0)
        }
    }
}
