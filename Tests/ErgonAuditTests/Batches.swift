import ErgonModel

/// Results on record, made up.
extension Fixture {
    /// One second of wall time, half a second of cpu and two joules each.
    static func result(
        _ stage: String, _ task: Int, _ outcome: Outcome = .succeeded, outputs: Int = 0
    ) -> TaskResult {
        TaskResult(
            task: task, outcome: outcome,
            outputs: (0..<outputs).map { stored("\(stage) \(task) \($0)") }, log: nil,
            started: Instant(microseconds: 1_700_000_000_000_000), wall: .seconds(1),
            cpu: Microseconds(500_000), energy: Joules(microjoules: 2_000_000))
    }

    static func batch(
        _ stage: String, _ tasks: Range<Int>, _ outcome: Outcome = .succeeded, outputs: Int = 0
    ) -> ResultBatch {
        ResultBatch(
            campaign: CampaignID(1), stage: stage, worker: worker.worker,
            lease: LeaseID(epoch: 1, serial: 1), report: ReportID(life: 1, batch: 1),
            results: tasks.map { result(stage, $0, outcome, outputs: outputs) })
    }

    static func results(
        _ stage: String, _ tasks: Range<Int>, _ outcome: Outcome = .succeeded, outputs: Int = 0
    ) -> RecordedEvent {
        .results(batch(stage, tasks, outcome, outputs: outputs))
    }

    /// Each batch as a report of its own.
    static func numbered(_ log: [RecordedEvent]) -> [RecordedEvent] {
        log.enumerated().map { place, event in
            guard case .results(var batch) = event else { return event }
            batch.report = batch.report.map { _ in ReportID(life: 2, batch: place) }
            return .results(batch)
        }
    }

    /// Attempts that another one had made needless: a report for each call.
    static func superseded(
        _ stage: String, _ tasks: Range<Int>, _ outcome: Outcome = .succeeded, report: Int
    ) -> RecordedEvent {
        var batch = batch(stage, tasks, outcome)
        batch.report = ReportID(life: 3, batch: report)
        return .superseded(batch)
    }

    /// What the coordinator says when a worker is gone.
    static func lost(_ stage: String, _ task: Int) -> RecordedEvent {
        var batch = batch(stage, task..<task + 1, .failed(.workerLost, isFinal: false))
        batch.report = nil
        (batch.results[0].wall, batch.results[0].cpu) = (.zero, .zero)
        batch.results[0].energy = .zero
        return .results(batch)
    }

    /// - Parameter tasks: by stage, in the order in which they stand on record.
    static func reopened(_ tasks: [(String, Range<Int>)]) -> RecordedEvent {
        .campaignReopened(
            ReopenedCampaign(
                id: CampaignID(1), by: "anna", lease: LeaseID(epoch: 1, serial: 0),
                tasks: tasks.map {
                    ReopenedCampaign.Tasks(stage: $0, tasks: IntervalSet($1))
                }))
    }
}
