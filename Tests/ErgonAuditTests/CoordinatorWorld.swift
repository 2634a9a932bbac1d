import ErgonAudit
import ErgonCoordinator
import ErgonModel
import ErgonProvenance
import SeededRandom

/// A coordinator, workers that fail, vanish and come back, and people who meddle, as the seed says.
/// What goes on record is encoded and read again, as it would be from a disk.
struct World {
    private var dice: SeededGenerator
    private var coordinator = Coordinator()
    private(set) var log: [[UInt8]] = []
    private var workers: [WorkerID: Worker] = [:]
    private var clock: Int64 = 1_700_000_000_000_000
    private var lastLife = 0
    /// Of an attempt, in percent.
    private let failureRate: Int

    /// One process of a worker, and what it has to do and to say.
    private struct Worker {
        var life: Int
        var lastBatch = 0
        var leases: [Lease] = []
        /// Said, but perhaps not heard.
        var unheard: [WorkerReport] = []
    }

    init(seed: UInt64) {
        dice = SeededGenerator(seed: seed)
        failureRate = [0, 10, 40, 90][Int(seed % 4)]
    }

    /// The same campaign stands under several digests, so that there are several of it.
    private static let manifests = [Fixture.manifest, Digest(of: "another form".utf8)]
    private static let laterManifests = [Digest(of: "a third".utf8), Digest(of: "a fourth".utf8)]

    static func campaign(_ manifest: Digest) -> Campaign? {
        (manifests + laterManifests).contains(manifest) ? Fixture.campaign : nil
    }

    private var now: Instant { Instant(microseconds: clock) }

    // MARK: The coordinator

    private mutating func perform(_ effects: [Coordinator.Effect]) {
        var events: [Coordinator.Event] = []
        for effect in effects {
            switch effect {
            case .record(let record):
                for event in fitted(record.event) {
                    log.append(
                        encode(Record(time: record.time, event: event), sequence: log.count))
                }
            case .send(let worker, let order): events += obey(order, worker)
            case .countLines(let id, let step, let file):
                events.append(
                    .linesCounted(id, step: step, of: file, lines: dice.roll(0...7)))
            case .reply, .plan, .keepStatement: break
            }
        }
        for event in events { handle(event) }
    }

    private mutating func handle(_ event: Coordinator.Event) {
        clock += Int64(dice.roll(1...1_000_000))
        perform(coordinator.handle(event, now: now))
    }

    /// Reads the log again, as after a crash.
    private mutating func restart() throws {
        coordinator = Coordinator()
        for bytes in log {
            try coordinator.replay(try decode(bytes).record) { digest in
                Self.campaign(digest).map { ($0, size: ByteCount(1)) }
            }
        }
        perform(coordinator.start(version: "0.1", now: now))
        for name in workers.keys.sorted() { connect(name) }
    }

    // MARK: Workers

    private mutating func connect(_ name: WorkerID) {
        var facts = worker
        facts.worker = name
        guard let there = workers[name] else { return }
        let held = there.leases.map {
            HeldLease(
                id: $0.id, campaign: $0.campaign, stage: $0.stage, remaining: IntervalSet($0.tasks))
        }
        handle(.workerConnected(facts, life: there.life, held: held))
        for report in there.unheard { handle(.report(name, report)) }
    }

    /// Another process takes the worker's place, with or without what the last one held.
    private mutating func begin(_ name: WorkerID, keeping leases: [Lease] = []) {
        lastLife += 1
        workers[name] = Worker(life: lastLife, leases: leases)
        connect(name)
    }

    private mutating func obey(_ order: WorkerOrder, _ name: WorkerID) -> [Coordinator.Event] {
        switch order {
        case .welcome: return []
        case .lease(let lease):
            workers[name]?.leases.append(lease)
            return []
        case .acknowledge(let ids):
            // Now and then it is not heard, and the report is said again.
            if dice.roll(1...10) > 1 { workers[name]?.unheard.removeAll { ids.contains($0.id) } }
            return []
        case .withdraw(let ids):
            let leases = workers[name]?.leases.filter { ids.contains($0.id) } ?? []
            return leases.compactMap { stop(IntervalSet($0.tasks), of: $0, name) }
        case .withdrawTasks(let id, let tasks):
            let leases = workers[name]?.leases.filter { $0.id == id } ?? []
            return leases.compactMap { stop(tasks, of: $0, name) }
        }
    }

    /// The first of the tasks may have been running, and then what it cost is reported.
    private mutating func stop(
        _ tasks: IntervalSet, of lease: Lease, _ name: WorkerID
    ) -> Coordinator.Event? {
        workers[name]?.leases.removeAll { $0.id == lease.id }
        var rest = IntervalSet(lease.tasks)
        rest.subtract(tasks)
        for range in rest.ranges {
            var part = lease
            part.tasks = range
            workers[name]?.leases.append(part)
        }
        guard let task = tasks.first, dice.roll(0...1) == 0 else { return nil }
        return report(
            [result(task, of: lease, .failed(.stopped, isFinal: false))], of: lease, name)
    }

    private mutating func report(
        _ results: [TaskResult], of lease: Lease, _ name: WorkerID
    ) -> Coordinator.Event? {
        guard let there = workers[name] else { return nil }
        let report = WorkerReport(
            id: ReportID(life: there.life, batch: there.lastBatch + 1), lease: lease.id,
            campaign: lease.campaign, stage: lease.stage, results: results)
        workers[name]?.lastBatch += 1
        workers[name]?.unheard.append(report)
        return .report(name, report)
    }

    private func result(_ task: Int, of lease: Lease, _ outcome: Outcome) -> TaskResult {
        let step = Fixture.campaign.steps[lease.stage.step]
        let outputs = lease.stage.part == .work ? step.outputs.count : 1
        return Fixture.result(
            lease.stage.name(in: Fixture.campaign), task, outcome,
            outputs: outcome == .succeeded ? outputs : 0)
    }

    /// One lease is worked off, wholly or in part.
    private mutating func work() {
        let busy = workers.filter { !$0.value.leases.isEmpty }.keys.sorted()
        guard let name = busy.randomElement(using: &dice),
            var lease = workers[name]?.leases.removeFirst()
        else { return handle(.tick) }
        let tasks = lease.tasks.prefix(dice.roll(1...lease.tasks.count))
        var results: [TaskResult] = []
        for task in tasks {
            let fails = dice.roll(1...100) <= failureRate
            let failure = Outcome.failed(.exit(dice.roll(1...255)), isFinal: false)
            results.append(result(task, of: lease, fails ? failure : .succeeded))
        }
        lease.tasks = tasks.upperBound..<lease.tasks.upperBound
        if !lease.tasks.isEmpty { workers[name]?.leases.append(lease) }
        if let event = report(results, of: lease, name) { handle(event) }
    }

    /// A worker that is away goes on all the same, and says so when it is back.
    private mutating func finishAlone(_ name: WorkerID) {
        guard let lease = workers[name]?.leases.first else { return }
        workers[name]?.leases.removeFirst()
        _ = report(lease.tasks.map { result($0, of: lease, .succeeded) }, of: lease, name)
    }

    // MARK: Fortunes

    private mutating func meddle() {
        let id = CampaignID(dice.roll(1...2))
        let name = WorkerID("w\(dice.roll(1...3))")
        let intervention: Coordinator.Intervention
        switch dice.roll(1...10) {
        case 1: intervention = .cancel(id)
        case 2...3: intervention = .resume(id)
        case 4: intervention = .hold(id, reason: "no power")
        case 5...6: intervention = .release(id)
        case 7...8: intervention = .retry(id, stage: nil, tasks: nil)
        case 9: intervention = .stand(name, .draining)
        default: intervention = .stand(name, .active)
        }
        handle(.intervene(Coordinator.RequestID(9), intervention, by: "anna"))
    }

    private mutating func chance() throws {
        let name = WorkerID("w\(dice.roll(1...3))")
        switch dice.roll(1...60) {
        case 1: try restart()
        case 2:
            handle(.workerDisconnected(name))
            connect(name)
        case 3:
            handle(.workerDisconnected(name))
            begin(name, keeping: dice.roll(0...1) == 0 ? workers[name]?.leases ?? [] : [])
        case 4:
            handle(.workerDisconnected(name))
            clock += Microseconds.seconds(20).count
            handle(.tick)
            finishAlone(name)
            connect(name)
        case 5...8 where failureRate > 0: meddle()
        case 9: clock += Microseconds.seconds(30).count
        case 10...12: for report in workers[name]?.unheard ?? [] { handle(.report(name, report)) }
        default: work()
        }
    }

    /// At last nobody meddles, and all goes well.
    private mutating func finish() {
        let wishes: [Coordinator.Intervention] = [
            .release(CampaignID(1)), .release(CampaignID(2)), .release(CampaignID(3)),
            .stand(WorkerID("w1"), .active), .stand(WorkerID("w2"), .active),
            .stand(WorkerID("w3"), .active),
        ]
        for wish in wishes {
            handle(.intervene(Coordinator.RequestID(9), wish, by: "anna"))
        }
        for _ in 0..<400 {
            clock += Microseconds.seconds(1).count
            work()
        }
    }

    private mutating func submit(_ digest: Digest, reuse: CampaignID?) {
        let manifest = StoredFile(digest: digest, size: ByteCount(1))
        handle(
            .submit(
                Coordinator.RequestID(1), Fixture.campaign, manifest: manifest, by: "a",
                reuse: reuse))
    }

    mutating func run() throws {
        perform(coordinator.start(version: "0.1", now: now))
        for name in ["w1", "w2", "w3"] { begin(WorkerID(name)) }
        for digest in Self.manifests { submit(digest, reuse: nil) }
        for _ in 0..<400 { try chance() }
        submit(Self.laterManifests[0], reuse: CampaignID(dice.roll(1...2)))
        finish()
        submit(Self.laterManifests[1], reuse: CampaignID(3))
        for _ in 0..<100 { work() }
        handle(.intervene(Coordinator.RequestID(9), .forget(CampaignID(1)), by: "anna"))
        // Whatever still comes of it is not on record.
        for name in workers.keys.sorted() { connect(name) }
    }
}
