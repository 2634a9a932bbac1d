import ErgonCoordinator
import ErgonModel
import ErgonProvenance

/// The coordinator's process: the core, its log, and what its loop keeps beside them.
struct CoordinatorProcess {
    enum News {
        case event(Coordinator.Event)
        case tick
        case linkOpened(WorkerFacts, Int, [HeldLease], Int)
        case linkClosed(Int)
        case fromWorker(Int, (WorkerID) -> Coordinator.Event)
        case request(Int)
    }

    /// A group that the disk had no room for. Nothing of it is visible, nothing after it decided.
    struct Unwritten {
        var group: Group
        /// What had arrived with it and was not looked at.
        var rest: ArraySlice<News>
    }

    struct Group {
        var effects: [Coordinator.Effect]
        var records: [Record] = []
        var payloads: [[UInt8]] = []
    }

    var core: Coordinator
    let log: RecordLog<SimulatedDisk>
    var inbox: [News] = []
    var unwritten: Unwritten?
    /// Which stream is a worker's, by the worker's index.
    var outboxes: [Int?]
    /// The person's request behind each of the core's.
    var asked: [Int] = []
    /// Campaigns, steps and files whose lines are counted or being counted.
    var counting: Set<Counting> = []
    var checkpointed: (size: Int, at: Instant)
    /// Being written by a thread of its own.
    var snapshot: TakenSnapshot?
    /// It has told the core that the disk is nearly full.
    var knowsLowDisk = false

    struct Counting: Hashable {
        var campaign: CampaignID
        var step: Int
        var file: StoredFile
    }

    var isIdle: Bool { unwritten == nil && inbox.isEmpty }
}

extension World {
    /// The first second of 2026.
    private static let epochStart: Int64 = 1_767_225_600_000_000

    var coordinatorTime: Instant {
        Instant(microseconds: Self.epochStart + now + coordinatorClock)
    }

    func time(of worker: Int) -> Instant {
        Instant(microseconds: Self.epochStart + now + workers[worker].clock)
    }

    // MARK: The inbox

    mutating func arrive(_ news: CoordinatorProcess.News) {
        guard coordinator != nil else { return }
        if coordinator?.inbox.isEmpty == true {
            later(.groupIsTaken(life: coordinatorLife), 50...5000)
        }
        coordinator?.inbox.append(news)
    }

    mutating func tickCoordinator(_ life: Int) {
        guard life == coordinatorLife, coordinator != nil else { return }
        arrive(.tick)
        later(.coordinatorTicks(life: life), 900_000...1_100_000)
    }

    /// As the real loop does: all that has arrived is decided on, then written, then shown.
    mutating func takeGroup() {
        let news = coordinator?.inbox ?? []
        coordinator?.inbox = []
        if coordinator?.unwritten == nil { decide(on: news[...]) } else { waitForRoom(news) }
    }

    private mutating func decide(on news: ArraySlice<CoordinatorProcess.News>) {
        var effects: [Coordinator.Effect] = []
        for (place, item) in zip(news.indices, news) {
            if case .tick = item, let change = changeOfSpace() { effects += handle(change) }
            if case .linkOpened = item {
                // What was meant for the worker's last stream must not come over the new one.
                commit(effects, before: news[place...])
                effects = []
                guard coordinator?.unwritten == nil else { return }
            }
            guard coordinator != nil else { return }
            if let event = event(of: item) { effects += handle(event) }
        }
        commit(effects, before: [])
    }

    private mutating func handle(_ event: Coordinator.Event) -> [Coordinator.Effect] {
        noteEvent(event)
        let time = coordinatorTime
        let caused = coordinator?.core.handle(event, now: time) ?? []
        let workers = workers
        ledger.follow(
            event, caused, grace: profile.grace, now: time, campaign: campaign(with:),
            absent: { key in workers.first { $0.has(key) }?.facts.worker })
        if case .linesCounted(let id, let step, let file, _) = event {
            coordinator?.counting.remove(
                CoordinatorProcess.Counting(campaign: id, step: step, file: file))
        }
        return caused
    }

    /// - Returns: `nil` if nothing has changed.
    private mutating func changeOfSpace() -> Coordinator.Event? {
        guard let knows = coordinator?.knowsLowDisk, knows != disk.weather.isLow else {
            return nil
        }
        coordinator?.knowsLowDisk = !knows
        return .trouble(knows ? nil : "the disk is nearly full")
    }

    private mutating func event(of news: CoordinatorProcess.News) -> Coordinator.Event? {
        switch news {
        case .event(let event): return event
        case .tick: return .tick
        case .linkOpened(let facts, let life, let held, let link):
            supersede(coordinator?.outboxes[links[link].worker] ?? nil)
            coordinator?.outboxes[links[link].worker] = link
            return .workerConnected(facts, life: life, held: held)
        case .linkClosed(let link):
            guard coordinator?.outboxes[links[link].worker] == link else { return nil }
            coordinator?.outboxes[links[link].worker] = nil
            return .workerDisconnected(workers[links[link].worker].facts.worker)
        case .fromWorker(let link, let event):
            // Taken also when another stream has followed, as the service does.
            return event(workers[links[link].worker].facts.worker)
        case .request(let number):
            coordinator?.asked.append(number)
            let id = Coordinator.RequestID((coordinator?.asked.count ?? 0) - 1)
            return self.event(of: requests[number].wish, id)
        }
    }

    /// A worker has one stream: the one before is ended, so that its worker, if it still lives
    /// there, comes back; even where a late hello of a dead stream ends a living one.
    private mutating func supersede(_ link: Int?) {
        guard let link else { return }
        links[link].isOpenAtCoordinator = false
        links[link].carriesUp = false
        if links[link].carriesDown { later(.linkEndsAtWorker(link), 1000...100_000) }
        links[link].carriesDown = false
    }

    // MARK: Durable first, then visible

    mutating func commit(
        _ effects: [Coordinator.Effect], before rest: ArraySlice<CoordinatorProcess.News>
    ) {
        guard let log = coordinator?.log else { return }
        var group = CoordinatorProcess.Group(effects: effects)
        for case .record(let record) in effects {
            let number = log.nextSequence + group.records.count
            for entry in entries(of: record, from: number) {
                group.payloads.append(entry.bytes)
                group.records.append(entry.record)
            }
        }
        write(group, before: rest)
    }

    private mutating func write(
        _ group: CoordinatorProcess.Group, before rest: ArraySlice<CoordinatorProcess.News>
    ) {
        do throws(LogFault) {
            if !group.payloads.isEmpty { _ = try coordinator?.log.append(group.payloads) }
        } catch {
            trace.note(now, "log", text: error.problem)
            if case .system(let fault) = error, fault.isFull {
                coordinator?.unwritten = CoordinatorProcess.Unwritten(group: group, rest: rest)
                return
            }
            return endCoordinator(losingPower: dice.happens(1, in: 2))
        }
        show(group)
    }

    /// As the real loop does: people are told why, everything else waits.
    private mutating func waitForRoom(_ news: [CoordinatorProcess.News]) {
        guard let unwritten = coordinator?.unwritten else { return }
        var waiting: [CoordinatorProcess.News] = []
        for item in news {
            switch item {
            case .request(let number): hear(.refused("the disk is full"), to: number)
            case .tick: break
            case .event, .linkOpened, .linkClosed, .fromWorker: waiting.append(item)
            }
        }
        coordinator?.unwritten = nil
        write(unwritten.group, before: unwritten.rest + waiting)
        guard coordinator != nil, coordinator?.unwritten == nil else { return }
        for item in unwritten.rest + waiting { arrive(item) }
    }

    private mutating func show(_ group: CoordinatorProcess.Group) {
        visible += group.payloads
        for (record, payload) in zip(group.records, group.payloads) {
            trace.note(
                now, "record", [Int(truncatingIfNeeded: stableHash(payload))],
                text: String(decoding: payload, as: UTF8.self))
            foldIntoShadow(record)
            if case .coordinatorStarted(let epoch, _) = record.event {
                ledger.confirm(epoch: epoch)
            }
        }
        if !group.records.isEmpty { compareLiving() }
        guard perform(group.effects) else {
            return endCoordinator(losingPower: dice.happens(1, in: 2))
        }
        let isSeal = group.records.contains {
            if case .campaignSealed = $0.event { true } else { false }
        }
        writeCheckpoint(isDue: isSeal)
        takeSnapshot()
    }

    /// - Returns: false if the process was killed in the midst of it.
    private mutating func perform(_ effects: [Coordinator.Effect]) -> Bool {
        var last = effects.count
        let isKilled = !isCalm && profile.faultPeriod > 0 && dice.happens(1, in: 400)
        if isKilled {
            counts[.crashWhileVisible] += 1
            last = dice.roll(0...effects.count)
        }
        for effect in effects.prefix(last) { perform(effect) }
        return !isKilled
    }

    private mutating func perform(_ effect: Coordinator.Effect) {
        switch effect {
        case .record: break
        case .send(let id, let order):
            guard let index = workers.firstIndex(where: { $0.facts.worker == id }) else { break }
            noteOrder(index, order)
            if let link = coordinator?.outboxes[index] { sendDown(link, order) }
        case .reply(let request, let reply):
            if let number = coordinator?.asked[request.number] { hear(reply, to: number) }
        // Simulated workers sign nothing.
        case .keepStatement: break
        case .countLines(let id, let step, let file):
            let what = CoordinatorProcess.Counting(campaign: id, step: step, file: file)
            guard coordinator?.counting.insert(what).inserted == true else { break }
            let lines = Int(file.digest.bytes[0] % 5)
            later(
                .linesAreCounted(life: coordinatorLife, id, step: step, of: file, lines: lines),
                1000...500_000)
        case .plan(let work): plan(work)
        }
    }
}
