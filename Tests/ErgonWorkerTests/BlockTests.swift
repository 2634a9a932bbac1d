import ErgonModel
import ErgonWorker
import Testing

/// Tasks of a warm step that reads and leaves nothing, which are given in blocks.
struct BlockTests {
    @Test func `blocks grow with what tasks take, up to a fair share`() {
        var day = Day(tasks: 1000, cpus: 2)
        var sizes: [Int] = []
        while let block = day.next() {
            sizes.append(block.tasks.count)
            day.advance(block, through: block.tasks.upperBound, wall: Int64(block.tasks.count) * 10)
            day.end(block, .exit(0))
        }
        // Five are made ready or run before any has been seen to end.
        #expect(sizes.prefix(6) == [1, 1, 1, 1, 1, 4])
        #expect((100...250).contains(sizes.max() ?? 0) && sizes.last == 1)
        #expect(day.done == IntervalSet(0..<1000))
        #expect(day.results.taskCount == 1000)
    }

    @Test func `long tasks come one at a time`() {
        var day = Day(tasks: 20, cpus: 2)
        while let block = day.next() {
            #expect(block.tasks.count == 1)
            day.advance(block, through: block.tasks.upperBound, wall: 25_000)
            day.end(block, .exit(0))
        }
        #expect(day.done == IntervalSet(0..<20))
    }

    @Test func `what a block took is shared out to the last microsecond`() throws {
        var day = Day(tasks: 1000, cpus: 1)
        let block = try day.grown(to: 7)
        let before = day.results.count
        day.advance(block, through: block.tasks.lowerBound + 7, wall: 71, cpu: 16)
        let results = day.results[before...]
        #expect(results.map(\.count) == [2, 5])
        #expect(results.map(\.cpu) == [Microseconds(3), Microseconds(2)])
        #expect(results.map(\.wall) == [Microseconds(10), Microseconds(10)])
    }

    @Test func `of a block that goes wrong one task fails and the rest comes again`() throws {
        var day = Day(tasks: 1000, cpus: 1)
        let block = try day.grown(to: 16)
        let bad = block.tasks.lowerBound + 3
        day.advance(block, through: bad, wall: 30)
        day.end(block, .signal(11))
        day.collect(block)
        #expect(day.results.last?.task == bad)
        #expect(day.results.last?.outcome == .failed(.signal(11), isFinal: false))
        while let block = day.next() {
            day.advance(block, through: block.tasks.upperBound, wall: 100)
            day.end(block, .exit(0))
        }
        #expect(day.done == IntervalSet(0..<1000).subtracting(IntervalSet(bad..<bad + 1)))
        #expect(day.results.taskCount == 1000, "each is told once")
    }

    @Test func `where a program broke off tasks come one by one, and none has failed`() throws {
        var day = Day(tasks: 1000, cpus: 1)
        let block = try day.grown(to: 16)
        day.advance(block, through: block.tasks.lowerBound + 3, wall: 30)
        let suspects = block.tasks.dropFirst(3)
        day.tell(.brokeOff(block.attempt, cpu: Microseconds(7)))
        let before = day.results.count
        var cpu = Microseconds.zero
        while let block = day.next() {
            #expect(block.tasks.count == 1 || !suspects.contains(block.tasks.lowerBound))
            day.advance(block, through: block.tasks.upperBound, wall: 100)
            day.end(block, .exit(0))
        }
        for result in day.results[before...] { cpu += result.cpu * result.count }
        #expect(cpu == Microseconds(7), "what was wasted is accounted for")
        #expect(day.done == IntervalSet(0..<1000))
        #expect(day.results.taskCount == 1000, "each is told once")
    }

    @Test func `a block that cannot start costs one task an attempt`() throws {
        var day = Day(tasks: 1000, cpus: 2)
        let running = try day.grown(to: 4)
        let block = try #require(day.waiting.first)
        day.refuse()
        let failed = block.tasks.lowerBound
        #expect(block.tasks.count > 1 && day.results.last?.task == failed)
        while let block = day.next() {
            day.advance(block, through: block.tasks.upperBound, wall: 100)
            day.end(block, .exit(0))
        }
        #expect(day.worker.running == 1, "the one that `grown` has left")
        #expect(day.results.taskCount == 1000 - running.tasks.count, "each is told once")
    }

    @Test func `the limit counts from the last answer`() throws {
        var day = Day(tasks: 1000, cpus: 1)
        let block = try day.grown(to: 16)
        let limit = Fixture.bare.steps[0].resources.limit
        day.uptime = day.uptime + limit
        day.advance(block, through: block.tasks.lowerBound + 1, wall: 10)
        day.uptime = day.uptime + limit
        let early = day.tell(.tick)
        day.uptime = day.uptime + Microseconds(1)
        let late = day.tell(.tick)
        #expect(!early.contains(.stop(block.attempt)) && late.contains(.stop(block.attempt)))
    }

    @Test func `what is withdrawn of a block that waits does not run`() throws {
        var day = Day(tasks: 1000, cpus: 1)
        let running = try day.grown(to: 16)
        let waiting = try #require(day.made.last).tasks
        try #require(waiting.count > 1)
        let lost = waiting.lowerBound + 1..<waiting.upperBound
        day.tell(.order(.withdrawTasks(day.lease, IntervalSet(lost))))
        day.advance(running, through: running.tasks.upperBound, wall: 100)
        day.end(running, .exit(0))
        while let block = day.next() {
            day.advance(block, through: block.tasks.upperBound, wall: 100)
            day.end(block, .exit(0))
        }
        #expect(day.done == IntervalSet(0..<1000).subtracting(IntervalSet(lost)))
    }

    @Test func `an answer that does not fit is no answer`() throws {
        var day = Day(tasks: 1000, cpus: 1)
        let block = try day.grown(to: 16)
        let before = day.results
        for tasks in [
            block.tasks.lowerBound + 1..<block.tasks.upperBound,
            block.tasks.lowerBound..<block.tasks.upperBound + 1,
            block.tasks.lowerBound..<block.tasks.lowerBound,
        ] {
            day.advance(
                Day.Block(attempt: block.attempt, tasks: tasks), through: tasks.upperBound, wall: 1)
        }
        #expect(day.results == before)
    }
}

/// A runtime that does at once what the worker asks for, but for running tasks.
private struct Day {
    struct Block {
        var attempt: Worker.Attempt
        var tasks: Range<Int>
    }

    let lease = LeaseID(epoch: 1, serial: 1)
    var worker: Worker
    var uptime = Microseconds.zero
    private(set) var results: [TaskResult] = []
    private var started: [Block] = []
    /// In the order in which they were made ready.
    private(set) var made: [Block] = []

    init(tasks: Int, cpus: Int) {
        worker = Worker(
            facts: WorkerFacts(
                worker: WorkerID("w1"), cpus: cpus, memory: ByteCount(64 << 30), cpuModel: "A CPU",
                power: PowerModel(
                    source: "model:table", perThread: Watts(milliwatts: 5000),
                    uncertaintyPercent: 30)), life: 1)
        let lease = Lease(
            id: lease, campaign: CampaignID(1), manifest: content("manifest"),
            stage: Stage(step: 0, part: .work), tasks: 0..<tasks)
        tell(.connected)
        tell(.order(.lease(lease)))
        tell(.loaded(lease.manifest.digest, Fixture.bare))
    }

    @discardableResult
    mutating func tell(_ event: Worker.Event) -> [Worker.Effect] {
        let effects = worker.handle(event, now: Instant(microseconds: 0), uptime: uptime)
        for effect in effects {
            switch effect {
            case .prepare(let attempt):
                if let tasks = worker.tasks(of: attempt) {
                    made.append(Block(attempt: attempt, tasks: tasks))
                }
                tell(.prepared(attempt))
            case .start(let attempt):
                if let tasks = worker.tasks(of: attempt) {
                    started.append(Block(attempt: attempt, tasks: tasks))
                }
            case .keep(let report):
                results += report.results
                tell(.order(.acknowledge([report.id])))
            case .load, .warn, .stop, .collect, .discard, .send, .decline, .giveBack,
                .announceLeaving, .forget, .readMeter, .end:
                break
            }
        }
        return effects
    }

    /// What is told to start and has not.
    var waiting: [Block] { started }

    /// The next block cannot be started.
    mutating func refuse() {
        tell(.startFailed(started.removeFirst().attempt, reason: "why"))
    }

    /// The next block that runs.
    mutating func next() -> Block? {
        guard !started.isEmpty else { return nil }
        let block = started.removeFirst()
        tell(.started(block.attempt))
        return block
    }

    mutating func advance(_ block: Block, through end: Int, wall: Int64, cpu: Int64 = 0) {
        let tasks = block.tasks.lowerBound..<end
        tell(
            .advanced(
                block.attempt,
                Worker.Advance(
                    tasks: tasks, started: Instant(microseconds: 0), wall: Microseconds(wall),
                    cpu: Microseconds(cpu))))
    }

    mutating func end(_ block: Block, _ status: Worker.ProcessEnd.Status) {
        tell(
            .ended(
                block.attempt,
                Worker.ProcessEnd(
                    status: status, started: Instant(microseconds: 0), wall: .zero, cpu: .zero)))
    }

    mutating func collect(_ block: Block) {
        tell(.collected(block.attempt, Worker.Collected(outputs: .there([]), log: nil)))
    }

    /// Runs quick tasks until a block of that size, at least, is started.
    mutating func grown(to size: Int) throws -> Block {
        while let block = next() {
            if block.tasks.count >= size { return block }
            advance(block, through: block.tasks.upperBound, wall: Int64(block.tasks.count) * 10)
            end(block, .exit(0))
        }
        throw StoryFault("there was no block of \(size) tasks")
    }

    /// The tasks that are on record as done.
    var done: IntervalSet { results.filter { $0.outcome == .succeeded }.tasks }
}
