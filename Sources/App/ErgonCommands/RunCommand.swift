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
            try await start(cluster)
            let state = try await cluster.work { try await follow(local, folder) }
            try folder.markEnded()
            return state
        } catch {
            await cluster.stop()
            throw error
        }
    }

    private func start(_ cluster: LocalCluster) async throws {
        try await cluster.startCoordinator()
        let host = try readHostFacts(root: "")
        let threads = cpus ?? host.threads
        let count = workers ?? min(2, threads)
        for number in 1...count {
            try await cluster.startWorker(
                "w\(number)", cpus: max(threads / count, 1),
                memory: ByteCount(host.memory.bytes / Int64(count)))
        }
    }

    /// - Returns: how the campaign ended.
    private func follow(_ local: LocalCampaign, _ folder: RunFolder) async throws -> String {
        try await withCoordinator(folder.coordinator) { client in
            let id = try await submit(local, to: client).campaign
            if output.format == .text { printNote(folder.greeting) }
            let state = try await watch("\(id)", client, asJSON: false)
            try await finish(id, folder, client)
            return state
        }
    }

    private func finish(_ id: Int64, _ folder: RunFolder, _ client: ControlClient) async throws {
        var selector = Ergon_V1_CampaignSelector()
        selector.campaign = "\(id)"
        let results = try await askForResults(of: selector, client)
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
        for campaign in status.campaigns { printData("\n" + campaign.text(status.uncertainty)) }
        printData("\n" + results.text)
        if let show {
            printData("")
            try await ErgonCommands.show(show, of: results, client)
        }
        printData(folder.farewell)
    }
}
