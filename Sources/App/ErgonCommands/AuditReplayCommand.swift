import ArgumentParser
import ErgonAudit
import ErgonModel
import ErgonProvenance

struct AuditReplayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay", abstract: "Runs a sample of a campaign's tasks again and compares.",
        discussion: """
            Of each worker's tasks some are drawn from the root of the log's checkpoint, which \
            nobody can choose, and run by other workers where there are any. What differs in its \
            bytes is compared as the step's `determinism` says. Where two workers contradict each \
            other a third one decides; whoever is contradicted is quarantined, and all of its \
            tasks are run again. The campaign's results stay as they are. Exit status 1 if \
            anything differed.

            The sample is large enough to find, with the confidence given, a worker of whose \
            tasks that fraction is wrong (docs/REPRODUCIBILITY.md).
            """)

    @Argument(help: "A campaign's number or name; `last` is the newest.")
    var campaign = "last"
    @Option(help: "So many tasks of each worker, instead of as many as are needed.")
    var sample: Int?
    @Option(help: "What percentage of a worker's tasks is wrong, if any is.")
    var find = 2.0
    @Option(help: "In percent.")
    var confidence = 99.0
    @OptionGroup var home: HomeOption
    @OptionGroup var output: FormatOption

    func validate() throws {
        guard sample ?? 1 > 0 else { throw ValidationError("--sample must be at least 1") }
        guard find > 0, find <= 100, confidence > 0, confidence < 100 else {
            throw ValidationError("--find and --confidence are percentages")
        }
    }

    func run() async throws {
        try await reporting {
            let log = ReplayedLog(home: home)
            let target = try log.find(campaign)
            let (makers, draw, cosignatures) = try log.makers(of: target.id)
            var numbers = DrawnNumbers(root: draw.root, cosignatures: cosignatures)
            let chosen = makers.sample(&numbers) { count in
                sample
                    ?? SampleSize.needed(
                        toFind: find / 100, confidence: confidence / 100, in: count)
            }
            let report = try await withCoordinator(home.folder) { client in
                var replay = ReplayOfSample(log: log, target: target, client: client)
                try await replay.run(chosen, of: makers, drawnFrom: draw)
                return replay.report(makers)
            }
            printOut(report)
            if !report.different.isEmpty || report.missing > 0 { throw Exit.no }
        }
    }

    private func printOut(_ report: SampleReport) {
        switch output.format {
        case .text: printData(report.text)
        case .json: printData(report.json.text())
        }
    }
}

/// What came of a sample.
struct SampleReport: Sendable {
    /// Of one worker's tasks.
    struct Share: Sendable {
        var worker: WorkerID
        var drawn: Int
        var tasks: Int
        var bad: Int
        /// At 95 %; `nil` where something was wrong.
        var upperBound: Double?
    }

    struct Difference: Sendable {
        var stage: String
        var task: Int
        var workers: [WorkerID]
        /// Where it was found, as far as the comparison can say.
        var place: String
    }

    var campaign: CampaignID
    var shares: [Share]
    var same: Int
    /// Other bytes, but what the step takes for the same.
    var alike: Int
    var different: [Difference]
    var missing: Int
    var accused: [WorkerID]
    var energy: (campaign: Joules, replays: Joules)

    var text: String {
        var lines = [
            "campaign \(campaign): \(same) tasks the same, \(alike) alike, "
                + "\(different.count) different, \(missing) not run again"
        ]
        lines += different.map { difference in
            "\(difference.stage): task \(difference.task) differs "
                + "(\(difference.workers.map(\.name).joined(separator: ", "))): \(difference.place)"
        }
        lines += shares.map { share in
            let bound = share.upperBound.map { bound in
                "at most \(percent(bound)) of its tasks are wrong, at 95 %"
            }
            return "worker \(share.worker): \(share.drawn) of \(share.tasks) tasks: "
                + (bound ?? "\(share.bad) wrong")
        }
        lines += accused.map { "worker \($0) is contradicted by others, and quarantined" }
        let part = Double(energy.replays.microjoules) / Double(max(energy.campaign.microjoules, 1))
        lines.append(
            "it took \(ErgonCommands.text(energy.replays)), \(percent(part)) of the campaign")
        return lines.joined(separator: "\n")
    }

    var json: JSON {
        .object([
            "version": .integer(1), "campaign": .int(campaign.number), "same": .int(same),
            "alike": .int(alike), "missing": .int(missing),
            "different": .array(
                different.map { difference in
                    .object([
                        "stage": .string(difference.stage), "task": .int(difference.task),
                        "workers": .array(difference.workers.map { .string($0.name) }),
                        "place": .string(difference.place),
                    ])
                }),
            "workers": .array(
                shares.map { share in
                    .object([
                        "worker": .string(share.worker.name), "drawn": .int(share.drawn),
                        "tasks": .int(share.tasks), "wrong": .int(share.bad),
                        "upperBound": share.upperBound.map { .number($0) } ?? .null,
                    ])
                }),
            "accused": .array(accused.map { .string($0.name) }),
            "energyMicrojoules": .object([
                "campaign": .string("\(energy.campaign.microjoules)"),
                "replay": .string("\(energy.replays.microjoules)"),
            ]),
        ])
    }
}

/// With two significant decimals at most: `1.3 %`.
func percent(_ fraction: Double) -> String {
    "\((fraction * 1000).rounded() / 10) %"
}
