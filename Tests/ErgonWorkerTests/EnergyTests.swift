import ErgonModel
import ErgonWorker
import Testing

/// A worker of two threads on a node of four, whose meter is read.
@Suite struct `A worker whose node has a meter` {
    private var worker = Worker(
        facts: WorkerFacts(
            worker: WorkerID("w1"), cpus: 2, memory: ByteCount(4 << 30), cpuModel: "A CPU",
            power: PowerModel(
                source: "model:table", perThread: Watts(milliwatts: 5000), uncertaintyPercent: 50)),
        life: 7, meteredCores: 4)
    private let lease = Lease(
        id: LeaseID(epoch: 1, serial: 1), campaign: CampaignID(1), manifest: content("manifest"),
        stage: Stage(step: 0, part: .work), tasks: 0..<4)
    private var now: Int64 = 0

    private func attempt(_ task: Int) -> Worker.Attempt {
        Worker.Attempt(lease: lease.id, task: task)
    }

    private func joules(_ number: Int64) -> Joules { Joules(microjoules: number * 1_000_000) }

    @discardableResult
    private mutating func tell(_ event: Worker.Event, at second: Int64) -> [Worker.Effect] {
        now = second * 1_000_000
        return worker.handle(event, now: Instant(microseconds: now))
    }

    /// Two tasks run from the start on.
    private mutating func begin() {
        tell(.connected, at: 0)
        tell(.order(.lease(lease)), at: 0)
        tell(.loaded(lease.manifest.digest, Fixture.sample), at: 0)
        for task in 0..<2 {
            tell(.prepared(attempt(task)), at: 0)
            tell(.started(attempt(task)), at: 0)
        }
    }

    private mutating func end(_ task: Int, cpu: Int64, at second: Int64) -> [Worker.Effect] {
        let end = Worker.ProcessEnd(
            status: .exit(0), started: Instant(microseconds: 0), wall: .seconds(second),
            cpu: Microseconds(cpu * 1000))
        var effects = tell(.ended(attempt(task), end), at: second)
        let left = Worker.Collected(outputs: .there([content("out")]), log: nil)
        effects += tell(.collected(attempt(task), left), at: second)
        return effects
    }

    /// - Parameters:
    ///   - cpu: milliseconds of those that run, in the order of their tasks.
    ///   - busy: seconds of the whole node.
    private func sample(
        _ seconds: Int64, _ energy: Int64?, _ cpu: [Int: Int64], busy: Int64
    ) -> Worker.Event {
        .metered(
            Worker.MeterSample(
                began: Instant(microseconds: now), length: .seconds(seconds),
                reading: energy.map { .measured(joules($0), by: .rapl) } ?? .dropped(.tooMuch),
                cpu: Dictionary(
                    uniqueKeysWithValues: cpu.map { (attempt($0), Microseconds($1 * 1000)) }),
                busy: .seconds(busy)))
    }

    private func report(_ effects: [Worker.Effect]) -> WorkerReport? {
        effects.lazy.compactMap { effect in
            if case .keep(let report) = effect { report } else { nil }
        }.first
    }

    @Test mutating func `reads it before it reports, and shares what it told by CPU time`() throws {
        begin()
        tell(sample(10, 100, [0: 5000, 1: 3000], busy: 10), at: 10)
        let asked = end(0, cpu: 6000, at: 12)
        #expect(asked.contains(.readMeter) && report(asked) == nil)
        let told = tell(sample(2, 10, [1: 4000], busy: 2), at: 12)
        let first = try #require(report(told))
        // 50 J of the first ten seconds, 5 J of the two behind them.
        #expect(first.results.map(\.energy) == [joules(55)])
        #expect(first.results.map(\.meter) == [.rapl])
        let interval = try #require(first.metered.first)
        #expect(first.metered.count == 1 && interval.energy == joules(110))
        #expect(interval.shares.map(\.dynamic) == [joules(90)] && interval.problem == nil)
        // Two of ten seconds were other programs'.
        #expect(interval.unallocated == joules(20))
    }

    @Test mutating func `gives what came too late to the next of the stage, and no more`() throws {
        begin()
        tell(sample(10, 100, [0: 5000, 1: 5000], busy: 10), at: 10)
        _ = end(0, cpu: 6000, at: 11)
        let early = try #require(report(tell(.metered(nil), at: 11)))
        #expect(early.results.map(\.energy) == [joules(50)])
        tell(sample(2, 20, [1: 6000], busy: 2), at: 12)
        tell(.prepared(attempt(2)), at: 12)
        tell(.started(attempt(2)), at: 12)
        tell(.order(.acknowledge([early.id])), at: 12)
        // 60 J of its own, and of the 10 J of the first what half a second costs now: 5 J.
        _ = end(1, cpu: 6500, at: 13)
        let late = try #require(report(tell(.metered(nil), at: 13)))
        #expect(late.results.map(\.energy) == [joules(65)])
    }

    @Test mutating func `models what nobody measured, and says how long that was`() throws {
        begin()
        tell(sample(10, nil, [0: 5000, 1: 5000], busy: 10), at: 10)
        _ = end(0, cpu: 6000, at: 11)
        let found = try #require(report(tell(sample(1, nil, [1: 5000], busy: 1), at: 11)))
        #expect(found.results.map(\.energy) == [joules(30)] && found.results[0].meter == nil)
        #expect(found.metered.map(\.reading) == [.dropped(.tooMuch)])
        #expect(found.metered.map(\.length) == [.seconds(11)])
    }

    @Test mutating func `learns what the node draws without tasks, and says so in time`() throws {
        tell(.connected, at: 0)
        for second in 1...599 {
            #expect(report(tell(sample(1, 8, [:], busy: 0), at: Int64(second))) == nil)
        }
        let idle = try #require(report(tell(sample(1, 8, [:], busy: 0), at: 601)))
        #expect(idle.results.isEmpty && idle.metered.map(\.idlePower) == [Watts(milliwatts: 8000)])
        #expect(idle.metered.map(\.unallocated) == [joules(8 * 600)])
        begin()
        // 8 J are idle, half of them of the cores that the two tasks hold.
        tell(sample(1, 20, [0: 1000, 1: 1000], busy: 2), at: 1)
        let told = try #require(report(tell(sample(1, 20, [0: 2000, 1: 2000], busy: 2), at: 40)))
        #expect(told.metered[0].shares.map(\.dynamic) == [joules(24)])
        #expect(told.metered[0].energy == joules(40) && told.metered[0].problem == nil)
    }
}
