import ArgumentParser
import ErgonCoordinatorService
import ErgonModel
import ErgonSystem
import FoundationEssentials
import Glibc
import Logging

struct CoordinatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coordinator", abstract: "Runs a coordinator.",
        discussion: """
            Keeps everything in its home: the authority it makes at its first start, the log, the \
            content. Started again on the same home it goes on where it stopped, on the same \
            ports. It speaks TLS 1.3 only; but for joining, only with certificates of its own \
            authority. SIGTERM or Ctrl-C ends it; what runs on workers goes on.
            """)

    @OptionGroup var home: HomeOption
    @Option(help: "Address to listen on (IPv4).")
    var listen = "127.0.0.1"
    @Option(help: "What others are told to connect to. Default: that address, or the host's name.")
    var advertise: String?
    @Option(help: "Port of the control stream. 0: the last one, or one that is free.")
    var port = 0
    @Option(help: "Port for content.")
    var dataPort = 0
    @Option(help: "Port where join tokens are presented.")
    var enrolmentPort = 0
    @Option(help: "Seconds a worker may be away before its tasks go to others.")
    var grace = 15
    @Option(
        help: """
            Sites, their nodes and signals, YAML (docs/ENERGY.md): where workers may stand, and by \
            what the work of campaigns with an objective, a deadline or a budget is planned.
            """,
        completion: .file())
    var grid: String?
    @Option(
        help: "What campaigns must keep to, YAML (docs/POLICY.md). Without it all are taken.",
        completion: .file())
    var policy: String?
    @Flag(help: "From now on people stand in the log under pseudonyms (docs/POLICY.md).")
    var pseudonyms = false
    @Option(
        help: ArgumentHelp(
            "Replay the signals so many times as fast, for trials.", visibility: .hidden))
    var signalSpeed = 1.0
    @Option(
        help: ArgumentHelp("What time it is in the signals at the start.", visibility: .hidden))
    var signalStart: InstantOption?
    @Option(help: ArgumentHelp("Write this file when everything listens.", visibility: .hidden))
    var readyFile: String?
    @Flag(help: "Log warnings only.")
    var quiet = false

    func validate() throws {
        guard (0...86_400).contains(grace) else {
            throw ValidationError("--grace is 0 to 86400 seconds")
        }
        guard signalSpeed > 0, signalSpeed <= 1_000_000 else {
            throw ValidationError("--signal-speed is above 0, and at most 1000000")
        }
        guard [port, dataPort, enrolmentPort].allSatisfy({ (0...65_535).contains($0) }) else {
            throw ValidationError("a port is 0 to 65535")
        }
        let parts = listen.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4, parts.allSatisfy({ UInt8($0) != nil }) else {
            throw ValidationError("--listen is an IPv4 address; 0.0.0.0 for all of this machine's")
        }
    }

    private func planning() async throws -> PlanningSettings? {
        guard let grid else { return nil }
        let reader = GridReader(grid: grid)
        let loaded = try await reader.load()
        for note in loaded.notes { printNote(note) }
        let now = systemClock()
        return PlanningSettings(
            loaded: loaded, files: reader.files(of: loaded.grid),
            reload: { try await reader.load() },
            clock: SignalClock(
                here: now, there: signalStart?.instant ?? now, speed: signalSpeed))
    }

    private var usualName: String {
        listen == "0.0.0.0" ? ProcessInfo.processInfo.hostName : listen
    }

    func run() async throws {
        try await reporting {
            let home = CoordinatorHome(folder: home.folder)
            var configuration = CoordinatorConfiguration(
                home: home, host: listen, advertised: advertise ?? usualName, controlPort: port,
                dataPort: dataPort,
                enrolmentPort: enrolmentPort, grace: .seconds(Int64(grace)),
                planning: try await planning())
            configuration.hasPseudonyms = pseudonyms
            configuration.policy = try policy.map(loadPolicy)
            let logger = makeLogger("coordinator", quiet: quiet)
            try await untilSignalled { [configuration] in
                try await runCoordinator(
                    configuration, clock: systemClock, logger: logger
                ) { ports in
                    if !quiet {
                        printNote("coordinator listens on \(ports.host):\(ports.control)")
                        printNote("join tokens: ergon token create --home \(home.folder)")
                    }
                    if let readyFile {
                        _ = FileManager.default.createFile(atPath: readyFile, contents: nil)
                    }
                } onEnd: { error in
                    await endProcess(after: error)
                }
            }
        }
    }
}

/// Says what went wrong, if anything did, and ends the process.
private func endProcess(after error: (any Error)?) async {
    do {
        try await reporting { if let error { throw error } }
        exit(0)
    } catch {
        exit((error as? ExitCode)?.rawValue ?? Exit.bug.rawValue)
    }
}
