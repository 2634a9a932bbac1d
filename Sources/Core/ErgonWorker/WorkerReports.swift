import ErgonModel

/// What the worker tells the coordinator, and when.
extension Worker {
    mutating func finish(_ attempt: Attempt, _ result: TaskResult) {
        guard leases[attempt.lease] != nil else { return }
        leases[attempt.lease]?.remaining.remove(attempt.task..<attempt.task + 1)
        finished[attempt.lease, default: []].append(result)
    }

    /// At once while nothing is on its way, in bulk while the coordinator is busy: the answer to
    /// one report sends the next.
    mutating func report(_ effects: inout [Effect]) {
        let waiting = finished.values.reduce(0) { $0 + $1.count }
        guard waiting >= Self.longestReport || unacknowledged.isEmpty else { return }
        for id in finished.keys.sorted() {
            guard let held = leases[id], let results = finished.removeValue(forKey: id) else {
                continue
            }
            for piece in pieces(of: results.sorted { $0.task < $1.task }) {
                lastBatch += 1
                let report = WorkerReport(
                    batch: lastBatch, lease: id, campaign: held.lease.campaign,
                    stage: held.lease.stage, results: Array(piece))
                unacknowledged[lastBatch] = report
                if isConnected { effects.append(.send(report)) }
            }
        }
    }

    /// Results in reports that are bounded in number and in the content that rides along.
    private func pieces(of results: [TaskResult]) -> [ArraySlice<TaskResult>] {
        var (pieces, start, bytes): ([ArraySlice<TaskResult>], Int, Int64) = ([], 0, 0)
        for (place, result) in results.enumerated() {
            let files = result.outputs + [result.log].compactMap(\.self)
            let riding = files.reduce(0) { sum, file in
                file.size.bytes <= Self.ridingLimit ? sum + file.size.bytes : sum
            }
            if place - start == Self.longestReport || bytes + riding > Self.largestReport {
                pieces.append(results[start..<place])
                (start, bytes) = (place, 0)
            }
            bytes += riding
        }
        return pieces + [results[start...]]
    }

    mutating func dropIfFinished(_ id: LeaseID) {
        guard leases[id]?.remaining.isEmpty == true, finished[id] == nil,
            !unacknowledged.values.contains(where: { $0.lease == id })
        else { return }
        leases[id] = nil
    }
}
