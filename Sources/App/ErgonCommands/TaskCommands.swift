import ArgumentParser
import ErgonModel
import ErgonProvenance
import ErgonWire
import ErgonWireMessages

struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Says in one sentence where a task or a campaign stands and why.",
        discussion: """
            Under that of a task stand the attempts that did not count, numbered as \
            `ergon logs --attempt` takes them, with what each cost. A refused campaign has \
            no number: `ergon audit show --refused` says of each of them why.
            """)

    @OptionGroup var home: HomeOption
    @Argument(help: "CAMPAIGN.STAGE.TASK, as z-peak.reco.3 or last.reco.mass/1.0; or a CAMPAIGN.")
    var what: String
    @OptionGroup var output: FormatOption

    func validate() throws {
        if what.contains("."), TaskPath(argument: what) == nil {
            throw ValidationError("`\(what)` is neither CAMPAIGN.STAGE.TASK nor a campaign")
        }
    }

    func run() async throws {
        try await reporting {
            guard let task = TaskPath(argument: what) else { return try await explainCampaign() }
            let reply = try await withCoordinator(home.folder) {
                try await $0.control.explain(task.selector, options: ControlClient.patience)
            }
            let attempts = reply.attempts.enumerated().map { place, attempt in
                "  \(place + 1)  \(attempt.text)"
            }
            output.print(
                ([reply.sentence] + attempts).joined(separator: "\n"),
                json: [
                    "explanation": .string(reply.sentence),
                    "attempts": .array(reply.attempts.map(\.json)),
                ])
        }
    }

    private func explainCampaign() async throws {
        var request = Ergon_V1_StatusRequest()
        request.campaign = what
        let reply = try await withCoordinator(home.folder) { [request] in
            try await $0.control.status(request, options: ControlClient.patience)
        }
        for campaign in reply.campaigns {
            output.print(campaign.sentence, json: ["explanation": .string(campaign.sentence)])
        }
    }
}

extension Ergon_V1_TaskAttempt {
    fileprivate var text: String {
        let started = Instant(microseconds: startedMicroseconds).timestamp
        let cost =
            "\(ErgonCommands.text(seconds: Double(wallMicroseconds) / 1e6)), "
            + "\(ErgonCommands.text(seconds: Double(cpuMicroseconds) / 1e6)) cpu, "
            + ErgonCommands.text(Joules(microjoules: energyMicrojoules))
        return "\(started) on \(worker): \(outcome) (\(cost))"
    }

    fileprivate var json: JSON {
        .object([
            "worker": .string(worker), "outcome": .string(outcome),
            "lease": .array([.integer(lease.epoch), .integer(lease.serial)]),
            "started": .integer(startedMicroseconds),
            "wallMicroseconds": .integer(wallMicroseconds),
            "cpuMicroseconds": .integer(cpuMicroseconds),
            "energyMicrojoules": .integer(energyMicrojoules), "hasLog": .bool(hasLog),
        ])
    }
}

struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Prints what a task said on its standard streams.",
        discussion: "Of a long log the start and the end are kept.")

    @OptionGroup var home: HomeOption
    @Argument(help: "CAMPAIGN.STAGE.TASK, as z-peak.reco.3.")
    var task: TaskPath
    @Option(help: "Of an attempt that did not count, by its number in `ergon explain`.")
    var attempt: Int?

    func run() async throws {
        try await reporting {
            let selector = selector
            let bytes = try await withCoordinator(home.folder) { client -> [UInt8] in
                let reply = try await client.control.taskLog(
                    selector, options: ControlClient.patience)
                guard reply.hasLog else { return [] }
                return try await content(try reply.log.stored(), client)
            }
            if bytes.isEmpty { return printNote("the task has said nothing yet") }
            write(bytes, to: 1)
        }
    }

    private var selector: Ergon_V1_TaskSelector {
        var selector = task.selector
        if let attempt { selector.attempt = Int64(attempt) }
        return selector
    }
}
