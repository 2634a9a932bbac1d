import ErgonModel

/// What the coordinator tells the worker.
extension Worker {
    mutating func take(_ order: WorkerOrder, _ effects: inout [Effect]) {
        switch order {
        case .welcome: break
        case .lease(let lease): take(lease, &effects)
        case .acknowledge(let batches): acknowledge(batches, &effects)
        case .withdraw(let ids): for id in ids { withdraw(id, &effects) }
        }
    }

    private mutating func take(_ lease: Lease, _ effects: inout [Effect]) {
        guard leases[lease.id] == nil else { return }
        leases[lease.id] = Held(
            lease: lease, waiting: IntervalSet(lease.tasks), remaining: IntervalSet(lease.tasks))
        load(lease.manifest, &effects)
    }

    private mutating func acknowledge(_ batches: [Int], _ effects: inout [Effect]) {
        for batch in batches {
            guard let report = unacknowledged.removeValue(forKey: batch) else { continue }
            forget(report.results, of: report.lease, &effects)
            dropIfFinished(report.lease)
        }
    }

    private mutating func withdraw(_ id: LeaseID, _ effects: inout [Effect]) {
        leases[id] = nil
        forget(finished.removeValue(forKey: id) ?? [], of: id, &effects)
        for attempt in active.keys.filter({ $0.lease == id }).sorted() {
            active[attempt]?.isAbandoned = true
            switch active[attempt]?.phase {
            case .running: effects.append(.stop(attempt))
            case .prepared: drop(attempt, &effects)
            case .preparing, .starting, .collecting, nil: break
            }
        }
    }

    private func forget(
        _ results: [TaskResult], of lease: LeaseID, _ effects: inout [Effect]
    ) {
        guard !results.isEmpty else { return }
        let attempts = results.map { Attempt(lease: lease, task: $0.task) }
        effects.append(.forget(.content(attempts)))
    }
}
