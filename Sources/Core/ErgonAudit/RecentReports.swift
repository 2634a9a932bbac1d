import ErgonModel

/// The last reports of each worker: no attempt in one of them may be on record twice. What a worker
/// said longer ago is forgotten, so that the memory this takes does not grow with the log.
struct RecentReports {
    /// How many are remembered of each worker.
    static let limit = 8

    private struct Report {
        let id: ReportID
        let lease: LeaseID
        var tasks = IntervalSet()
    }

    /// The newest last.
    private var reports: [WorkerID: [Report]] = [:]

    /// - Returns: the first task that stood in this report before.
    mutating func add(_ batch: ResultBatch) -> Int? {
        guard let id = batch.report else { return nil }
        return Self.add(batch, id, to: &reports[batch.worker, default: []])
    }

    private static func add(
        _ batch: ResultBatch, _ id: ReportID, to recent: inout [Report]
    ) -> Int? {
        var place = recent.count - 1
        while place >= 0, recent[place].id != id || recent[place].lease != batch.lease {
            place -= 1
        }
        if place < 0 {
            if recent.count == limit { recent.removeFirst() }
            place = recent.count
            recent.append(Report(id: id, lease: batch.lease))
        }
        var twice: Int?
        for result in batch.results {
            twice = twice ?? recent[place].tasks.intersection(result.tasks).first
            recent[place].tasks.insert(result.tasks)
        }
        return twice
    }
}
