import ArgumentParser
import ErgonAudit
import ErgonModel
import ErgonProvenance

struct ReproduceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reproduce",
        abstract: "Makes one output again, and says whether it is the same.",
        discussion: """
            Runs the task that made it, from the files that it read then, on another worker if \
            there is one, and compares as the step's `determinism` says: identical, within what \
            the step allows, or different, and where. Exit status 0 unless it is different.
            """)

    @Argument(help: "`step.output` of the newest campaign, `CAMPAIGN.step.output`, or its digest.")
    var output: String
    @OptionGroup var home: HomeOption
    @OptionGroup var format: FormatOption

    func run() async throws {
        try await reporting {
            let log = ReplayedLog(home: home)
            let made = try log.maker(of: output)
            let target = try log.find("\(made.campaign)")
            let repetition = try await withCoordinator(home.folder) { client in
                var replay = ReplayOfSample(log: log, target: target, client: client)
                return try await replay.repeated(made)
            }
            guard let repetition, let again = repetition.attempts.last,
                let stage = Stage(name: made.stage, in: target.spec)
            else {
                throw CommandFault(
                    place: output, problem: "task \(made.task) of `\(made.stage)` failed this time",
                    remedy: "`ergon explain` says why", exit: Exit.no)
            }
            let first = repetition.attempts[0]
            let difference =
                first.outputs == again.outputs
                ? nil
                : try Comparison(of: stage, in: target.spec, content: log.content)
                    .difference(first.outputs, again.outputs)
            say(made, first, again, difference)
            if difference != nil { throw Exit.no }
        }
    }

    private func say(
        _ made: MadeOutput, _ first: Repetition.Attempt, _ again: Repetition.Attempt,
        _ difference: String?
    ) {
        let isIdentical = first.outputs == again.outputs
        let verdict =
            isIdentical
            ? "identical" : difference == nil ? "within what the step allows" : "different"
        let whole =
            "\(made.stage), task \(made.task) of campaign \(made.campaign), by \(first.worker) and "
            + "\(again.worker): \(verdict)" + (difference.map { ": \($0)" } ?? "")
        format.print(
            whole,
            json: [
                "version": .integer(1), "campaign": .int(made.campaign.number),
                "stage": .string(made.stage), "task": .int(made.task),
                "workers": .array([first, again].map { .string($0.worker.name) }),
                "verdict": .string(
                    isIdentical ? "identical" : difference == nil ? "within" : "different"),
                "place": difference.map { .string($0) } ?? .null,
            ])
    }
}

/// Where an output came from.
struct MadeOutput: Sendable {
    var campaign: CampaignID
    var stage: String
    var task: Int
    var worker: WorkerID
}

extension ReplayedLog {
    /// The task that made an output.
    func maker(of output: String) throws -> MadeOutput {
        guard let digest = try digest(of: output), let made = try maker(of: digest) else {
            throw CommandFault(
                place: output, problem: "the log tells of no such output",
                remedy: "`ergon results` lists what campaigns published")
        }
        return made
    }

    private func maker(of digest: Digest) throws -> MadeOutput? {
        var (made, replays): (MadeOutput?, Set<CampaignID>) = (nil, [])
        _ = try read { event in
            switch event {
            case .campaignAccepted(let accepted):
                if accepted.replay != nil { replays.insert(accepted.id) }
            case .results(let batch):
                guard !replays.contains(batch.campaign) else { return }
                for result in batch.results
                where result.outputs.contains(where: { $0.digest == digest }) {
                    made = MadeOutput(
                        campaign: batch.campaign, stage: batch.stage, task: result.task,
                        worker: batch.worker)
                }
            case .coordinatorStarted, .workerJoined, .resultsReused, .stageSized, .superseded,
                .campaignHeld, .campaignReleased, .campaignReopened, .campaignCancelled,
                .campaignSealed, .campaignForgotten, .workerStands, .policyInForce,
                .policyDecided, .approved, .energyMetered, .planAdopted, .logRepaired:
                break
            }
        }
        return made
    }

    private func digest(of output: String) throws -> Digest? {
        if let digest = Digest(hex: output) { return digest }
        let parts = output.split(separator: ".")
        let campaign = parts.count == 3 ? find(numbered: parts[0]) : nil
        let name = parts.suffix(2).joined(separator: ".")
        var digest: Digest?
        _ = try read { event in
            guard case .campaignSealed(let seal) = event, campaign == nil || seal.id == campaign
            else { return }
            digest = seal.outputs.first { $0.name == name }?.content.digest ?? digest
        }
        return digest
    }

    private func find(numbered text: Substring) -> CampaignID? { Int(text).map { CampaignID($0) } }
}
