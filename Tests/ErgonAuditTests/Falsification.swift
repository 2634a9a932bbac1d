import ErgonModel
import Testing

/// One way to falsify a log, and what an auditor must say to it.
struct Falsification: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var finding: String
    var change: @Sendable (inout [RecordedEvent]) -> Void

    init(
        _ name: String, _ finding: String,
        _ change: @escaping @Sendable (inout [RecordedEvent]) -> Void
    ) {
        testDescription = name
        self.finding = finding
        self.change = change
    }

    /// Changes the batch at `place`.
    init(
        _ name: String, batch place: Int, _ finding: String,
        _ change: @escaping @Sendable (inout ResultBatch) -> Void
    ) {
        self.init(name, finding) { log in
            guard case .results(var batch) = log[place] else { return }
            change(&batch)
            log[place] = .results(batch)
        }
    }

    init(
        seal name: String, _ finding: String,
        _ change: @escaping @Sendable (inout SealedCampaign) -> Void
    ) {
        self.init(name, finding) { log in
            var seal = Fixture.seal
            change(&seal)
            log[log.count - 1] = .campaignSealed(seal)
        }
    }
}
