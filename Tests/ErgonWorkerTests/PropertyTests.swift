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
    #expect(day.kept.isEmpty, "seed \(seed): content kept for ever")
    for (lease, range) in day.granted where !day.withdrawn.contains(lease) {
        if day.declined.contains(lease) {
            #expect(day.reported[lease] == nil, "seed \(seed): lease \(lease) was declined")
            continue
        }
        #expect(day.reported[lease] == IntervalSet(range), "seed \(seed): lease \(lease)")
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

/// A runtime and a coordinator that give a worker whatever the seed says, and keep the books.
private struct WorkDay {
    /// How far the runtime is with an attempt.
    enum Phase { case preparing, prepared, starting, running, collecting }

    private(set) var worker: Worker
    private(set) var trace: [Worker.Effect] = []
    private(set) var attempts: [Worker.Attempt: Phase] = [:]
    private(set) var granted: [LeaseID: Range<Int>] = [:]
    private(set) var withdrawn: Set<LeaseID> = []
    private(set) var declined: Set<LeaseID> = []
    private(set) var reported: [LeaseID: IntervalSet] = [:]
    private(set) var faults: [String] = []
    /// Whose content is kept for its report.
    private(set) var kept: Set<Worker.Attempt> = []
    private var reports: [Int: WorkerReport] = [:]
    private var toAcknowledge: [Int] = []
    private var isLoading = false
    private var isConnected = false
    private var now = Instant(microseconds: 0)
    private var dice: SeededGenerator
    private let facts: WorkerFacts
    private let manifest = content("manifest")

    init(seed: UInt64) {
        dice = SeededGenerator(seed: seed)
        facts = WorkerFacts(
            worker: WorkerID("w1"), cpus: dice.roll(2...4),
            memory: ByteCount(Int64(dice.roll(3...5)) << 30), cpuModel: "A CPU",
            power: PowerModel(
                source: "model:table", perThread: Watts(milliwatts: 5000), uncertaintyPercent: 30))
        worker = Worker(facts: facts)
    }

    mutating func step() {
        now = now + Microseconds(Int64(dice.roll(0...20_000_000)))
        switch dice.roll(1...100) {
        case 1...10: grant()
        case 11...15: setConnection(!isConnected)
        case 16...17: withdraw()
        case 18...22: handle(.tick)
        case 23...40: acknowledge()
        case 41...50: load()
        default: advance()
        }
    }

    /// The connection holds, and everything under way comes to its end.
    mutating func calm() {
        setConnection(true)
        var rounds = 0
        while rounds < 5000, !worker.held.isEmpty || !attempts.isEmpty {
            rounds += 1
            load()
            advance()
            acknowledge()
        }
    }

    private mutating func handle(_ event: Worker.Event) {
        let before = Set(worker.held.map(\.id))
        if case .collected(let attempt, _) = event, worker.lease(of: attempt) != nil {
            kept.insert(attempt)
        }
        for effect in worker.handle(event, now: now) { perform(effect) }
        // Nobody can be told now: that such leases are gone shows in the next greeting.
        if case .loadFailed = event, !isConnected {
            declined.formUnion(before.subtracting(worker.held.map(\.id)))
        }
    }

    // MARK: What the worker asks for

    private mutating func perform(_ effect: Worker.Effect) {
        trace.append(effect)
        switch effect {
        case .load: isLoading = true
        case .prepare(let attempt): expect(attempt, nil, then: .preparing)
        case .start(let attempt):
            expect(attempt, .prepared, then: .starting)
            checkRoom()
        case .stop(let attempt): expect(attempt, .running, then: .running)
        case .collect(let attempt, _): expect(attempt, .running, then: .collecting)
        case .discard(let attempt):
            if attempts.removeValue(forKey: attempt) == nil { faults.append("\(effect)") }
        case .decline(let lease, _): declined.insert(lease)
        case .send(let report): take(report)
        case .forget(.content(let attempts)):
            for attempt in attempts where !isDone(attempt) { faults.append("\(effect)") }
            kept.subtract(attempts)
        case .forget(.campaign): faults.append("\(effect)")
        }
    }

    private mutating func expect(_ attempt: Worker.Attempt, _ phase: Phase?, then next: Phase) {
        if attempts[attempt] != phase {
            faults.append("\(attempt) is not \(String(describing: phase))")
        }
        attempts[attempt] = next
    }

    private mutating func checkRoom() {
        var (cpus, memory) = (0, Int64(0))
        for (attempt, phase) in attempts where phase == .starting || phase == .running {
            let step = Fixture.sample.steps[Self.step(of: attempt.lease)]
            cpus += step.resources.cpus
            memory += step.resources.memory.bytes
        }
        if cpus > facts.cpus || memory > facts.memory.bytes { faults.append("no room") }
    }

    /// Nobody will ask for what it left.
    private func isDone(_ attempt: Worker.Attempt) -> Bool {
        let range = attempt.task..<attempt.task + 1
        return withdrawn.contains(attempt.lease)
            || reported[attempt.lease]?.contains(range) == true
    }

    private mutating func take(_ report: WorkerReport) {
        if !isConnected { faults.append("sent without a connection") }
        if report.results.count > 1000 { faults.append("a report of \(report.results.count)") }
        toAcknowledge.append(report.batch)
        if let before = reports.updateValue(report, forKey: report.batch) {
            if before != report { faults.append("batch \(report.batch) is not what it was") }
            return
        }
        if withdrawn.contains(report.lease) { faults.append("a report of a withdrawn lease") }
        var last = -1
        for result in report.results {
            if result.task <= last { faults.append("not in ascending order") }
            last = result.task
            let range = result.task..<result.task + 1
            if reported[report.lease]?.contains(range) == true { faults.append("reported twice") }
            reported[report.lease, default: IntervalSet()].insert(range)
        }
    }

    // MARK: What happens to it

    /// The serial number of a lease says what it is for.
    private static func step(of lease: LeaseID) -> Int { lease.serial % 3 }

    private mutating func grant() {
        guard isConnected else { return }
        let id = LeaseID(epoch: 1, serial: granted.count)
        let first = dice.roll(0...5)
        let range = first..<first + dice.roll(1...6)
        granted[id] = range
        let stage = Stage(step: Self.step(of: id), part: .work)
        handle(
            .order(
                .lease(
                    Lease(
                        id: id, campaign: CampaignID(1), manifest: manifest, stage: stage,
                        tasks: range))))
    }

    private mutating func withdraw() {
        guard isConnected, let id = worker.held.randomElement(using: &dice)?.id else { return }
        withdrawn.insert(id)
        handle(.order(.withdraw([id])))
    }

    private mutating func setConnection(_ connected: Bool) {
        guard connected != isConnected else { return }
        isConnected = connected
        toAcknowledge = []
        handle(connected ? .connected : .disconnected)
    }

    private mutating func acknowledge() {
        guard isConnected, !toAcknowledge.isEmpty else { return }
        let count = dice.roll(1...toAcknowledge.count)
        let batches = Array(toAcknowledge.prefix(count))
        toAcknowledge.removeFirst(count)
        handle(.order(.acknowledge(batches)))
    }

    private mutating func load() {
        guard isLoading else { return }
        isLoading = false
        handle(
            dice.happens(20)
                ? .loadFailed(manifest.digest, reason: "no python3")
                : .loaded(manifest.digest, Fixture.sample))
    }

    /// One attempt is one step further.
    private mutating func advance() {
        guard let attempt = attempts.keys.sorted().randomElement(using: &dice) else { return }
        switch attempts[attempt] {
        case .preparing:
            attempts[attempt] = .prepared
            handle(dice.happens(10) ? .prepareFailed(attempt, reason: "gone") : .prepared(attempt))
        case .starting:
            attempts[attempt] = .running
            handle(dice.happens(10) ? .startFailed(attempt, reason: "gone") : .started(attempt))
        case .running:
            let status: Worker.ProcessEnd.Status = dice.happens(20) ? .exit(1) : .exit(0)
            handle(
                .ended(
                    attempt,
                    Worker.ProcessEnd(
                        status: status, started: now, wall: .seconds(1), cpu: .seconds(1))))
        case .collecting:
            let outputs: Worker.Collected.Outputs =
                dice.happens(10) ? .missing("out") : .there([content("out")])
            handle(.collected(attempt, Worker.Collected(outputs: outputs, log: nil)))
        case .prepared, nil: break
        }
    }
}
