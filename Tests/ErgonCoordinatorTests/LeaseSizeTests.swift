import ErgonCoordinator
import ErgonModel
import Testing

/// Large in the middle of a stage, small at its end, and never so small that the handing out takes
/// longer than the work.
@Suite("leases") struct LeaseSizeTests {
    @Test func `of tasks that take no time are few`() {
        var site = Site(workers: 4, cpus: 2)
        let sizes = site.run(tasks: 1_000_000, wall: .zero)
        #expect(sizes.reduce(0, +) == 1_000_000)
        #expect(sizes.count < 100, "\(sizes.count) leases")
        #expect(sizes.allSatisfy { $0 <= 65_536 })
    }

    @Test func `of short tasks have ten milliseconds of work, to the end`() {
        var site = Site(workers: 4, cpus: 2)
        let sizes = site.run(tasks: 100_000, wall: Microseconds(100))
        // Until there are results nobody knows how long one takes.
        #expect(sizes.dropFirst(4).dropLast().allSatisfy { $0 >= 200 })
        #expect(sizes.suffix(4).allSatisfy { $0 <= 400 })
    }

    @Test func `of long tasks have one for each slot`() {
        var site = Site(workers: 4, cpus: 2)
        let sizes = site.run(tasks: 100, wall: .seconds(10))
        #expect(sizes.allSatisfy { $0 <= 4 })
    }
}

/// Workers that do what they are told, one lease after the other in the order of their granting.
struct Site {
    private(set) var coordinator = Coordinator()
    private var leases: [(WorkerID, Lease)] = []
    private var reports = 0
    private let now = Instant(microseconds: 1)

    init(workers: Int, cpus: Int) {
        _ = coordinator.start(version: "1", now: now)
        for number in 1...workers {
            let facts = WorkerFacts(
                worker: WorkerID("w\(number)"), cpus: cpus, memory: ByteCount(1 << 36),
                cpuModel: "",
                power: PowerModel(
                    source: "", perThread: Watts(milliwatts: 1), uncertaintyPercent: 0))
            handle(.workerConnected(facts, life: 1, held: []))
        }
    }

    /// - Returns: how many tasks each lease had.
    mutating func run(tasks: Int, wall: Microseconds) -> [Int] {
        var sizes: [Int] = []
        let campaign = campaign("swift", [step("gen", split: seeds(tasks))])
        handle(.submit(.init(1), campaign, manifest: content("swift"), by: "anna"))
        while !leases.isEmpty {
            let (worker, lease) = leases.removeFirst()
            sizes.append(lease.tasks.count)
            reports += 1
            let result = TaskResult(
                task: lease.tasks.lowerBound, count: lease.tasks.count, outcome: .succeeded,
                outputs: [], log: nil, started: now, wall: wall, cpu: .zero, energy: .zero)
            handle(
                .report(
                    worker,
                    WorkerReport(
                        id: ReportID(life: 1, batch: reports), lease: lease.id,
                        campaign: lease.campaign, stage: lease.stage, results: [result])))
        }
        return sizes
    }

    private mutating func handle(_ event: Coordinator.Event) {
        for case .send(let worker, .lease(let lease)) in coordinator.handle(event, now: now) {
            leases.append((worker, lease))
        }
    }
}
