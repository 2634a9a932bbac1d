import ArgumentParser
import ErgonCoordinatorService
import ErgonEnergy
import ErgonModel
import ErgonSecurity
import ErgonSystem
import ErgonWire
import ErgonWorkerService
import FoundationEssentials
import Logging

struct WorkerStartCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Runs a worker.",
        discussion: """
            The first time it needs a join token, from `ergon token create`; after that its home \
            holds its certificate. It runs as many tasks at once as fit its threads and memory. \
            While its coordinator is away it goes on with what it has and keeps the results, for a \
            day at most. At Ctrl-C or SIGTERM it gives back what it has not begun, ends what it \
            runs, hands in the results and ends; at the second it ends at once.

            Exit status 0 if it was asked to end, 69 after a day without a coordinator.
            """)

    @Option(
        help: """
            TOKEN@HOST:PORT. Also taken from $ERGON_JOIN, where other users of the machine do not \
            see it.
            """)
    var join: String?
    @Option(help: "Folder for its certificate, cache and tasks.", completion: .directory)
    var home = "ergon-worker"
    @Option(help: "Hardware threads for tasks. Default: all.")
    var cpus: Int?
    @Option(help: "Memory for tasks, in MiB. Default: all.")
    var memory: Int?
    @Option(help: "The most its cache may hold, in MiB.")
    var cache = 20_480
    @Option(help: "The site it stands at, by its name in the coordinator's grid file.")
    var site: String?
    @Option(help: "Which of the site's classes of nodes it is one of.")
    var nodeClass: String?
    @Option(help: "Folders in which programs are looked up. Default: $PATH.")
    var path: String?
    @Option(help: "Seconds that tasks have to end when the worker is asked to.")
    var drainTime = 60
    @Option(help: "The country under whose law it stands, such as CH: policies may ask.")
    var jurisdiction: String?
    @Flag(help: "Says that nobody but those who may see personal data gets at what runs here.")
    var restricted = false
    @OptionGroup var meters: MeterOptions
    @Flag(help: "Log warnings only.")
    var quiet = false
    @Flag(help: .init("Run nothing and say that all is done.", visibility: .hidden))
    var zeroWork = false

    func validate() throws {
        if let cpus, !(1...4096).contains(cpus) { throw ValidationError("--cpus is 1 to 4096") }
        if let memory, memory < 1 { throw ValidationError("--memory is at least 1") }
        if nodeClass != nil, site == nil {
            throw ValidationError("--node-class goes with --site")
        }
        if [site, nodeClass].contains("") { throw ValidationError("a name has to be given") }
        if let jurisdiction, !isCountry(jurisdiction) {
            throw ValidationError("--jurisdiction is two capital letters (ISO 3166-1)")
        }
        if cache < 1 { throw ValidationError("--cache is at least 1") }
        if !(0...604_800).contains(drainTime) {
            throw ValidationError("--drain-time is 0 to 604800")
        }
    }

    func run() async throws {
        try await reporting {
            let folder = absolute(home)
            try CoordinatorHome.makeFolder(folder)
            try lockFolder(folder, for: "worker")
            let (credentials, address) = try await enrolled(folder)
            let environment = ProcessInfo.processInfo.environment
            let searchPath = path ?? environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
            let configuration = WorkerConfiguration(
                facts: try facts(credentials, searchPath, folder), folder: folder,
                cacheLimit: ByteCount(Int64(cache) << 20), searchPath: searchPath,
                address: address, drainTime: .seconds(Int64(drainTime)),
                meters: meters.settings, runsTasks: !zeroWork)
            let logger = makeLogger("worker", quiet: quiet)
            logger.info("worker starts", metadata: ["name": "\(credentials.identity.name)"])
            do {
                try await runWorker(
                    configuration, credentials: credentials, stop: firstStopSignal(),
                    clock: systemClock, logger: logger)
            } catch let refused as WorkerRefused {
                throw fault(
                    address, "the coordinator refuses this worker: \(refused.reason)",
                    remedy: refused.remedy, exit: Exit.no)
            } catch let gone as CoordinatorGone {
                throw fault(
                    address, "no coordinator for \(gone.hours) h; the tasks were stopped",
                    remedy: "start the worker again when there is one: it has kept its results",
                    exit: Exit.noCoordinator)
            }
        }
    }

    private func fault(
        _ address: CoordinatorAddress, _ problem: String, remedy: String, exit: ExitCode
    ) -> CommandFault {
        CommandFault(
            place: "\(address.host):\(address.controlPort)", problem: problem, remedy: remedy,
            exit: exit)
    }

    private func facts(
        _ credentials: Credentials, _ searchPath: String, _ folder: String
    ) throws -> WorkerFacts {
        let host = try readHostFacts(root: "")
        return WorkerFacts(
            worker: WorkerID(credentials.identity.name), cpus: cpus ?? host.threads,
            memory: memory.map { ByteCount(Int64($0) << 20) } ?? host.memory,
            cpuModel: host.cpuModel, power: powerModel(for: host.cpuModel),
            place: site.map { WorkerPlace(site: $0, nodeClass: nodeClass) },
            custody: Custody(jurisdiction: jurisdiction, isRestricted: restricted),
            platform: platform(of: host, searchPath: searchPath, folder: folder))
    }

    private func isCountry(_ code: String) -> Bool {
        code.utf8.count == 2 && code.allSatisfy { ("A"..."Z").contains($0) }
    }

    /// The credentials of an earlier start, or new ones for the token.
    private func enrolled(_ folder: String) async throws -> (Credentials, CoordinatorAddress) {
        if let text = join ?? ProcessInfo.processInfo.environment["ERGON_JOIN"] {
            let target = try JoinTarget(text)
            return try await target.join(home: folder)
        }
        let home = CoordinatorHome(folder: folder)
        guard let credentials = try Credentials.load(from: home.identity),
            let ports = try home.readPorts()
        else {
            throw CommandFault(
                place: folder, problem: "this worker has not joined yet",
                remedy: "give it --join TOKEN@HOST:PORT from `ergon token create`")
        }
        return (
            credentials,
            CoordinatorAddress(host: ports.host, controlPort: ports.control, dataPort: ports.data)
        )
    }
}
