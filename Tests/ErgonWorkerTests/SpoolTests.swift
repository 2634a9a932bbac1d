import ErgonModel
import ErgonWorker
import Testing

/// A worker that begins with more reports than a coordinator answers at once.
struct SpoolTests {
    @Test func `only so much is on its way without an answer`() {
        var worker = worker(keeping: 20)
        #expect(sent(worker.tell(.connected)) == Array(1...8))
        #expect(sent(worker.tell(.tick)) == [])
        #expect(sent(worker.tell(.acknowledge(3))) == [9])
        #expect(sent(worker.tell(.disconnected)) == [])
        #expect(sent(worker.tell(.connected)) == [1, 2, 4, 5, 6, 7, 8, 9])
    }

    @Test func `no task is begun while too much waits for an answer`() {
        var worker = worker(keeping: 128)
        let attempt = Worker.Attempt(lease: lease.id, task: 0)
        _ = worker.tell(.connected)
        _ = worker.tell(.order(.lease(lease)))
        #expect(worker.tell(.loaded(lease.manifest.digest, Fixture.sample)).isEmpty)
        #expect(worker.tell(.acknowledge(1)).contains(.prepare(attempt)))
    }

    @Test func `what an earlier process has kept goes first, whatever its number`() {
        var worker = worker(keeping: 1, from: 3)
        let lease = lease
        let attempt = Worker.Attempt(lease: lease.id, task: 0)
        let events: [Worker.Event] = [
            .order(.lease(lease)), .loaded(lease.manifest.digest, Fixture.sample),
            .prepared(attempt), .startFailed(attempt, reason: "why"), .tick,
        ]
        for event in events { _ = worker.tell(event) }
        let lives = worker.tell(.connected).compactMap { effect in
            if case .send(let report) = effect { report.id.life } else { nil }
        }
        #expect(lives == [3, 2])
    }

    private let lease = Lease(
        id: LeaseID(epoch: 2, serial: 1), campaign: CampaignID(1), manifest: content("manifest"),
        stage: Stage(step: 0, part: .work), tasks: 0..<1)

    /// - Parameter count: reports of an earlier process, of a little more than 8 MiB each.
    private func worker(keeping count: Int, from life: Int = 1) -> Worker {
        let file = StoredFile(digest: digest([]), size: ByteCount(Worker.ridingLimit))
        let outputs = Array(repeating: file, count: 512)
        let reports = (1...count).map { batch in
            WorkerReport(
                id: ReportID(life: life, batch: batch), lease: LeaseID(epoch: 1, serial: 1),
                campaign: CampaignID(1), stage: Stage(step: 0, part: .work),
                results: [
                    TaskResult(
                        task: batch, outcome: .succeeded, outputs: outputs, log: nil,
                        started: Instant(microseconds: 0), wall: .zero, cpu: .zero, energy: .zero)
                ])
        }
        let facts = WorkerFacts(
            worker: WorkerID("w1"), cpus: 2, memory: ByteCount(4 << 30), cpuModel: "A CPU",
            power: PowerModel(
                source: "model:table", perThread: Watts(milliwatts: 5000), uncertaintyPercent: 30))
        return Worker(facts: facts, life: 2, spooled: reports)
    }

    /// Which batches, in order.
    private func sent(_ effects: [Worker.Effect]) -> [Int] {
        effects.compactMap { effect in
            if case .send(let report) = effect { report.id.batch } else { nil }
        }
    }
}

extension Worker.Event {
    fileprivate static func acknowledge(_ batch: Int) -> Worker.Event {
        .order(.acknowledge([ReportID(life: 1, batch: batch)]))
    }
}

extension Worker {
    fileprivate mutating func tell(_ event: Event) -> [Effect] {
        handle(event, now: Instant(microseconds: 0))
    }
}
