import ErgonModel
import ErgonWorker
import SeededRandom

/// A runtime and a coordinator that give a worker whatever the seed says, and keep the books.
struct WorkDay {
    /// How far the runtime is with an attempt.
    enum Phase { case preparing, prepared, starting, running, collecting }

    private(set) var worker: Worker
    private(set) var trace: [Worker.Effect] = []
    private(set) var attempts: [Worker.Attempt: Phase] = [:]
    /// What the worker owes a report for: what was leased, and not taken from it or given back.
    private(set) var granted: [LeaseID: IntervalSet] = [:]
    private(set) var reported: [LeaseID: IntervalSet] = [:]
    /// Attempts that have run, until they are reported.
    private(set) var ended: Set<Worker.Attempt> = []
    private(set) var faults: [String] = []
    /// What is on disk.
    private(set) var kept: [ReportID: WorkerReport] = [:]
    private(set) var end: Worker.Ending?
    private var toAcknowledge: [ReportID] = []
    private var isLoading = false
    private var isConnected = false
    private var hasLeft = false
    private var life = 1
    private var leases = 0
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
        worker = Worker(facts: facts, life: 1)
    }

    mutating func step() {
        now = now + Microseconds(Int64(dice.roll(0...20_000_000)))
        switch dice.roll(1...200) {
        case 1...20: grant()
        case 21...30: setConnection(!isConnected)
        case 31...34: withdraw()
        case 35...38: withdrawTasks()
        case 39...48: handle(.tick)
        case 49...80: acknowledge()
        case 81...100: load()
        case 101: crash()
        default: advance()
        }
    }

    /// The connection holds, and everything under way comes to its end.
    mutating func calm() {
        setConnection(true)
        for _ in 0..<5000 where !worker.held.isEmpty || !attempts.isEmpty || !kept.isEmpty {
            goOn()
        }
    }

    /// It is asked to go, with more time than it needs or with less.
    mutating func leave() {
        setConnection(true)
        hasLeft = true
        handle(.leave(patience: .seconds(Int64(dice.roll(0...60)))))
        // A lease that was on its way.
        grant()
        for _ in 0..<5000 where end == nil { goOn() }
        // What is still being staged is nobody's concern.
        attempts = attempts.filter { $0.value != .preparing }
    }

    private mutating func goOn() {
        now = now + Microseconds(Int64(dice.roll(0...200_000)))
        load()
        advance()
        handle(.tick)
        acknowledge()
    }

    private mutating func handle(_ event: Worker.Event) {
        let before = worker.held
        for effect in worker.handle(event, now: now) { perform(effect) }
        // Nobody can be told now: that such leases are gone shows in the next greeting.
        if !isConnected { forgive(before) }
    }

    /// Tasks that the worker no longer names are no longer its own.
    private mutating func forgive(_ before: [HeldLease]) {
        let held = Dictionary(uniqueKeysWithValues: worker.held.map { ($0.id, $0.remaining) })
        for lease in before {
            let gone = lease.remaining.subtracting(held[lease.id] ?? IntervalSet())
            granted[lease.id]?.subtract(gone)
        }
    }

    // MARK: What the worker asks for

    private mutating func perform(_ effect: Worker.Effect) {
        trace.append(effect)
        switch effect {
        case .load: isLoading = true
        case .prepare(let attempt):
            if hasLeft { faults.append("begins \(attempt)") }
            expect(attempt, nil, then: .preparing)
        case .start(let attempt):
            expect(attempt, .prepared, then: .starting)
            checkRoom()
        case .warn(let attempt), .stop(let attempt): expect(attempt, .running, then: .running)
        case .collect(let attempt, _): expect(attempt, .running, then: .collecting)
        case .discard(let attempt):
            if attempts.removeValue(forKey: attempt) == nil { faults.append("\(effect)") }
        case .decline(let lease, _): granted[lease] = nil
        case .giveBack(let lease, let tasks): granted[lease]?.subtract(tasks)
        case .keep(let report): keep(report)
        case .send(let report):
            if !isConnected { faults.append("sent without a connection") }
            if kept[report.id] != report { faults.append("\(report.id) was not kept") }
            toAcknowledge.append(report.id)
        case .forget(.report(let id)):
            if kept.removeValue(forKey: id) == nil { faults.append("\(effect)") }
        case .forget(.campaign): faults.append("\(effect)")
        case .announceLeaving: if !hasLeft { faults.append("\(effect)") }
        case .readMeter: faults.append("\(effect)")
        case .end(let ending):
            if end != nil { faults.append("ends twice") }
            end = ending
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

    private mutating func keep(_ report: WorkerReport) {
        if report.results.count > 1000 { faults.append("a report of \(report.results.count)") }
        if kept.updateValue(report, forKey: report.id) != nil { faults.append("kept twice") }
        var last = -1
        for result in report.results {
            if result.task <= last { faults.append("not in ascending order") }
            last = result.task
            let range = result.task..<result.task + 1
            if reported[report.lease]?.contains(range) == true { faults.append("reported twice") }
            reported[report.lease, default: IntervalSet()].insert(range)
            let attempt = Worker.Attempt(lease: report.lease, task: result.task)
            let hasRun = ended.remove(attempt) != nil
            if hasRun != (result.wall > .zero) { faults.append("\(attempt) cost \(result.wall)") }
        }
    }

    // MARK: What happens to it

    /// The serial number of a lease says what it is for.
    private static func step(of lease: LeaseID) -> Int { lease.serial % 3 }

    private mutating func grant() {
        guard isConnected else { return }
        let id = LeaseID(epoch: 1, serial: leases)
        leases += 1
        let first = dice.roll(0...5)
        let range = first..<first + dice.roll(1...6)
        granted[id] = IntervalSet(range)
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
        granted[id] = nil
        handle(.order(.withdraw([id])))
    }

    private mutating func withdrawTasks() {
        guard isConnected, let held = worker.held.randomElement(using: &dice) else { return }
        let first = dice.roll(0...10)
        let tasks = held.remaining.intersection(first..<first + dice.roll(1...5))
        granted[held.id]?.subtract(tasks)
        handle(.order(.withdrawTasks(held.id, tasks)))
    }

    /// The process is killed and started again; what it had kept is still there.
    private mutating func crash() {
        let before = worker.held
        life += 1
        worker = Worker(
            facts: facts, life: life, spooled: kept.values.sorted { $0.id < $1.id })
        (attempts, ended, toAcknowledge) = ([:], [], [])
        (isLoading, isConnected) = (false, false)
        forgive(before)
        for held in worker.held {
            let reported = reported[held.id] ?? IntervalSet()
            if !held.remaining.subtracting(reported).isEmpty {
                faults.append("\(held.id) is held without results")
            }
        }
    }

    private mutating func setConnection(_ connected: Bool) {
        guard connected != isConnected else { return }
        isConnected = connected
        toAcknowledge = []
        handle(connected ? .connected : .disconnected)
        if connected, toAcknowledge.count != kept.count { faults.append("not all was sent again") }
    }

    private mutating func acknowledge() {
        guard isConnected, !toAcknowledge.isEmpty else { return }
        let count = dice.roll(1...toAcknowledge.count)
        let reports = Array(toAcknowledge.prefix(count))
        toAcknowledge.removeFirst(count)
        handle(.order(.acknowledge(reports)))
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
            let failure: Worker.Event =
                dice.happens(50)
                ? .startFailed(attempt, reason: "gone")
                : .programMissing(attempt, reason: "not here")
            handle(dice.happens(10) ? failure : .started(attempt))
        case .running:
            ended.insert(attempt)
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
