import ErgonModel
import ErgonWorker
import Testing

@Test(
    "every task is reported once, and no worker does more than it can", arguments: UInt64(1)...300)
func reportsOnce(seed: UInt64) {
    var day = WorkDay(seed: seed)
    for _ in 0..<300 { day.step() }
    day.calm()
    #expect(day.worker.held.isEmpty, "seed \(seed): leases left over")
    #expect(day.worker.running == 0, "seed \(seed)")
    #expect(day.attempts.isEmpty, "seed \(seed): attempts never discarded")
    #expect(day.kept.isEmpty, "seed \(seed): reports kept for ever")
    for (lease, tasks) in day.granted {
        let reported = day.reported[lease] ?? IntervalSet()
        #expect(tasks.subtracting(reported).isEmpty, "seed \(seed): lease \(lease) is incomplete")
    }
    #expect(day.ended.isEmpty, "seed \(seed): ran, and was not reported")
    #expect(day.faults.isEmpty, "seed \(seed): \(day.faults)")
}

@Test(
    "a worker that leaves reports what it had begun and gives back the rest",
    arguments: UInt64(1)...100)
func leaves(seed: UInt64) {
    var day = WorkDay(seed: seed)
    for _ in 0..<200 { day.step() }
    day.leave()
    #expect(day.end == .left, "seed \(seed)")
    #expect(day.worker.held.isEmpty && day.worker.running == 0, "seed \(seed)")
    #expect(day.attempts.isEmpty, "seed \(seed): attempts never discarded")
    #expect(day.kept.isEmpty && day.ended.isEmpty, "seed \(seed)")
    for (lease, tasks) in day.granted {
        let reported = day.reported[lease] ?? IntervalSet()
        #expect(tasks.subtracting(reported).isEmpty, "seed \(seed): lease \(lease) is incomplete")
    }
    #expect(day.faults.isEmpty, "seed \(seed): \(day.faults)")
}

@Test("the same seed has the same effects", arguments: UInt64(1)...50)
func sameEffects(seed: UInt64) {
    var (day, again) = (WorkDay(seed: seed), WorkDay(seed: seed))
    for _ in 0..<300 {
        day.step()
        again.step()
    }
    #expect(day.trace == again.trace, "seed \(seed)")
}
