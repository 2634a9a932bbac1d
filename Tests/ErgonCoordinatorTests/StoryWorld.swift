import ErgonCoordinator
import ErgonModel
import Testing

/// A coordinator, its log, and what workers remember of it: what a story's commands act on.
struct StoryWorld {
    private var coordinator = Coordinator()
    private var log: [Record] = []
    private var now = Instant(microseconds: 0)
    private var requests = 0
    private var facts: [String: WorkerFacts] = [:]
    private var lives: [String: Int] = [:]
    private var granted: [String: Lease] = [:]
    private var reports: [String: [WorkerReport]] = [:]
    /// The files whose lines were asked for last.
    private var counted: [CampaignID: [Int: StoredFile]] = [:]
    private var text = EffectText()

    init() {
        _ = perform(coordinator.start(version: "1", now: now))
    }

    /// - Returns: what the command caused, a line for each effect.
    mutating func tell(_ command: String) throws -> [String] {
        var words = Words(command)
        let effects = perform(try effects(of: try words.next(), &words))
        guard words.remainder().isEmpty else { throw StoryFault("too many words: \(command)") }
        try checkReplay()
        return effects.flatMap { text.lines($0) }
    }

    private mutating func perform(_ effects: [Coordinator.Effect]) -> [Coordinator.Effect] {
        for effect in effects {
            switch effect {
            case .record(let record):
                log.append(record)
                text.note(record)
            case .send(_, .lease(let lease)): granted["\(lease.id)"] = lease
            case .countLines(let id, let step, let file): counted[id, default: [:]][step] = file
            case .send, .reply, .plan, .keepStatement: break
            }
        }
        return effects
    }

    private mutating func effects(
        of verb: String, _ words: inout Words
    ) throws -> [Coordinator.Effect] {
        switch verb {
        case "at":
            now = Instant(microseconds: try words.microseconds())
            return []
        case "restart": return try restart()
        case "again":
            let worker = try words.next()
            let batch = try words.number()
            guard let report = reports[worker]?[batch - 1] else {
                throw StoryFault("\(worker) has not sent \(batch) reports")
            }
            return coordinator.handle(.report(WorkerID(worker), report), now: now)
        case "status", "results", "explain", "log", "workers":
            return [.reply(request(), coordinator.answer(try question(verb, &words), now: now))]
        default: return coordinator.handle(try event(verb, &words), now: now)
        }
    }

    private mutating func event(
        _ verb: String, _ words: inout Words
    ) throws -> Coordinator.Event {
        switch verb {
        case "connect": return try connection(&words)
        case "disconnect": return .workerDisconnected(WorkerID(try words.next()))
        case "tick": return .tick
        case "submit":
            let campaign = try Fixture.named(try words.next())
            return .submit(
                request(), campaign, manifest: Fixture.manifest(of: campaign), by: "anna")
        case "cancel", "hold", "release", "resume", "retry", "forget", "stand":
            return .intervene(request(), try intervention(verb, &words), by: "anna")
        case "repeat": return .replay(request(), try words.rerun(), by: "otto")
        case "trouble":
            let text = words.remainder()
            return .trouble(text.isEmpty ? nil : text)
        case "leaving": return .leaving(WorkerID(try words.next()))
        case "give-back":
            let worker = WorkerID(try words.next())
            let (lease, tasks) = try lease(&words)
            return .giveBack(worker, lease.id, tasks)
        case "lines":
            let id = CampaignID(try words.number())
            let (step, lines) = (try words.next(), try words.number())
            guard let index = text.campaigns[id]?.stepIndex(named: step) else {
                throw StoryFault("no step `\(step)`")
            }
            let file = counted[id]?[index] ?? content("nothing")
            return .linesCounted(id, step: index, of: file, lines: lines)
        case "decline":
            let (worker, lease) = (
                WorkerID(try words.next()), try words.next().split(separator: "/")
            )
            guard lease.count == 2, let epoch = Int(lease[0]), let serial = Int(lease[1]) else {
                throw StoryFault("no lease `\(lease)`")
            }
            let id = LeaseID(epoch: epoch, serial: serial)
            return .decline(worker, id, reason: words.remainder())
        case "done": return try report(&words) { _ in .succeeded }
        case "fail":
            return try report(&words) { words in
                .failed(try words.failure(), isFinal: false)
            }
        default: throw StoryFault("no event `\(verb)`")
        }
    }

    private func intervention(
        _ verb: String, _ words: inout Words
    ) throws -> Coordinator.Intervention {
        if verb == "stand" {
            let worker = WorkerID(try words.next())
            switch try words.next() {
            case "active": return .stand(worker, .active)
            case "draining": return .stand(worker, .draining)
            case "quarantined":
                return .stand(worker, .quarantined(reason: words.remainder(), until: nil))
            case let word: throw StoryFault("no standing `\(word)`")
            }
        }
        let id = CampaignID(try words.number())
        switch verb {
        case "cancel": return .cancel(id)
        case "hold": return .hold(id, reason: words.remainder())
        case "release": return .release(id)
        case "resume": return .resume(id)
        case "forget": return .forget(id)
        default:
            if words.isOver { return .retry(id, stage: nil, tasks: nil) }
            let stage = try words.next()
            return .retry(id, stage: stage, tasks: words.isOver ? nil : try words.tasks())
        }
    }

    private mutating func request() -> Coordinator.RequestID {
        requests += 1
        return Coordinator.RequestID(requests)
    }

    private func question(
        _ verb: String, _ words: inout Words
    ) throws -> Coordinator.Question {
        switch verb {
        case "status": return .status(Coordinator.CampaignSelector(try words.next()))
        case "results": return .results(Coordinator.CampaignSelector(try words.next()))
        case "workers": return .workers
        case "log":
            return .log(
                Coordinator.CampaignSelector(try words.next()), stage: try words.next(),
                task: try words.number(), attempt: words.isOver ? nil : try words.number())
        case "explain":
            return .explain(
                Coordinator.CampaignSelector(try words.next()), stage: try words.next(),
                task: try words.number())
        default: throw StoryFault("no command `\(verb)`")
        }
    }

    // MARK: Workers

    /// `w1 anew cpus 2 memory 4 holding 1/1 0-3 and 1/2 5`; a worker that is known has what it
    /// had, and unless it says `anew` is the same process.
    private mutating func connection(_ words: inout Words) throws -> Coordinator.Event {
        let name = try words.next()
        let known = facts[name]
        if words.take("anew") || known == nil { lives[name, default: 0] += 1 }
        let cpus = words.take("cpus") ? try words.number() : known?.cpus ?? 1
        let memory =
            words.take("memory") ? Int64(try words.number()) << 30 : known?.memory.bytes ?? 32 << 30
        let worker = WorkerFacts(
            worker: WorkerID(name), cpus: cpus, memory: ByteCount(memory), cpuModel: "A CPU",
            power: PowerModel(
                source: "model:table", perThread: Watts(milliwatts: 5000), uncertaintyPercent: 30))
        facts[name] = worker
        var held: [HeldLease] = []
        if words.take("holding") {
            repeat {
                let (lease, tasks) = try lease(&words)
                held.append(
                    HeldLease(
                        id: lease.id, campaign: lease.campaign, stage: lease.stage,
                        remaining: tasks))
            } while words.take("and")
        }
        return .workerConnected(worker, life: lives[name] ?? 1, held: held)
    }

    /// `1/3 0-2`, or `gen 0-2` for the newest lease of that stage with these tasks.
    private func lease(_ words: inout Words) throws -> (Lease, tasks: IntervalSet) {
        let name = try words.next()
        let tasks = try words.tasks()
        if let lease = granted[name] { return (lease, tasks) }
        let fitting = granted.values.filter { lease in
            guard let campaign = text.campaigns[lease.campaign] else { return false }
            return lease.stage.name(in: campaign) == name
                && tasks.subtracting(IntervalSet(lease.tasks)).isEmpty
        }
        guard let lease = fitting.max(by: { $0.id < $1.id }) else {
            throw StoryFault("no lease \(name) of \(tasks)")
        }
        return (lease, tasks)
    }

    /// `w1 1/3 0-2,5` or `w1 gen 0-2,5` and, of failures, how they failed; `taking 5s`;
    /// `leaving 0`; `saying hello`.
    private mutating func report(
        _ words: inout Words, _ outcome: (inout Words) throws -> Outcome
    ) throws -> Coordinator.Event {
        let worker = try words.next()
        let (lease, tasks) = try lease(&words)
        let ending = try outcome(&words)
        guard let campaign = text.campaigns[lease.campaign] else {
            throw StoryFault("no campaign \(lease.campaign)")
        }
        let wall = Microseconds(words.take("taking") ? try words.microseconds() : 1_000_000)
        let left = words.take("leaving") ? try words.number() : Int.max
        let said = words.take("saying") ? text.content(saying: try words.next()) : nil
        let results = tasks.ranges.joined().map { task in
            let files = outputs(of: lease.stage, task: task, in: campaign).prefix(left)
            return TaskResult(
                task: task, outcome: ending, outputs: ending == .succeeded ? Array(files) : [],
                log: said, started: now, wall: wall, cpu: wall,
                energy: Watts(milliwatts: 5000) * wall)
        }
        let report = WorkerReport(
            id: reportID(of: worker), lease: lease.id, campaign: lease.campaign,
            stage: lease.stage, results: results)
        reports[worker, default: []].append(report)
        return .report(WorkerID(worker), report)
    }

    /// The next one of the worker's latest process.
    private func reportID(of worker: String) -> ReportID {
        let life = lives[worker] ?? 1
        let earlier = reports[worker, default: []].count { $0.id.life == life }
        return ReportID(life: life, batch: earlier + 1)
    }

    // MARK: The log

    private mutating func restart() throws -> [Coordinator.Effect] {
        coordinator = try replayed(log)
        return coordinator.start(version: "1", now: now)
    }

    /// The log alone gives every answer that the living coordinator gives.
    private func checkReplay() throws {
        let replayed = try replayed(log)
        for id in text.campaigns.keys.sorted() {
            #expect(replayed.answers(about: id) == coordinator.answers(about: id))
        }
    }
}

/// A coordinator that knows these records and nothing else.
func replayed(
    _ log: [Record], _ campaign: (Digest) -> (Campaign, size: ByteCount)? = Fixture.submitted
) throws(ReplayFault) -> Coordinator {
    var coordinator = Coordinator()
    for record in log { try coordinator.replay(record, campaign: campaign) }
    return coordinator
}

/// All that is durable of what one can ask about a campaign.
struct Answers: Hashable {
    var status: [Coordinator.CampaignReport]
    var results: Coordinator.ResultsReport?
    /// What went wrong, by stage and task.
    var troubles: [String: [[Trouble]]] = [:]
    /// What the last attempts said.
    var logs: [String: [StoredFile?]] = [:]
    var standings: [WorkerID: Standing] = [:]
    var finished: [WorkerID: Int] = [:]
}

extension Coordinator {
    /// The front door's answer to one question.
    func reply(to question: Question) -> Reply {
        answer(question, now: Instant(microseconds: 0))
    }

    func answers(about id: CampaignID) -> Answers {
        var answers = Answers(status: [], results: nil)
        if case .status(let report) = reply(to: .status(.id(id))) {
            answers.status = report.campaigns
            for campaign in answers.status.indices {
                for stage in answers.status[campaign].stages.indices {
                    // Leases are not on record.
                    answers.status[campaign].stages[stage].leased = 0
                }
            }
        }
        if case .results(let report) = reply(to: .results(.id(id))) { answers.results = report }
        for stage in answers.status.flatMap(\.stages) {
            for task in 0..<(stage.tasks ?? 0) { ask(id, stage.name, task, &answers) }
        }
        if case .workers(let workers) = reply(to: .workers) {
            for worker in workers {
                answers.standings[worker.facts.worker] = worker.standing
                answers.finished[worker.facts.worker] = worker.finishedTasks
            }
        }
        return answers
    }

    private func ask(_ id: CampaignID, _ stage: String, _ task: Int, _ answers: inout Answers) {
        let question = Question.explain(.id(id), stage: stage, task: task)
        if case .explanation(_, let troubles) = reply(to: question) {
            answers.troubles[stage, default: []].append(troubles)
        }
        let log = Question.log(.id(id), stage: stage, task: task, attempt: nil)
        if case .log(let file) = reply(to: log) { answers.logs[stage, default: []].append(file) }
    }
}

extension Words {
    fileprivate mutating func failure() throws -> Failure {
        switch try next() {
        case "exit": .exit(try number())
        case "signal": .signal(try number())
        case "limit": .timeLimit
        case "missing": .missingOutput(try next())
        case "stopped": .stopped
        case let word: throw StoryFault("no failure `\(word)`")
        }
    }
}
