import ErgonCoordinator
import ErgonModel
import Testing

private let seeds = UInt64(1)...200

@Test("whatever goes wrong, every campaign ends and every task counts once", arguments: seeds)
func endsAndCountsOnce(seed: UInt64) throws {
    var chaos = Chaos(seed: seed)
    for step in 0..<250 {
        chaos.step()
        checkInvariants(of: chaos.coordinator, seed)
        if step % 20 == 0 {
            try checkReplay(of: chaos, seed)
            checkLeases(of: chaos, seed)
        }
    }
    chaos.calm()
    checkInvariants(of: chaos.coordinator, seed)
    try checkReplay(of: chaos, seed)
    #expect(!chaos.endings.isEmpty && !chaos.endings.values.contains(nil), "seed \(seed): no end")
    checkLog(of: chaos, seed)
}

@Test("the same seed has the same effects", arguments: UInt64(1)...50)
func sameEffects(seed: UInt64) {
    var (chaos, again) = (Chaos(seed: seed), Chaos(seed: seed))
    for _ in 0..<150 {
        chaos.step()
        again.step()
    }
    chaos.calm()
    again.calm()
    #expect(chaos.trace == again.trace, "seed \(seed)")
}

/// The log alone gives every answer that the living coordinator gives.
private func checkReplay(of chaos: Chaos, _ seed: UInt64) throws {
    let replayed = try chaos.replayed()
    for id in chaos.endings.keys.sorted() {
        #expect(replayed.answers(about: id) == chaos.coordinator.answers(about: id), "seed \(seed)")
    }
}

/// Of all leases ever granted at most one can still answer for a task, or two of which one is a
/// copy of that task alone for another worker: each is tried on a copy of the coordinator.
private func checkLeases(of chaos: Chaos, _ seed: UInt64) {
    var answering: [TaskName: [(worker: WorkerID, lease: Lease)]] = [:]
    for effect in chaos.trace {
        guard case .send(let worker, .lease(let lease)) = effect else { continue }
        for task in chaos.accepted(lease, from: worker) {
            let name = TaskName(campaign: lease.campaign, stage: lease.stage, task: task)
            answering[name, default: []].append((worker, lease))
        }
    }
    for (name, holders) in answering where holders.count > 1 {
        let isCopy =
            holders.count == 2 && holders[0].worker != holders[1].worker
            && holders[1].lease.tasks.count == 1
        #expect(isCopy, "seed \(seed): \(name) is in \(holders.count) leases")
    }
}

private struct TaskName: Hashable {
    var campaign: CampaignID
    var stage: Stage
    var task: Int
}

extension Chaos {
    /// The tasks of a lease for which its worker could still answer.
    fileprivate func accepted(_ lease: Lease, from worker: WorkerID) -> [Int] {
        var copy = coordinator
        let results = lease.tasks.map { task in
            TaskResult(
                task: task, outcome: .failed(.timeLimit, isFinal: false), outputs: [], log: nil,
                started: Instant(microseconds: 0), wall: .zero, cpu: .zero, energy: .zero)
        }
        let report = WorkerReport(
            id: ReportID(life: 0, batch: 1), lease: lease.id, campaign: lease.campaign,
            stage: lease.stage, results: results)
        let effects = copy.handle(.report(worker, report), now: Instant(microseconds: 0))
        guard case .record(let record) = effects.first, case .results(let batch) = record.event
        else { return [] }
        return batch.results.flatMap(\.tasks)
    }
}

/// What the log must say in the end: among other things every attempt that was answered for, once.
private func checkLog(of chaos: Chaos, _ seed: UInt64) {
    var leases: [LeaseID: Lease] = [:]
    for case .send(_, .lease(let lease)) in chaos.trace { leases[lease.id] = lease }
    var ledger = Ledger(seed: seed, leases: leases)
    for record in chaos.log { ledger.take(record) { chaos.campaign(with: $0)?.0 } }
    for worker in chaos.workers {
        for report in worker.acknowledged where ledger.campaigns[report.campaign] != nil {
            for result in report.results {
                let attempt = Ledger.Attempt(
                    worker: worker.facts.worker, report: report.id, task: result.task)
                #expect(
                    ledger.reported.contains(attempt), "seed \(seed): \(attempt) is not on record")
            }
        }
    }
}
