import ErgonCoordinator
import ErgonModel
import ErgonProvenance

/// The coordinator's process: the core, its log, and what its loop keeps beside them.
struct CoordinatorProcess {
    enum News {
        case event(Coordinator.Event)
        case linkOpened(WorkerFacts, [HeldLease], Int)
        case linkClosed(Int)
        case fromWorker(Int, (WorkerID) -> Coordinator.Event)
        case request(Int)
    }

    var core: Coordinator
    let log: RecordLog<SimulatedDisk>
    var inbox: [News] = []
    /// Which stream is a worker's, by the worker's index.
    var outboxes: [Int?]
    /// The person's request behind each of the core's.
    var asked: [Int] = []
    /// Campaign and step whose lines are counted or being counted.
    var counting: Set<[Int]> = []
    var checkpointed: (size: Int, at: Instant)
}

extension World {
    private static let checkpointPeriod = Microseconds.seconds(1)
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
        arrive(.event(.tick))
        later(.coordinatorTicks(life: life), 900_000...1_100_000)
    }

    /// As the real loop does: all that has arrived is decided on, then written, then shown.
    mutating func takeGroup() {
        let inbox = coordinator?.inbox ?? []
        coordinator?.inbox = []
        var effects: [Coordinator.Effect] = []
        for news in inbox {
            if case .linkOpened = news {
                // What was meant for the worker's last stream must not come over the new one.
                commit(effects)
                effects = []
            }
            guard coordinator != nil else { return }
            guard let event = event(of: news) else { continue }
            noteEvent(event)
            let time = coordinatorTime
            let caused = coordinator?.core.handle(event, now: time) ?? []
            ledger.follow(event, caused, grace: profile.grace, now: time)
            witness(caused)
            effects += caused
        }
        commit(effects)
    }

    private mutating func event(of news: CoordinatorProcess.News) -> Coordinator.Event? {
        switch news {
        case .event(let event): return event
        case .linkOpened(let facts, let held, let link):
            supersede(coordinator?.outboxes[links[link].worker] ?? nil)
            coordinator?.outboxes[links[link].worker] = link
            return .workerConnected(facts, held: held)
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
            switch requests[number].wish {
            case .cancel(let campaign): return .cancel(id, campaign, by: "anna")
            case .submit(let index):
                return .submit(
                    id, campaigns[index].campaign, manifest: campaigns[index].manifest, by: "anna")
            }
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

    /// What the effects say about leases and records, in their order.
    private mutating func witness(_ effects: [Coordinator.Effect]) {
        for effect in effects {
            switch effect {
            case .record(let record):
                ledger.take(record, campaign: campaign(with:), isReplay: false)
            case .send(let worker, .lease(let lease)):
                ledger.grant(lease, to: worker, now: coordinatorTime)
            case .send(_, .withdraw(let ids)): ledger.withdraw(ids)
            case .send, .reply, .countLines: break
            }
        }
    }

    // MARK: Durable first, then visible

    private mutating func commit(_ effects: [Coordinator.Effect]) {
        guard let process = coordinator else { return }
        var (sequence, payloads, records): (Int, [[UInt8]], [Record]) = (
            process.log.nextSequence, [], []
        )
        for case .record(let record) in effects {
            for event in fitted(record.event) {
                let piece = Record(time: record.time, event: event)
                payloads.append(encode(piece, sequence: sequence))
                records.append(piece)
                sequence += 1
            }
        }
        do throws(LogFault) {
            if !payloads.isEmpty { _ = try process.log.append(payloads) }
        } catch {
            trace.note(now, "log", text: error.problem)
            return endCoordinator(losingPower: dice.happens(1, in: 2))
        }
        visible += payloads
        for (record, payload) in zip(records, payloads) {
            trace.note(
                now, "record", [Int(truncatingIfNeeded: stableHash(payload))],
                text: String(decoding: payload, as: UTF8.self))
            fold(record)
        }
        if !payloads.isEmpty { compare("after a group") }
        guard show(effects) else { return endCoordinator(losingPower: dice.happens(1, in: 2)) }
        let isSeal = records.contains { if case .campaignSealed = $0.event { true } else { false } }
        writeCheckpoint(isDue: isSeal)
    }

    /// - Returns: false if the process was killed in the midst of it.
    private mutating func show(_ effects: [Coordinator.Effect]) -> Bool {
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
        case .countLines(let id, let step, let file):
            guard coordinator?.counting.insert([id.number, step]).inserted == true else { break }
            let lines = Int(file.digest.bytes[0] % 5)
            later(
                .linesAreCounted(life: coordinatorLife, id, step: step, lines: lines),
                1000...500_000)
        }
    }

    private mutating func writeCheckpoint(isDue: Bool) {
        guard let process = coordinator, process.log.nextSequence > process.checkpointed.size,
            isDue || coordinatorTime - process.checkpointed.at >= Self.checkpointPeriod
        else { return }
        let text = process.log.checkpoint(origin: Self.signer?.verifier.name ?? "").text
        let note = SignedNote(text: text, signers: Self.signer.map { [$0] } ?? [])
        do throws(LogFault) { try process.log.writeCheckpoint(note) } catch {
            trace.note(now, "checkpoint", text: error.problem)
            return endCoordinator(losingPower: dice.happens(1, in: 2))
        }
        let time = coordinatorTime
        coordinator?.checkpointed = (process.log.nextSequence, time)
    }

    private static let signer = NoteSigner(name: "log.example/simulation", seed: Array(0..<32))

    // MARK: Starts and ends

    mutating func endCoordinator(losingPower: Bool) {
        guard coordinator != nil else { return }
        trace.note(now, "coordinator ends", [losingPower ? 1 : 0])
        coordinator = nil
        coordinatorLife += 1
        if losingPower {
            counts[.powerLoss] += 1
            disk.losePower()
        }
        disk.restart()
        for link in openLinks {
            // A machine without power says nothing; its peers find out by themselves.
            let delay = losingPower ? 1_000_000...20_000_000 : 1000...500_000
            breakLink(link, worker: delay, coordinator: 0...0)
        }
        later(.coordinatorStarts, 50_000...10_000_000)
    }

    mutating func startCoordinator() {
        guard coordinator == nil else { return }
        ledger.forget()
        guard let (log, core, payloads) = recover() else {
            disk.restart()
            return later(.coordinatorStarts, 500_000...10_000_000)
        }
        if payloads.count == visible.count { compare("after a restart", with: core) }
        visible = payloads
        shadow = core
        coordinator = CoordinatorProcess(
            core: core, log: log, outboxes: Array(repeating: nil, count: workers.count),
            checkpointed: (0, coordinatorTime))
        let time = coordinatorTime
        let effects = coordinator?.core.start(version: "simulated", now: time) ?? []
        witness(effects)
        commit(effects)
        guard coordinator != nil else { return }
        ledger.confirm(epoch: coordinator?.core.epoch ?? 0)
        later(.coordinatorTicks(life: coordinatorLife), 0...1_000_000)
    }
}
