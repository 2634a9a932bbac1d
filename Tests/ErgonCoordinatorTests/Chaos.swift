import ErgonCoordinator
import ErgonModel

/// A coordinator on a bad day: workers that obey their leases but fail, vanish and come back,
/// connections that break with messages under way, and restarts that lose what was not durable.
/// All of it follows from the seed.
struct Chaos {
    private(set) var coordinator = Coordinator()
    private(set) var log: [Record] = []
    private(set) var trace: [Coordinator.Effect] = []
    private(set) var dice: SeededGenerator
    private(set) var campaigns: [Campaign] = []
    private var workers: [VirtualWorker]
    private var now = Instant(microseconds: 0)
    private var requests = 0
    /// Of an attempt, in percent.
    private let failureRate: Int
    private let isCancelled: Bool

    init(seed: UInt64) {
        dice = SeededGenerator(seed: seed)
        failureRate = [0, 5, 30, 80][dice.roll(0...3)]
        isCancelled = dice.happens(10)
        // The first is large enough for every task.
        workers = (1...dice.roll(1...4)).map { VirtualWorker(number: $0, cpus: $0 == 1 ? 3 : 1) }
        for number in 1...dice.roll(1...2) { campaigns.append(dice.campaign(named: "c\(number)")) }
        perform(coordinator.start(version: "1", now: now))
        for index in workers.indices where index == 0 || dice.happens(80) { connect(index) }
        for campaign in campaigns { submit(campaign) }
    }

    func manifest(of campaign: Campaign) -> StoredFile { content("manifest \(campaign.name)") }

    func campaign(with digest: Digest) -> (Campaign, size: ByteCount)? {
        campaigns.first { manifest(of: $0).digest == digest }.map {
            ($0, size: manifest(of: $0).size)
        }
    }

    /// What the log alone says.
    func replayed() throws -> Coordinator { try ErgonCoordinatorTests.replayed(log, campaign) }

    /// Every campaign on record, and whether it has ended.
    var endings: [CampaignID: SealedCampaign.Ending?] {
        var endings: [CampaignID: SealedCampaign.Ending?] = [:]
        for record in log {
            switch record.event {
            case .campaignAccepted(let accepted): endings[accepted.id] = .some(nil)
            case .campaignSealed(let seal): endings[seal.id] = seal.ending
            default: break
            }
        }
        return endings
    }

    // MARK: Steps

    /// One thing happens.
    mutating func step() {
        let worker = dice.roll(0...workers.count - 1)
        switch dice.roll(1...100) {
        case 1...30: deliverOrder(to: worker)
        case 31...60: work(worker, failing: failureRate)
        case 61...85: deliverReport(of: worker)
        case 86...88: breakConnection(of: worker)
        case 89...92: connect(worker)
        case 93:
            breakConnection(of: worker)
            workers[worker].die()
        case 94: restart()
        case 95: pass(20_000_000)
        case 96: submit(campaigns[dice.roll(0...campaigns.count - 1)])
        case 97 where isCancelled: cancel()
        default: pass(Int64(dice.roll(1...2_000_000)))
        }
    }

    /// Some workers are gone for good, and from now on nothing goes wrong any more, until all is
    /// done or nothing happens.
    mutating func calm() {
        let gone = workers.indices.filter { $0 > 0 && dice.happens(30) }
        for index in gone { breakConnection(of: index) }
        for _ in 0..<2000 where endings.values.contains(nil) {
            for index in workers.indices where !gone.contains(index) {
                connect(index)
                deliverOrder(to: index)
                work(index, failing: failureRate)
                deliverReport(of: index)
            }
            pass(1_000_000)
        }
    }

    private mutating func perform(_ effects: [Coordinator.Effect]) {
        for effect in effects {
            trace.append(effect)
            switch effect {
            case .record(let record): log.append(record)
            case .send(let worker, let order):
                for index in workers.indices where workers[index].facts.worker == worker {
                    workers[index].inbox.append(order)
                }
            case .countLines(let id, let step, let file): workers[0].counts.append((id, step, file))
            case .reply: break
            }
        }
    }

    private mutating func handle(_ event: Coordinator.Event) {
        let effects = coordinator.handle(event, now: now)
        if dice.happens(1) {
            // It stops in the midst of it: what comes after some effect never happens.
            perform(Array(effects.prefix(dice.roll(0...effects.count))))
            restart()
        } else {
            perform(effects)
        }
    }

    private mutating func restart() {
        for index in workers.indices { workers[index].loseConnection() }
        workers[0].counts = []
        var next = Coordinator()
        for record in log {
            do { try next.replay(record, campaign: campaign) } catch {
                fatalError("the log does not replay: \(error.problem)")
            }
        }
        coordinator = next
        perform(coordinator.start(version: "1", now: now))
    }

    private mutating func pass(_ microseconds: Int64) {
        now = now + Microseconds(microseconds)
        for (id, step, file) in workers[0].counts {
            let lines = Int(file.digest.bytes[0] % 5)
            handle(.linesCounted(id, step: step, of: file, lines: lines))
        }
        workers[0].counts = []
        handle(.tick)
    }

    private mutating func submit(_ campaign: Campaign) {
        requests += 1
        handle(
            .submit(
                Coordinator.RequestID(requests), campaign, manifest: manifest(of: campaign),
                by: "anna"))
    }

    private mutating func intervene(_ intervention: Coordinator.Intervention) {
        requests += 1
        handle(.intervene(Coordinator.RequestID(requests), intervention, by: "anna"))
    }

    private mutating func cancel() {
        intervene(.cancel(CampaignID(dice.roll(1...3))))
    }

    // MARK: Workers

    private mutating func connect(_ index: Int) {
        guard !workers[index].isConnected else { return }
        workers[index].isConnected = true
        workers[index].outbox = workers[index].unacknowledged
        let worker = workers[index]
        handle(.workerConnected(worker.facts, life: worker.life, held: worker.held))
    }

    private mutating func breakConnection(of index: Int) {
        guard workers[index].isConnected else { return }
        workers[index].loseConnection()
        handle(.workerDisconnected(workers[index].facts.worker))
    }

    private mutating func deliverOrder(to index: Int) {
        guard !workers[index].inbox.isEmpty else { return }
        workers[index].take(workers[index].inbox.removeFirst())
    }

    private mutating func deliverReport(of index: Int) {
        guard !workers[index].outbox.isEmpty else { return }
        let report = workers[index].outbox.removeFirst()
        handle(.report(workers[index].facts.worker, report))
    }

    /// Some tasks of one lease come to an end.
    private mutating func work(_ index: Int, failing rate: Int) {
        guard let held = workers[index].leases.randomElement(using: &dice),
            let (campaign, _) = campaign(with: held.lease.manifest.digest)
        else { return }
        var results: [TaskResult] = []
        for task in held.remaining.ranges.joined() where results.isEmpty || dice.happens(50) {
            let failure: Outcome = .failed(.exit(dice.roll(1...255)), isFinal: false)
            let outcome = dice.happens(rate) ? failure : .succeeded
            let files =
                outcome == .succeeded
                ? outputs(of: held.lease.stage, task: task, in: campaign) : []
            results.append(
                TaskResult(
                    task: task, outcome: outcome, outputs: files, log: nil, started: now,
                    wall: Microseconds(Int64(dice.roll(1...2_000_000))), cpu: .seconds(1),
                    energy: Joules(microjoules: 5)))
        }
        workers[index].report(results, of: held.lease)
    }
}

/// A worker that does what its leases say.
struct VirtualWorker {
    struct Held {
        var lease: Lease
        /// Without a result.
        var remaining: IntervalSet
    }

    let facts: WorkerFacts
    var isConnected = false
    /// On its way to the worker.
    var inbox: [WorkerOrder] = []
    /// On its way to the coordinator.
    var outbox: [WorkerReport] = []
    var unacknowledged: [WorkerReport] = []
    private(set) var leases: [Held] = []
    private var lastBatch = 0
    private(set) var life = 1
    /// Questions about lines that nobody has answered yet.
    var counts: [(CampaignID, step: Int, file: StoredFile)] = []

    init(number: Int, cpus: Int) {
        facts = WorkerFacts(
            worker: WorkerID("w\(number)"), cpus: cpus, memory: ByteCount(8 << 30),
            cpuModel: "A CPU",
            power: PowerModel(
                source: "model:table", perThread: Watts(milliwatts: 5000), uncertaintyPercent: 30))
    }

    /// What it declares when it comes back: results without an answer still belong to the lease.
    var held: [HeldLease] {
        leases.map { held in
            var tasks = held.remaining
            for report in unacknowledged where report.lease == held.lease.id {
                for result in report.results { tasks.insert(result.task..<result.task + 1) }
            }
            return HeldLease(
                id: held.lease.id, campaign: held.lease.campaign, stage: held.lease.stage,
                remaining: tasks)
        }
    }

    mutating func take(_ order: WorkerOrder) {
        switch order {
        case .welcome: break
        case .lease(let lease):
            leases.append(Held(lease: lease, remaining: IntervalSet(lease.tasks)))
        case .acknowledge(let reports):
            unacknowledged.removeAll { reports.contains($0.id) }
            leases.removeAll { held in
                held.remaining.isEmpty
                    && !unacknowledged.contains { $0.lease == held.lease.id }
            }
        case .withdraw(let ids): leases.removeAll { ids.contains($0.lease.id) }
        case .withdrawTasks(let id, let tasks):
            for index in leases.indices where leases[index].lease.id == id {
                leases[index].remaining.subtract(tasks)
            }
            leases.removeAll { $0.lease.id == id && $0.remaining.isEmpty }
        }
    }

    mutating func report(_ results: [TaskResult], of lease: Lease) {
        guard !results.isEmpty else { return }
        lastBatch += 1
        let report = WorkerReport(
            id: ReportID(life: life, batch: lastBatch), lease: lease.id, campaign: lease.campaign,
            stage: lease.stage,
            results: results)
        unacknowledged.append(report)
        if isConnected { outbox.append(report) }
        for index in leases.indices where leases[index].lease.id == lease.id {
            for result in results { leases[index].remaining.remove(result.task..<result.task + 1) }
        }
    }

    mutating func loseConnection() {
        isConnected = false
        inbox = []
        outbox = []
    }

    /// Its process is gone, and with it all it knew.
    mutating func die() {
        life += 1
        lastBatch = 0
        leases = []
        unacknowledged = []
    }
}
