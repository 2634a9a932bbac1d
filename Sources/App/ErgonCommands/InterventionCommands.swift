import ArgumentParser
import ErgonModel
import ErgonWire
import ErgonWireMessages
import GRPCCore

/// Which campaigns: `7`, `1-5,8`, a name, `last`, or `all` that have not ended.
struct CampaignSelection: ExpressibleByArgument {
    private enum Part {
        case one(String)
        case numbers(ClosedRange<Int64>)
        case all
    }

    private var parts: [Part] = []
    /// The most campaigns that one range may name.
    private static let longest: Int64 = 10_000

    init?(argument: String) {
        for word in argument.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = word.split(separator: "-", omittingEmptySubsequences: false)
                .map { Int64($0) }
            if word == "all" {
                parts.append(.all)
            } else if ends.count == 2, let first = ends[0], let last = ends[1] {
                guard first > 0, first <= last, last - first < Self.longest else { return nil }
                parts.append(.numbers(first...last))
            } else if !word.isEmpty {
                parts.append(.one(String(word)))
            } else {
                return nil
            }
        }
    }

    /// As a coordinator takes them, one by one.
    func names(_ client: ControlClient) async throws -> [String] {
        var names: [String] = []
        for part in parts {
            switch part {
            case .one(let name): names.append(name)
            case .numbers(let range): names += range.map { String($0) }
            case .all:
                let status = try await client.control.status(
                    Ergon_V1_StatusRequest(), options: ControlClient.patience)
                names += status.campaigns.filter { ["running", "held"].contains($0.state) }
                    .map { String($0.id) }
            }
        }
        return names
    }
}

struct CampaignsArgument: ParsableArguments {
    @Argument(
        help: "Campaigns: a number, `1-5,8`, a name, `last`, or `all` that have not ended.")
    var campaigns: CampaignSelection

    /// Does something to each of them, and prints what came of it. One that refuses does not keep
    /// the others from it.
    func each(
        _ home: HomeOption, _ output: FormatOption,
        _ change:
            @escaping @Sendable (ControlClient, Ergon_V1_CampaignSelector) async throws
            -> String
    ) async throws {
        let (selection, format) = (campaigns, output.format)
        let isWell = try await withCoordinator(home.folder) { client in
            let names = try await selection.names(client)
            if names.isEmpty { printNote("no campaign is running") }
            var isWell = true
            for name in names {
                var selector = Ergon_V1_CampaignSelector()
                selector.campaign = name
                do {
                    let sentence = try await change(client, selector)
                    let json = JSON.object([
                        "version": .int(1), "campaign": .string(name), "result": .string(sentence),
                    ])
                    printData(format == .json ? json.text() : sentence)
                } catch let refusal as RPCError where names.count > 1 {
                    isWell = false
                    printNote("campaign \(name): \(refusal.message)")
                }
            }
            return isWell
        }
        if !isWell { throw Exit.no }
    }
}

struct CancelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Ends campaigns; what is done stays on record.",
        discussion: "`ergon resume` takes a cancelled campaign up again where it was.")

    @OptionGroup var home: HomeOption
    @OptionGroup var campaigns: CampaignsArgument
    @OptionGroup var output: FormatOption

    func run() async throws {
        try await reporting {
            try await campaigns.each(home, output) { client, campaign in
                let reply = try await client.control.cancel(
                    campaign, options: ControlClient.patience)
                return "\(campaign.campaign): \(reply.state)"
            }
        }
    }
}

struct HoldCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold", abstract: "Starts no more tasks of campaigns until they are released.",
        discussion: "What runs goes on to its end. The reason is on record and in `ergon explain`.")

    @OptionGroup var home: HomeOption
    @OptionGroup var campaigns: CampaignsArgument
    @Option(help: "Why, for everybody who asks.")
    var reason = ""
    @OptionGroup var output: FormatOption

    func run() async throws {
        try await reporting {
            let reason = reason
            try await campaigns.each(home, output) { client, campaign in
                var request = Ergon_V1_HoldRequest()
                request.campaign = campaign.campaign
                request.reason = reason
                return try await client.control.hold(request, options: ControlClient.patience)
                    .sentence
            }
        }
    }
}

struct ReleaseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "release", abstract: "Lets campaigns that were held go on.")

    @OptionGroup var home: HomeOption
    @OptionGroup var campaigns: CampaignsArgument
    @OptionGroup var output: FormatOption

    func run() async throws {
        try await reporting {
            try await campaigns.each(home, output) { client, campaign in
                try await client.control.release(campaign, options: ControlClient.patience).sentence
            }
        }
    }
}

struct ResumeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Takes cancelled campaigns up again where they were.")

    @OptionGroup var home: HomeOption
    @OptionGroup var campaigns: CampaignsArgument
    @OptionGroup var output: FormatOption

    func run() async throws {
        try await reporting {
            try await campaigns.each(home, output) { client, campaign in
                try await client.control.resume(campaign, options: ControlClient.patience).sentence
            }
        }
    }
}

struct ForgetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "forget", abstract: "Drops campaigns that have ended from what is known.",
        discussion: """
            The coordinator's memory of them is free again; `status` and `results` know them no \
            more, and nothing of them can be taken up again. The log keeps all of it, for `ergon \
            audit` and `ergon coverage`, and files stay in the content store.
            """)

    @OptionGroup var home: HomeOption
    @OptionGroup var campaigns: CampaignsArgument
    @OptionGroup var output: FormatOption

    func run() async throws {
        try await reporting {
            try await campaigns.each(home, output) { client, campaign in
                try await client.control.forget(campaign, options: ControlClient.patience).sentence
            }
        }
    }
}

struct RetryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry", abstract: "Gives failed tasks all their attempts again.",
        discussion: """
            Of a whole campaign, of one stage, or of some tasks: z-peak, z-peak.reco, \
            z-peak.reco.3, 7.reco.0-9,12. Merged results that were made without them, and all that \
            was made from those, are made anew; everything else stays as it is. A campaign that \
            had ended goes on.
            """)

    @OptionGroup var home: HomeOption
    @Argument(help: "CAMPAIGN, CAMPAIGN.STAGE or CAMPAIGN.STAGE.TASKS.")
    var tasks: TaskSelection
    @OptionGroup var output: FormatOption

    func run() async throws {
        try await reporting {
            let request = tasks.request
            let reply = try await withCoordinator(home.folder) {
                try await $0.control.retry(request, options: ControlClient.patience)
            }
            output.print(reply.sentence, json: ["result": .string(reply.sentence)])
        }
    }
}

/// `z-peak`, `z-peak.reco`, `7.reco.0-9,12`, `last.reco.mass/1.0`.
struct TaskSelection: ExpressibleByArgument {
    var request = Ergon_V1_RetryRequest()

    init?(argument: String) {
        var parts = argument.split(separator: ".", omittingEmptySubsequences: false)
        guard !parts.contains(where: \.isEmpty), !parts.isEmpty else { return nil }
        request.campaign = String(parts.removeFirst())
        if let last = parts.last, parts.count > 1, let tasks = IntervalSet(selector: last) {
            request.tasks = tasks.wire
            parts.removeLast()
        }
        request.stage = parts.joined(separator: ".")
    }
}

extension IntervalSet {
    /// `0-9,12`, both ends included.
    init?(selector: Substring) {
        self.init()
        for word in selector.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = word.split(separator: "-", omittingEmptySubsequences: false)
                .map { Int($0) }
            guard ends.count <= 2, let first = ends[0], let last = ends[ends.count - 1],
                first >= 0, first <= last, last < Int.max
            else { return nil }
            insert(first..<last + 1)
        }
    }
}
