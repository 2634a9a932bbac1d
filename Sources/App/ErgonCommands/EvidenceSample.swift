import ErgonAudit
import ErgonModel
import ErgonProvenance

/// Which of a campaign's tasks have been run once more, and what came of that, from the log alone.
struct EvidenceSample {
    private(set) var again = 0
    /// Tasks that left something else, beyond what their steps allow.
    private(set) var different: [String] = []
    /// Of the policy, about the campaign; `nil` if none was in force when it came.
    private(set) var obligations: Obligations?

    init(of exported: ExportedCampaign, in log: LogArguments) throws {
        let id = exported.history.accepted.id
        var wanted: [String: IntervalSet] = [:]
        try Self.read(log) { event in
            if case .campaignAccepted(let accepted) = event, let replay = accepted.replay,
                replay.of == id
            {
                wanted[replay.stage, default: IntervalSet()].formUnion(replay.all)
            }
            if case .policyDecided(let recorded) = event, recorded.campaign == id,
                [.submission, .start].contains(recorded.decision.moment)
            {
                obligations = recorded.decision.obligations
            }
        }
        var found = Repetitions(of: id, wanted: wanted) { _ in true }
        try Self.read(log) { found.add($0) }
        again = found.all.count
        different = try found.all.filter { repetition in
            try Self.isDifferent(repetition, exported.history.campaign, log.contentFolder)
        }.map { "\($0.stage).\($0.task)" }
    }

    /// What is missing of what the policy asks for, or speaks against the campaign.
    var problems: [String] {
        var problems: [String] = []
        let asked = obligations?.evidence ?? 0
        if again < asked {
            problems.append("\(again) of \(asked) tasks were run once more (`ergon audit replay`)")
        }
        if !different.isEmpty {
            problems.append(
                "run once more, these left something else: "
                    + shortened(different.joined(separator: ", "), to: 100))
        }
        return problems
    }

    private static func isDifferent(
        _ repetition: Repetition, _ campaign: Campaign, _ content: String
    ) throws -> Bool {
        guard !repetition.isBitwiseSame, let stage = Stage(name: repetition.stage, in: campaign)
        else { return false }
        let comparison = Comparison(of: stage, in: campaign, content: content)
        return try repetition.groups {
            try comparison.difference($0.outputs, $1.outputs) == nil
        }.count > 1
    }

    private static func read(
        _ log: LogArguments, _ body: (RecordedEvent) -> Void
    ) throws {
        var reader = try log.openEither()
        while let item = try reader.next() {
            if case .record(_, let bytes) = item { body(try decode(bytes).record.event) }
        }
    }
}
