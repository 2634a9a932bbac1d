import ErgonAudit
import ErgonCoordinator
import ErgonModel
import ErgonProvenance
import Testing

/// A coordinator and workers that fail, vanish and come back as the seed says; what it puts on
/// record is encoded and read again, as it would be from a disk.
private struct World {
    var dice: Dice
    var coordinator = Coordinator()
    var log: [[UInt8]] = []
    var leases: [WorkerID: [Lease]] = [:]
    var clock: Int64 = 1_700_000_000_000_000
    var batch = 0
    /// Of an attempt, in percent.
    let failureRate: Int

    init(seed: UInt64) {
        dice = Dice(state: seed)
        failureRate = [0, 10, 40, 90][Int(seed % 4)]
    }

    private var now: Instant { Instant(microseconds: clock) }

    mutating func perform(_ effects: [Coordinator.Effect]) {
        var events: [Coordinator.Event] = []
        for effect in effects {
            switch effect {
            case .record(let record):
                for event in fitted(record.event) {
                    log.append(
                        encode(Record(time: record.time, event: event), sequence: log.count))
                }
            case .send(let worker, .lease(let lease)): leases[worker, default: []].append(lease)
            case .send(let worker, .withdraw(let ids)):
                leases[worker]?.removeAll { ids.contains($0.id) }
            case .countLines(let id, let step, _):
                events.append(.linesCounted(id, step: step, lines: dice.roll(0...7)))
            case .send, .reply: break
            }
        }
        for event in events { handle(event) }
    }

    mutating func handle(_ event: Coordinator.Event) {
        clock += Int64(dice.roll(1...1_000_000))
        perform(coordinator.handle(event, now: now))
    }

    mutating func connect(_ name: String) {
        var facts = worker
        facts.worker = WorkerID(name)
        let held = (leases[facts.worker] ?? []).map {
            HeldLease(
                id: $0.id, campaign: $0.campaign, stage: $0.stage, remaining: IntervalSet($0.tasks))
        }
        handle(.workerConnected(facts, held: held))
    }

    /// Reads the log again, as after a crash.
    mutating func restart() throws {
        coordinator = Coordinator()
        for bytes in log {
            try coordinator.replay(try decode(bytes).record) { digest in
                digest == Fixture.manifest ? (Fixture.campaign, size: ByteCount(1)) : nil
            }
        }
        perform(coordinator.start(version: "0.1", now: now))
        for name in leases.keys.map(\.name).sorted() { connect(name) }
    }

    /// One lease is worked off, wholly or in part.
    mutating func work() {
        let busy = leases.filter { !$0.value.isEmpty }.keys.sorted()
        guard let name = busy.randomElement(using: &dice), var lease = leases[name]?.removeFirst()
        else { return }
        let tasks = lease.tasks.prefix(dice.roll(1...lease.tasks.count))
        let step = Fixture.campaign.steps[lease.stage.step]
        let outputs = lease.stage.part == .work ? step.outputs.count : 1
        batch += 1
        let results = tasks.map { task in
            let outcome: Outcome =
                dice.roll(1...100) <= failureRate
                ? .failed(.exit(dice.roll(1...255)), isFinal: false) : .succeeded
            return Fixture.result(
                lease.stage.name(in: Fixture.campaign), task, outcome,
                outputs: outcome == .succeeded ? outputs : 0)
        }
        let report = WorkerReport(
            batch: batch, lease: lease.id, campaign: lease.campaign, stage: lease.stage,
            results: results)
        lease.tasks = tasks.upperBound..<lease.tasks.upperBound
        if !lease.tasks.isEmpty { leases[name]?.append(lease) }
        handle(.report(name, report))
    }

    mutating func run() throws {
        perform(coordinator.start(version: "0.1", now: now))
        for name in ["w1", "w2", "w3"] { connect(name) }
        for request in 1...2 {
            let manifest = StoredFile(digest: Fixture.manifest, size: ByteCount(1))
            handle(
                .submit(
                    Coordinator.RequestID(request), Fixture.campaign, manifest: manifest, by: "a"))
        }
        for _ in 0..<200 {
            switch dice.roll(1...40) {
            case 1: try restart()
            case 2:
                let name = "w\(dice.roll(1...3))"
                handle(.workerDisconnected(WorkerID(name)))
                if dice.roll(0...1) == 0 { leases[WorkerID(name)] = [] }
                connect(name)
            case 3 where failureRate == 40:
                handle(.cancel(Coordinator.RequestID(9), CampaignID(1), by: "anna"))
            default: work()
            }
        }
    }
}

/// SplitMix64.
private struct Dice: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z >> 31
    }

    mutating func roll(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }
}

@Test("what the coordinator puts on record has no finding", arguments: UInt64(1)...64)
func coordinatorLog(seed: UInt64) throws {
    var world = World(seed: seed)
    try world.run()
    var audit = Audit { $0 == Fixture.manifest ? Fixture.campaign : nil }
    for bytes in world.log {
        let (sequence, record) = try decode(bytes)
        audit.add(record, sequence: sequence)
    }
    #expect(audit.report.findings == [], "seed \(seed)")
    #expect(audit.report.campaigns.first?.ending != nil, "seed \(seed): not at its end")
}
