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
        var recent = reports.removeValue(forKey: batch.worker) ?? []
        defer { reports[batch.worker] = recent }
        if !recent.contains(where: { $0.id == id && $0.lease == batch.lease }) {
            recent.append(Report(id: id, lease: batch.lease))
            if recent.count > Self.limit { recent.removeFirst() }
        }
        guard let place = recent.firstIndex(where: { $0.id == id && $0.lease == batch.lease })
        else { return nil }
        var twice: Int?
        for result in batch.results {
            let again = recent[place].tasks.intersection(result.tasks)
            twice = twice ?? again.first
            recent[place].tasks.insert(result.tasks)
        }
        return twice
    }
}
