import ArgumentParser
import ErgonCoordinatorService
import ErgonModel
import ErgonTransfer
import ErgonWire
import ErgonWireMessages
import FoundationEssentials
import GRPCCore

struct ManifestArguments: ParsableArguments {
    @Argument(help: "The manifest, YAML (docs/MANIFEST.md).", completion: .file())
    var file: String

    @Option(
        name: .customLong("inputs"),
        help: "A folder in which input files are looked for as well; may be given more than once.",
        completion: .directory)
    var inputs: [String] = []

    /// Says as well what will not be checked of it.
    func load() async throws -> LocalCampaign {
        let local = try await loadCampaign(file, inputs: inputs)
        for note in try local.requirementNotes() { printNote(note) }
        return local
    }
}

struct ValidateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Checks a manifest and prints every error at once.",
        discussion: "Looks up every file it names. Nothing is run and nobody is asked.")

    @OptionGroup var manifest: ManifestArguments
    @Flag(help: "Print the canonical form: every default, every file by digest.")
    var expand = false
    @OptionGroup var output: FormatOption

    func run() async throws {
        try await reporting {
            let local = try await manifest.load()
            if expand { return printData(local.canonical) }
            let steps = local.campaign.steps.map { step in
                let upstream = countsUpstream(local.campaign, step)
                let tasks = Shards(of: step, in: local.campaign, upstream: upstream)?.count
                return (name: step.name, tasks: tasks)
            }
            let lines = steps.map { step in
                "  \(step.name): \(step.tasks.map { counted($0, "task") } ?? "? tasks")"
            }
            let campaign = local.campaign.name
            let header = "\(manifest.file): campaign `\(campaign)` \(local.digest)"
            output.print(
                ([header] + lines).joined(separator: "\n"),
                json: [
                    "name": .string(campaign), "manifest": .string(local.digest.hex),
                    "steps": .array(
                        steps.map { step in
                            .object([
                                "name": .string(step.name),
                                "tasks": step.tasks.map { .int($0) } ?? .null,
                            ])
                        }),
                ])
        }
    }
}

struct SubmitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit", abstract: "Uploads a campaign's files and submits it.",
        discussion: """
            Prints the campaign's number. What the coordinator has already is not sent again; a \
            manifest that is running already is not started a second time. Tasks that an earlier \
            campaign has done with the same program, arguments and inputs are not run again \
            (docs/REPRODUCIBILITY.md).
            """)

    @OptionGroup var home: HomeOption
    @OptionGroup var manifest: ManifestArguments
    @Flag(help: "Run everything, even what an earlier campaign has done just so.")
    var again = false
    @OptionGroup var output: FormatOption

    func run() async throws {
        try await reporting {
            let local = try await manifest.load()
            let reply = try await withCoordinator(home.folder) {
                try await submit(local, to: $0, again: again)
            }
            output.print(
                "campaign \(reply.campaign)",
                json: [
                    "campaign": .integer(reply.campaign), "manifest": .string(local.digest.hex),
                    "reused": .object([
                        "campaign": .integer(reply.reusedCampaign),
                        "tasks": .integer(reply.reusedTasks),
                    ]),
                ])
            if reply.reusedTasks > 0 {
                printNote(
                    counted(reply.reusedTasks, "task is", "tasks are")
                        + " not run: campaign \(reply.reusedCampaign) has done the same "
                        + "(--again runs all)")
            }
        }
    }
}

func submit(
    _ local: LocalCampaign, to client: ControlClient, again: Bool = false
) async throws -> Ergon_V1_SubmitReply {
    var sent: Set<Digest> = []
    for file in local.campaign.files where sent.insert(file.digest).inserted {
        guard let path = local.paths[file.digest] else { continue }
        try await client.transfers.put(path: path, digest: file.digest, to: client.endpoint)
    }
    var request = Ergon_V1_SubmitRequest()
    request.manifest = local.canonical
    request.again = again
    return try await client.control.submit(request, options: ControlClient.patience)
}

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Says how campaigns stand.")

    @OptionGroup var home: HomeOption
    @Argument(help: "A campaign's number or name, or `last`; all if there is none.")
    var campaign: String?
    @OptionGroup var output: FormatOption

    func run() async throws {
        try await reporting {
            let status = try await withCoordinator(home.folder) { client in
                var request = Ergon_V1_StatusRequest()
                request.campaign = campaign ?? ""
                return try await client.control.status(request, options: ControlClient.patience)
            }
            printData(output.format == .json ? status.json.text() : status.text)
        }
    }
}

struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch", abstract: "Follows a campaign until it ends.",
        discussion: "Exit status 0 if it ends complete, 1 otherwise.")

    @OptionGroup var home: HomeOption
    @OptionGroup var campaign: CampaignArgument
    @OptionGroup var output: FormatOption

    func run() async throws {
        try await reporting {
            let state = try await withCoordinator(home.folder) { client in
                try await watch(campaign.campaign, client, asJSON: output.format == .json)
            }
            if state != SealedCampaign.Ending.complete.rawValue { throw Exit.no }
        }
    }
}

/// Shows progress until the campaign ends; returns how it ended.
func watch(_ campaign: String, _ client: ControlClient, asJSON: Bool) async throws -> String {
    var request = Ergon_V1_StatusRequest()
    request.campaign = campaign
    return try await client.control.watch(request) { response in
        var (progress, state) = (Progress(), "")
        for try await status in response.messages {
            guard let campaign = status.campaigns.first else { continue }
            state = campaign.state
            if asJSON { printData(status.json.text()) } else { progress.show(campaign, status) }
        }
        if !asJSON { progress.end() }
        return state
    }
}
