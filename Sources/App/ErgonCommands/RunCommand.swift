import ArgumentParser
import ErgonCoordinatorService
import ErgonEnergy
import ErgonModel
import ErgonSystem
import ErgonWire
import ErgonWireMessages
import FoundationEssentials
import GRPCCore
import Glibc

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Runs one campaign on this machine, from start to end.",
        discussion: """
            Starts a private coordinator and workers as processes of their own, with mutual TLS \
            between them as everywhere, runs the campaign and stops them. Everything is kept under \
            ergon-runs/NAME/N. Ctrl-C stops cleanly; the same command then goes on where it \
            stopped. A campaign that has ended is run anew.

            Exit status 0 if the campaign ends complete, 1 otherwise.
            """)

    @OptionGroup var manifest: ManifestArguments
    @Option(help: "How many workers share this machine. Default: 2, or 1 on a single thread.")
    var workers: Int?
    @Option(help: "Hardware threads in all. Default: all.")
    var cpus: Int?
    @Option(help: "Where runs are kept.", completion: .directory)
    var runs = "ergon-runs"
    @Option(help: "Folders in which programs are looked up. Default: $PATH.")
    var path: String?
    @Option(help: "Print this output at the end, as STEP.OUTPUT: a text is the best choice.")
    var show: String?
    @OptionGroup var output: FormatOption

    func validate() throws {
        if let workers, !(1...64).contains(workers) {
            throw ValidationError("--workers is 1 to 64")
        }
        if let cpus, !(1...4096).contains(cpus) { throw ValidationError("--cpus is 1 to 4096") }
    }

    func run() async throws {
        try await reporting {
            let local = try await manifest.load()
            let folder = try RunFolder.choose(in: absolute(runs), for: local)
            guard let state = try await untilSignalled({ try await runCampaign(local, folder) })
            else {
                printNote("\nstopped; the same command goes on from here")
                throw Exit.no
            }
            if state != SealedCampaign.Ending.complete.rawValue { throw Exit.no }
        }
    }

    private func runCampaign(_ local: LocalCampaign, _ folder: RunFolder) async throws -> String {
        let cluster = LocalCluster(folder: folder, searchPath: path)
        do {
            try await cluster.startCoordinator()
            let host = try readHostFacts(root: "")
            let threads = cpus ?? host.threads
            let count = workers ?? min(2, threads)
            for number in 1...count {
                try await cluster.startWorker(
                    "w\(number)", cpus: max(threads / count, 1),
                    memory: ByteCount(host.memory.bytes / Int64(count)))
            }
            let state = try await withCoordinator(folder.coordinator) { client in
                let id = try await submit(local, to: client)
                if output.format == .text { printNote(folder.greeting) }
                let state = try await watch("\(id)", client, asJSON: false)
                try await finish(id, folder, client)
                return state
            }
            await cluster.stop()
            try folder.markEnded()
            return state
        } catch {
            await cluster.stop()
            throw error
        }
    }

    private func finish(_ id: Int64, _ folder: RunFolder, _ client: ControlClient) async throws {
        var selector = Ergon_V1_CampaignSelector()
        selector.campaign = "\(id)"
        let results = try await client.control.results(selector, options: ControlClient.patience)
        try await save(results, into: folder.outputs, all: false, client)
        var request = Ergon_V1_StatusRequest()
        request.campaign = "\(id)"
        let status = try await client.control.status(request, options: ControlClient.patience)
        if output.format == .json {
            let summary = JSON.object([
                "version": .integer(1), "folder": .string(folder.path), "status": status.json,
                "results": results.json,
            ])
            return printData(summary.text())
        }
        for campaign in status.campaigns { printData("\n" + campaign.text) }
        printData("\n" + results.text)
        if let show {
            printData("")
            try await ErgonCommands.show(show, of: results, client)
        }
        printData(folder.farewell)
    }
}

// MARK: Where a run keeps its things

/// `ergon-runs/NAME/N`: the last one if it was stopped before its campaign ended, else a new one.
struct RunFolder: Sendable {
    let path: String
    let isResumed: Bool

    var coordinator: String { "\(path)/coordinator" }
    var outputs: String { "\(path)/outputs" }
    private var mark: String { "\(path)/campaign" }

    static func choose(in runs: String, for local: LocalCampaign) throws -> RunFolder {
        let parent = "\(runs)/\(local.campaign.name)"
        try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        let numbers = try FileManager.default.contentsOfDirectory(atPath: parent).compactMap(
            Int.init)
        let last = numbers.max() ?? 0
        let before = RunFolder(path: "\(parent)/\(last)", isResumed: true)
        if (try? String(contentsOfFile: before.mark, encoding: .utf8)) == local.digest.hex {
            return before
        }
        let fresh = RunFolder(path: "\(parent)/\(last + 1)", isResumed: false)
        try FileManager.default.createDirectory(
            atPath: fresh.path, withIntermediateDirectories: true)
        try writeFile(Array(local.digest.hex.utf8), to: fresh.mark)
        return fresh
    }

    /// The next run is a new one.
    func markEnded() throws { try FileManager.default.removeItem(atPath: mark) }

    var greeting: String { (isResumed ? "goes on in " : "runs in ") + path }

    var farewell: String {
        """

        outputs   \(outputs)
        log       \(coordinator)/log
        check it  ergon coverage --home \(coordinator)
                  ergon audit verify --home \(coordinator)
        """
    }
}

// MARK: The processes of a run

/// A coordinator and workers as children of this process; they end with it.
actor LocalCluster {
    private let folder: RunFolder
    private let searchPath: String?
    private var children: [ChildProcess] = []
    /// How long a child may take to end before it is killed.
    private static let patience = Duration.seconds(10)

    init(folder: RunFolder, searchPath: String?) {
        self.folder = folder
        self.searchPath = searchPath
    }

    func startCoordinator() async throws {
        let ready = "\(folder.path)/ready"
        unlink(ready)
        let log = "\(folder.path)/coordinator.log"
        let child = try await start(
            ["coordinator", "--home", folder.coordinator, "--grace", "5", "--ready-file", ready],
            log: log)
        while access(ready, F_OK) != 0 {
            try await Task.sleep(for: .milliseconds(5))
            guard !child.hasEnded else {
                throw CommandFault(
                    place: log, problem: "the coordinator did not start", remedy: "see that log",
                    exit: Exit.no)
            }
        }
    }

    func startWorker(_ name: String, cpus: Int, memory: ByteCount) async throws {
        let token = try await createToken(
            folder.coordinator, role: "worker", name: name, seconds: 120)
        let path = searchPath.map { ["--path", $0] } ?? []
        _ = try await start(
            [
                "worker", "--home", "\(folder.path)/workers/\(name)", "--cpus", "\(cpus)",
                "--memory", "\(max(memory.bytes >> 20, 1))",
            ] + path, log: "\(folder.path)/\(name).log", join: token)
    }

    private func start(
        _ arguments: [String], log: String, join: String? = nil
    ) async throws -> ChildProcess {
        var environment = ProcessInfo.processInfo.environment
        environment["ERGON_JOIN"] = join
        let child: ChildProcess
        do throws(StartFault) {
            child = try await ChildProcess.start(
                ["/proc/self/exe"] + arguments, environment: environment,
                folder: FileManager.default.currentDirectoryPath, output: log)
        } catch {
            throw CommandFault(
                place: log, problem: error.reason, remedy: "check the folder", exit: Exit.no)
        }
        children.append(child)
        return child
    }

    /// In the reverse order: workers go before their coordinator.
    func stop() async {
        let patience = Task {
            try await Task.sleep(for: Self.patience)
            for child in children { child.send(SIGKILL) }
        }
        for child in children.reversed() {
            child.send(SIGTERM)
            await child.waitForEnd()
        }
        patience.cancel()
        children = []
    }
}
