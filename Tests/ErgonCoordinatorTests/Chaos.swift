import ErgonCoordinator
import ErgonModel
import SeededRandom

/// A coordinator on a bad day: workers that obey their leases but fail, vanish and come back,
/// connections that break with messages under way, people who intervene, a clock that is set back,
/// and restarts that lose what was not durable. All of it follows from the seed.
struct Chaos {
    private(set) var coordinator = Coordinator()
    private(set) var log: [Record] = []
    private(set) var trace: [Coordinator.Effect] = []
    var dice: SeededGenerator
    private(set) var campaigns: [Campaign] = []
    var workers: [VirtualWorker]
    private(set) var now = Instant(microseconds: 0)
    private var requests = 0
    /// Questions about lines that nobody has answered yet.
    private var counts: [(CampaignID, step: Int, file: StoredFile)] = []
    /// The last snapshot, and how many records are in it.
    private var snapshot: (bytes: [UInt8], records: Int)?
    private var isCalm = false
    /// Of an attempt, in percent.
    let failureRate: Int
    /// Of all tasks, in percent: those that take their worker with them.
    let poisonRate: Int

    init(seed: UInt64) {
        dice = SeededGenerator(seed: seed)
        failureRate = [0, 5, 30, 80][dice.roll(0...3)]
        poisonRate = dice.happens(20) ? 5 : 0
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
            case .campaignReopened(let reopened): endings[reopened.id] = .some(nil)
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
        case 1...26: deliverOrder(to: worker)
        case 27...53: work(worker)
        case 54...77: deliverReport(of: worker)
        case 78...80: retryWhatFailed()
        case 81...83: breakConnection(of: worker)
        case 84...87: connect(worker)
        case 88: crash(worker)
        case 89: leave(worker)
        case 90: workers[worker].isBlackHole.toggle()
        case 91: restart()
        case 92: pass(Int64(dice.roll(6...20)) * 1_000_000)
        case 93: submit(campaigns[dice.roll(0...campaigns.count - 1)])
        case 94...96: intervene(intervention())
        case 97: handle(.trouble(dice.happens(30) ? "no room" : nil))
        case 98 where dice.happens(20): now = Instant(microseconds: now.microseconds / 2)
        case 99: snapshot = (coordinator.snapshot(), log.count)
        default: pass(Int64(dice.roll(1...2_000_000)))
        }
    }

    /// Some workers are gone for good, people let go, and from now on nothing goes wrong any more
    /// but what the programs do, until all is done or nothing happens.
    mutating func calm() {
        isCalm = true
        let gone = workers.indices.filter { $0 > 0 && dice.happens(30) }
        for index in workers.indices {
            breakConnection(of: index)
            workers[index].isBlackHole = false
            intervene(.stand(workers[index].facts.worker, .active))
        }
        handle(.trouble(nil))
        for id in endings.keys.sorted() {
            if dice.happens(50) { intervene(.resume(id)) }
            if dice.happens(50) { intervene(.retry(id, stage: nil, tasks: nil)) }
            intervene(.release(id))
        }
        for _ in 0..<2000 where isAnythingLeft(of: gone) {
            for index in workers.indices where !gone.contains(index) {
                connect(index)
                deliverOrder(to: index)
                work(index)
                deliverReport(of: index)
            }
            pass(10_000_000)
        }
    }

    private func isAnythingLeft(of gone: [Int]) -> Bool {
        endings.values.contains(nil)
            || workers.indices.contains {
                !gone.contains($0) && !workers[$0].unacknowledged.isEmpty
            }
    }

    mutating func handle(_ event: Coordinator.Event) {
        let effects = coordinator.handle(event, now: now)
        if !isCalm, dice.happens(1) {
            // It stops in the midst of it: what comes after some effect never happens.
            perform(Array(effects.prefix(dice.roll(0...effects.count))))
            restart()
        } else {
            perform(effects)
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
            case .countLines(let id, let step, let file): counts.append((id, step, file))
            case .reply, .plan, .keepStatement: break
            }
        }
    }

    /// From the log, or from a snapshot and what of the log came after it.
    private mutating func restart() {
        for index in workers.indices { workers[index].loseConnection() }
        counts = []
        coordinator = restored()
        perform(coordinator.start(version: "1", now: now))
    }

    private func restored() -> Coordinator {
        do throws(ReplayFault) {
            guard let snapshot else { return try ErgonCoordinatorTests.replayed(log, campaign) }
            var restored = try Coordinator(
                snapshot: snapshot.bytes, grace: .seconds(15), campaign: campaign)
            for record in log[snapshot.records...] {
                try restored.replay(record, campaign: campaign)
            }
            return restored
        } catch { fatalError("the log does not replay: \(error.problem)") }
    }

    private mutating func pass(_ microseconds: Int64) {
        now = now + Microseconds(microseconds)
        for (id, step, file) in counts {
            let lines = Int(file.digest.bytes[0] % 5)
            handle(.linesCounted(id, step: step, of: file, lines: lines))
        }
        counts = []
        handle(.tick)
    }

    // MARK: People

    private mutating func request() -> Coordinator.RequestID {
        requests += 1
        return Coordinator.RequestID(requests)
    }

    private mutating func submit(_ campaign: Campaign) {
        handle(.submit(request(), campaign, manifest: manifest(of: campaign), by: "anna"))
    }

    private mutating func intervene(_ intervention: Coordinator.Intervention) {
        handle(.intervene(request(), intervention, by: "anna"))
    }

    /// Where something has failed for good, somebody may not be content with that.
    private mutating func retryWhatFailed() {
        guard case .status(let report) = coordinator.reply(to: .status(nil)) else { return }
        for campaign in report.campaigns where campaign.stages.contains(where: { $0.failed > 0 }) {
            intervene(.retry(campaign.id, stage: nil, tasks: nil))
        }
    }

    private mutating func intervention() -> Coordinator.Intervention {
        let id = CampaignID(dice.roll(1...max(endings.count, 1)))
        switch dice.roll(1...14) {
        case 1: return .hold(id, reason: "wait")
        case 2...3: return .release(id)
        case 4: return .cancel(id)
        case 5...6: return .resume(id)
        case 7...8: return .retry(id, stage: "a", tasks: IntervalSet(0..<dice.roll(1...4)))
        default:
            let worker = workers[dice.roll(0...workers.count - 1)].facts.worker
            let until = dice.happens(50) ? now + .seconds(10) : nil
            return .stand(
                worker,
                [.active, .active, .draining, .quarantined(reason: "old", until: until)][
                    dice.roll(0...3)])
        }
    }
}
