import ErgonCoordinator
import ErgonModel
import Testing
import SeededRandom

/// That results stand together changes nothing but how much room and time they take.
@Suite("results that stand as one") struct ResultRunTests {
    private static let seeds = UInt64(1)...40

    @Test("do in a report what each of them does alone", arguments: seeds)
    func report(seed: UInt64) {
        var chaos = Chaos(seed: seed)
        var dice = SeededGenerator(seed: seed)
        for _ in 0..<120 {
            chaos.step()
            for worker in chaos.workers {
                for held in worker.leases {
                    var (alone, together) = (chaos.coordinator, chaos.coordinator)
                    let results = dice.alike(in: held.lease.tasks)
                    let (life, now) = (worker.life, chaos.now)
                    func event(_ results: [TaskResult]) -> Coordinator.Event {
                        let report = WorkerReport(
                            id: ReportID(life: life, batch: 1 << 20), lease: held.lease.id,
                            campaign: held.lease.campaign, stage: held.lease.stage,
                            results: results)
                        return .report(worker.facts.worker, report)
                    }
                    let effects = alone.handle(event(results.flatMap(\.singly)), now: now)
                    #expect(together.handle(event(results), now: now) == effects, "seed \(seed)")
                    #expect(together.snapshot() == alone.snapshot(), "seed \(seed)")
                }
            }
        }
    }

    /// A decoder may put together what the core had put on record apart.
    @Test("lead on record to the same state", arguments: seeds)
    func replay(seed: UInt64) throws {
        var chaos = Chaos(seed: seed)
        for _ in 0..<200 { chaos.step() }
        let alike = chaos.log.map { record in
            record.changed { results in results.map(\.levelled) }
        }
        let alone = alike.map { $0.changed { $0.flatMap(\.singly) } }
        let together = alone.map { $0.changed { $0.reduce(into: []) { $0.join($1) } } }
        #expect(
            try replayed(together, chaos.campaign).snapshot()
                == replayed(alone, chaos.campaign).snapshot(), "seed \(seed)")
    }
}

extension SeededGenerator {
    /// What a worker may say of a lease, true or not: runs that overlap, or reach beyond it.
    fileprivate mutating func alike(in tasks: Range<Int>) -> [TaskResult] {
        (0..<roll(1...4)).map { _ in
            let first = tasks.lowerBound + roll(0...tasks.count)
            return TaskResult(
                task: first, count: roll(1...tasks.count + 1), outcome: .succeeded, outputs: [],
                log: nil, started: Instant(microseconds: 5), wall: Microseconds(7),
                cpu: Microseconds(3), energy: Joules(microjoules: 2))
        }
    }
}

extension TaskResult {
    /// The same at a cost that all have.
    fileprivate var levelled: TaskResult {
        var result = self
        (result.wall, result.cpu, result.started) = (
            Microseconds(5), Microseconds(5), Instant(microseconds: 5)
        )
        result.energy = .zero
        return result
    }
}

extension Record {
    fileprivate func changed(_ change: ([TaskResult]) -> [TaskResult]) -> Record {
        var record = self
        switch event {
        case .results(var batch):
            batch.results = change(batch.results)
            record.event = .results(batch)
        case .superseded(var batch):
            batch.results = change(batch.results)
            record.event = .superseded(batch)
        default: break
        }
        return record
    }
}
