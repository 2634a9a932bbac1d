import ErgonModel

/// What the coordinator tells the worker.
extension Worker {
    mutating func take(_ order: WorkerOrder, _ effects: inout [Effect]) {
        switch order {
        case .welcome: break
        case .lease(let lease): take(lease, &effects)
        case .acknowledge(let reports): for id in reports { acknowledge(id, &effects) }
        case .withdraw(let ids): for id in ids { withdraw(id, &effects) }
        case .withdrawTasks(let id, let tasks): withdraw(tasks, of: id, &effects)
        }
    }

    private mutating func take(_ lease: Lease, _ effects: inout [Effect]) {
        guard leases[lease.id] == nil else { return }
        leases[lease.id] = Held(lease)
        // It was on its way when the coordinator heard that we leave.
        guard !course.isLeaving else {
            return giveBack(IntervalSet(lease.tasks), of: lease.id, &effects)
        }
        load(lease.manifest, &effects)
    }

    private mutating func withdraw(_ id: LeaseID, _ effects: inout [Effect]) {
        leases[id] = nil
        inherited[id] = nil
        abandon(active.keys.filter { $0.lease == id }, &effects)
    }

    private mutating func withdraw(
        _ tasks: IntervalSet, of id: LeaseID, _ effects: inout [Effect]
    ) {
        leases[id]?.lose(tasks)
        inherited[id]?.remaining.subtract(tasks)
        let lost = active.filter { $0.key.lease == id && tasks.intersects($0.value.block) }
        for (attempt, activity) in lost.sorted(by: { $0.key < $1.key }) {
            loseSome(tasks, of: attempt, activity, &effects)
        }
        dropIfFinished(id)
    }

    /// Of a block that is only lost in part, the rest waits again, or, if it has begun, goes on:
    /// what is lost of it is told all the same, and is the coordinator's to judge.
    private mutating func loseSome(
        _ tasks: IntervalSet, of attempt: Attempt, _ activity: Activity, _ effects: inout [Effect]
    ) {
        let rest = IntervalSet(activity.block).subtracting(tasks)
        guard rest.isEmpty || activity.isUnbegun else { return }
        leases[attempt.lease]?.waiting.formUnion(rest)
        abandon([attempt], &effects)
    }

    // MARK: What the worker gives up by itself

    mutating func giveBack(_ tasks: IntervalSet, of id: LeaseID, _ effects: inout [Effect]) {
        if isConnected { effects.append(.giveBack(id, tasks)) }
        withdraw(tasks, of: id, &effects)
    }

    /// Without a connection nobody can be told; the next greeting no longer names the lease.
    mutating func decline(_ id: LeaseID, _ reason: String, _ effects: inout [Effect]) {
        if isConnected { effects.append(.decline(id, reason: reason)) }
        withdraw(id, &effects)
    }
}
