import ErgonModel
import ErgonWorker
import Testing

/// Of a worker whose results wait for others: when they are told.
struct GatheringTests {
    private let gathering = Microseconds(5000)
    private let lease = Lease(
        id: LeaseID(epoch: 1, serial: 1), campaign: CampaignID(1), manifest: content("manifest"),
        stage: Stage(step: 0, part: .work), tasks: 0..<200)

    @Test func `a result waits for others while something runs, and not for long`() {
        var worker = worker(tasks: 200)
        #expect(worker.due == nil)
        #expect(worker.finish(0, at: 1000).isEmpty)
        #expect(worker.finish(1, at: 5999).isEmpty)
        #expect(worker.due == Microseconds(6000))
        #expect(worker.tell(.tick, at: 6000).reports == [[0, 1]])
        #expect(worker.due == nil)
    }

    @Test func `a result waits longer while further tasks wait here`() {
        var worker = worker(tasks: 200)
        let attempts = (0..<4).map { Worker.Attempt(lease: lease.id, task: $0) }
        for attempt in attempts { _ = worker.tell(.prepared(attempt), at: 0) }
        for attempt in attempts.prefix(2) { _ = worker.tell(.started(attempt), at: 0) }
        #expect(worker.end(attempts[0], at: 1000).isEmpty)
        #expect(worker.due == Microseconds(26_000))
        _ = worker.tell(.started(attempts[2]), at: 1000)
        #expect(worker.end(attempts[1], at: 1000).isEmpty)
        #expect(worker.due == Microseconds(6000))
    }

    @Test func `the next event tells what has waited long enough`() {
        var worker = worker(tasks: 200)
        #expect(worker.finish(0, at: 1000).isEmpty)
        #expect(worker.finish(1, at: 6000) == [[0]])
    }

    @Test func `a result waits for nothing where nothing else runs`() {
        var worker = worker(tasks: 1)
        #expect(worker.finish(0, at: 1000) == [[0]])
    }

    @Test func `what has come together goes at once`() {
        var worker = worker(tasks: 400)
        let told = (0..<256).flatMap { worker.finish($0, at: 1000) }
        #expect(told == [Array(0..<256)])
    }

    @Test func `while an answer is awaited nothing more is told`() {
        var worker = worker(tasks: 200)
        _ = worker.finish(0, at: 1000)
        _ = worker.tell(.tick, at: 6000)
        #expect(worker.finish(1, at: 20_000).isEmpty)
        #expect(worker.due == nil)
        let answer = Worker.Event.order(.acknowledge([ReportID(life: 1, batch: 1)]))
        #expect(worker.tell(answer, at: 30_000).reports == [[1]])
    }

    private func worker(tasks: Int) -> Worker {
        let facts = WorkerFacts(
            worker: WorkerID("w1"), cpus: 2, memory: ByteCount(4 << 30), cpuModel: "A CPU",
            power: PowerModel(
                source: "model:table", perThread: Watts(milliwatts: 5000), uncertaintyPercent: 30))
        var worker = Worker(facts: facts, life: 1, gathering: gathering)
        var lease = lease
        lease.tasks = 0..<tasks
        _ = worker.tell(.connected, at: 0)
        _ = worker.tell(.order(.lease(lease)), at: 0)
        _ = worker.tell(.loaded(lease.manifest.digest, Fixture.sample), at: 0)
        return worker
    }
}

extension Worker {
    fileprivate mutating func tell(_ event: Event, at uptime: Int64) -> [Effect] {
        handle(event, now: Instant(microseconds: 0), uptime: Microseconds(uptime))
    }

    /// - Returns: the tasks of each report that this makes.
    fileprivate mutating func finish(_ task: Int, at uptime: Int64) -> [[Int]] {
        let attempt = Attempt(lease: LeaseID(epoch: 1, serial: 1), task: task)
        let begun = [.prepared(attempt), .started(attempt)].flatMap { tell($0, at: uptime) }
        return begun.reports + end(attempt, at: uptime)
    }

    /// The same of one that runs.
    fileprivate mutating func end(_ attempt: Attempt, at uptime: Int64) -> [[Int]] {
        let end = ProcessEnd(
            status: .exit(0), started: Instant(microseconds: 0), wall: .zero, cpu: .zero)
        let events: [Event] = [
            .ended(attempt, end),
            .collected(attempt, Collected(outputs: .there([]), log: nil)),
        ]
        return events.flatMap { tell($0, at: uptime) }.reports
    }
}

extension [Worker.Effect] {
    fileprivate var reports: [[Int]] {
        compactMap { effect in
            if case .keep(let report) = effect { report.results.map(\.task) } else { nil }
        }
    }
}
