import ErgonModel

/// That all that was computed is accounted for, once.
extension Ledger {
    /// An attempt has ended; sooner or later its worker must say what it cost.
    mutating func spend(_ cost: Cost, _ attempt: Attempt) {
        if spent.updateValue(cost, forKey: attempt) != nil {
            fail("task \(attempt.task) ended twice under \(attempt.lease) on \(attempt.worker)")
        }
    }

    /// The worker's process is dead: what it had not written down nobody will ever know.
    mutating func forgetSpending(of worker: WorkerID) {
        spent = spent.filter { $0.key.worker != worker }
    }

    /// The worker has written a report to its disk.
    mutating func keep(_ report: WorkerReport, by worker: WorkerID) {
        let key = ReportKey(worker: worker, id: report.id)
        if kept.updateValue(report, forKey: key) != nil { fail("\(worker) made a report twice") }
        for result in report.results.flatMap(\.singly) {
            let attempt = Attempt(worker: worker, lease: report.lease, task: result.task)
            let claimed = Cost(wall: result.wall, cpu: result.cpu)
            let cost = spent.removeValue(forKey: attempt) ?? Cost(wall: .zero, cpu: .zero)
            if cost != claimed {
                fail("\(worker) reports \(claimed) for task \(result.task), which took \(cost)")
            }
        }
    }

    /// The worker was told that its report needs not be kept any more.
    mutating func forget(_ id: ReportID, by worker: WorkerID) {
        let key = ReportKey(worker: worker, id: id)
        guard let report = kept[key] else { return fail("\(worker) forgets what it never kept") }
        guard let lost = firstNotOnRecord(of: report, key) else { return }
        fail(
            "\(worker) was thanked for report \(id.life)/\(id.batch), but task \(lost) of it "
                + "is not on record")
    }

    private func firstNotOnRecord(of report: WorkerReport, _ key: ReportKey) -> Int? {
        report.results.tasks.subtracting(books.counted[key] ?? IntervalSet()).first
    }

    func isOnRecord(_ task: Int, _ report: ReportKey) -> Bool {
        books.counted[report]?.contains(task) == true
    }

    /// What is on record must be what a worker said, and once.
    mutating func count(_ batch: ResultBatch) {
        guard let id = batch.report else { return checkOwnFinding(batch) }
        let key = ReportKey(worker: batch.worker, id: id)
        guard let report = kept[key], report.lease == batch.lease else {
            return fail("a report on record that \(batch.worker) never made")
        }
        for result in batch.results.flatMap(\.singly) {
            guard let said = report.results.first(where: { $0.tasks.contains(result.task) }),
                said.isLike(result)
            else { return fail("task \(result.task) is on record as \(batch.worker) never said") }
            if isOnRecord(result.task, key) {
                fail("task \(result.task) of report \(id.life)/\(id.batch) is on record twice")
            }
            books.counted[key, default: IntervalSet()].insert(result.task..<result.task + 1)
        }
    }

    private mutating func checkOwnFinding(_ batch: ResultBatch) {
        for result in batch.results where result.cpu != .zero || result.wall != .zero {
            fail("task \(result.task) cost something, and no worker said so")
        }
    }

    /// In the end everybody has said everything.
    mutating func checkAllReported(except gone: Set<WorkerID>) {
        if let attempt = spent.keys.first(where: { !gone.contains($0.worker) }) {
            fail("\(attempt.worker) never said what task \(attempt.task) cost")
        }
        for (key, report) in kept where !gone.contains(key.worker) {
            guard let lost = firstNotOnRecord(of: report, key) else { continue }
            fail("task \(lost) of a report of \(key.worker) never came on record")
        }
    }
}

extension TaskResult {
    /// The same attempt, whatever was made of how it ended.
    fileprivate func isLike(_ other: TaskResult) -> Bool {
        started == other.started && wall == other.wall && cpu == other.cpu
            && energy == other.energy && meter == other.meter
    }
}
