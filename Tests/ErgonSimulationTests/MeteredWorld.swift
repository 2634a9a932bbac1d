import ErgonCoordinator
import ErgonModel
import ErgonProvenance
import ErgonWorker
import SeededRandom

/// One coordinator and one worker with a meter that fails now and then, and tasks that run, end,
/// fail and are lost as the seed says. What goes on record is encoded and read again.
struct MeteredWorld {
    private var dice: SeededGenerator
    private var coordinator = Coordinator()
    private var worker: Worker
    private(set) var log: [[UInt8]] = []
    /// What the meter told in all, and how long it told nothing.
    private(set) var told = Joules.zero
    private(set) var unknown = Microseconds.zero
    private(set) var samples = 0
    /// The worker was killed: what its meter had told and nobody had heard is lost.
    private(set) var hasLost = false
    private var now: Int64 = 1_700_000_000_000_000
    private var sampled: Int64
    private var life = 1
    private var isConnected = true
    private var running: [Worker.Attempt: (started: Int64, cpu: Int64)] = [:]
    private var kept: [ReportID: WorkerReport] = [:]
    private var events: [Worker.Event] = []
    private let mayKill: Bool

    static let facts = WorkerFacts(
        worker: WorkerID("w1"), cpus: 4, memory: ByteCount(1 << 33), cpuModel: "A CPU",
        power: PowerModel(
            source: "model:table", perThread: Watts(milliwatts: 5000), uncertaintyPercent: 50))

    init(seed: UInt64) {
        dice = SeededGenerator(seed: seed)
        mayKill = seed % 3 == 0
        sampled = now
        worker = Worker(facts: Self.facts, life: life, meteredCores: 6)
        perform(coordinator.start(version: "1", now: instant))
        connect()
        for (number, campaign) in Self.campaigns.enumerated() {
            perform(
                coordinator.handle(
                    .submit(
                        Coordinator.RequestID(number), campaign,
                        manifest: Self.manifest(campaign), by: "anna"), now: instant))
        }
    }

    private var instant: Instant { Instant(microseconds: now) }

    // MARK: What goes on

    mutating func step() {
        now += Int64(dice.roll(1...200_000))
        for attempt in running.keys.sorted() {
            running[attempt]?.cpu += Int64(dice.roll(0...150_000))
        }
        switch dice.roll(1...100) {
        case 1...45: end()
        case 46...75: tell(.metered(sample()))
        case 76...80:
            tell(.disconnected)
            isConnected = false
            perform(coordinator.handle(.workerDisconnected(Self.facts.worker), now: instant))
            connect()
        case 81 where mayKill: kill()
        default: tell(.tick)
        }
    }

    /// All that runs ends, and what was told is reported.
    mutating func finish() {
        for _ in 0..<2000 where coordinator.isAtWork {
            now += 100_000
            end()
            tell(.tick)
            perform(coordinator.handle(.tick, now: instant))
        }
        now += 1000
        tell(.metered(sample()))
        tell(.leave(patience: .zero))
    }

    private mutating func end() {
        guard let attempt = running.keys.sorted().randomElement(using: &dice),
            let task = running.removeValue(forKey: attempt)
        else { return }
        // Children that only show at the end.
        let cpu = task.cpu + Int64(dice.roll(0...50_000))
        tell(
            .ended(
                attempt,
                Worker.ProcessEnd(
                    status: dice.happens(10) ? .exit(1) : .exit(0),
                    started: Instant(microseconds: task.started),
                    wall: Microseconds(now - task.started), cpu: Microseconds(cpu))))
    }

    private mutating func sample() -> Worker.MeterSample? {
        let length = Microseconds(now - sampled)
        guard length > .zero, !dice.happens(15) else { return nil }
        samples += 1
        defer { sampled = now }
        let reading: ReportedInterval.Reading
        if dice.happens(20) {
            reading = .dropped(EnergyGap.allCases.randomElement(using: &dice) ?? .absent)
            unknown += length
        } else {
            let energy = Watts(milliwatts: Int64(dice.roll(5000...200_000))) * length
            told += energy
            reading = .measured(energy, by: dice.happens(80) ? .rapl : .host)
        }
        return Worker.MeterSample(
            began: Instant(microseconds: sampled), length: length, reading: reading,
            cpu: running.mapValues { Microseconds($0.cpu) },
            busy: Microseconds(Int64(dice.roll(0...1_000_000))))
    }

    private mutating func kill() {
        (hasLost, isConnected) = (true, false)
        perform(coordinator.handle(.workerDisconnected(Self.facts.worker), now: instant))
        running = [:]
        life += 1
        let reports = kept.values.sorted { $0.id < $1.id }
        worker = Worker(facts: Self.facts, life: life, spooled: reports, meteredCores: 6)
        connect()
    }

    private mutating func connect() {
        perform(
            coordinator.handle(
                .workerConnected(Self.facts, life: life, held: worker.held), now: instant))
        isConnected = true
        tell(.connected)
    }

    // MARK: The worker

    private mutating func tell(_ event: Worker.Event) {
        events.append(event)
        while !events.isEmpty {
            let event = events.removeFirst()
            for effect in worker.handle(event, now: instant) { perform(effect) }
        }
    }

    private mutating func perform(_ effect: Worker.Effect) {
        switch effect {
        case .load(let manifest):
            guard let campaign = Self.campaign(manifest.digest) else { return }
            events.append(.loaded(manifest.digest, campaign))
        case .prepare(let attempt): events.append(.prepared(attempt))
        case .start(let attempt):
            running[attempt] = (now, 0)
            events.append(.started(attempt))
        case .collect(let attempt, _):
            events.append(.collected(attempt, Worker.Collected(outputs: .there([]), log: nil)))
        case .stop(let attempt), .warn(let attempt):
            guard let task = running.removeValue(forKey: attempt) else { return }
            events.append(
                .ended(
                    attempt,
                    Worker.ProcessEnd(
                        status: .signal(9), started: Instant(microseconds: task.started),
                        wall: Microseconds(now - task.started), cpu: Microseconds(task.cpu))))
        case .keep(let report): kept[report.id] = report
        case .send(let report):
            guard isConnected else { return }
            perform(coordinator.handle(.report(Self.facts.worker, report), now: instant))
            // Now and then it is heard twice.
            if dice.happens(10) {
                perform(coordinator.handle(.report(Self.facts.worker, report), now: instant))
            }
        case .giveBack(let lease, let tasks):
            perform(coordinator.handle(.giveBack(Self.facts.worker, lease, tasks), now: instant))
        case .forget(.report(let id)): kept[id] = nil
        case .readMeter: events.append(.metered(sample()))
        case .announceLeaving:
            perform(coordinator.handle(.leaving(Self.facts.worker), now: instant))
        case .discard, .decline, .forget(.campaign), .end: break
        }
    }

    // MARK: The coordinator

    private mutating func perform(_ effects: [Coordinator.Effect]) {
        for effect in effects {
            switch effect {
            case .record(let record):
                log += entries(of: record, from: log.count).map(\.bytes)
            case .send(_, let order): if isConnected { events.append(.order(order)) }
            case .reply, .countLines, .plan, .keepStatement: break
            }
        }
    }

    /// What the coordinator says that was spent.
    func report() -> EnergyReport? {
        guard case .energy(let report) = coordinator.answer(.energy(nil), now: instant) else {
            return nil
        }
        return report
    }

    /// The same, by a coordinator that starts on this log.
    func replayed() throws -> EnergyReport? {
        var again = Coordinator()
        for bytes in log {
            try again.replay(try decode(bytes).record) { digest in
                Self.campaign(digest).map { ($0, size: ByteCount(1)) }
            }
        }
        guard case .energy(let report) = again.answer(.energy(nil), now: instant) else {
            return nil
        }
        return report
    }

    /// The same, by one that starts on a snapshot.
    func restored() throws -> EnergyReport? {
        let again = try Coordinator(
            snapshot: coordinator.snapshot(), grace: .seconds(15)
        ) { digest in
            Self.campaign(digest).map { ($0, size: ByteCount(1)) }
        }
        guard case .energy(let report) = again.answer(.energy(nil), now: instant) else {
            return nil
        }
        return report
    }

    // MARK: What there is to do

    static let campaigns = [
        campaign("narrow", tasks: 60, cpus: 1), campaign("wide", tasks: 30, cpus: 3),
    ]

    static func campaign(_ digest: Digest) -> Campaign? {
        campaigns.first { manifest($0).digest == digest }
    }

    private static func manifest(_ campaign: Campaign) -> StoredFile {
        StoredFile(digest: Digest(of: campaign.name.utf8), size: ByteCount(1))
    }

    private static func campaign(_ name: String, tasks: Int, cpus: Int) -> Campaign {
        let step = StepSpec(
            name: "work", over: nil, split: .seeds(total: tasks, perTask: 1, eventsPerSeed: 1),
            points: [], with: [], run: [], outputs: [],
            resources: Resources(
                cpus: cpus, memory: ByteCount(1 << 20), time: nil, limit: .seconds(3600)),
            retry: RetrySpec(attempts: 3), variables: [:])
        return Campaign(
            name: name, owner: nil, description: nil, seed: 1, inputs: [], code: [],
            environment: EnvironmentSpec(python: nil, variables: [:]), steps: [step])
    }
}

extension Coordinator {
    fileprivate var isAtWork: Bool {
        guard case .status(let report) = answer(.status(nil), now: Instant(microseconds: 0)) else {
            return false
        }
        return report.campaigns.contains { $0.ending == nil }
    }
}
