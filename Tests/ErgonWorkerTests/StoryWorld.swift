import ErgonModel
import ErgonWorker

/// A worker, and the runtime and the coordinator as a story tells them.
struct StoryWorld {
    private var worker = Worker(facts: Self.facts(cpus: 2, memory: 4), life: 1)
    private var life = 1
    private var facts = Self.facts(cpus: 2, memory: 4)
    /// What outlives the worker's process.
    private var kept: [ReportID: WorkerReport] = [:]
    /// What `at` says.
    private var uptime = Microseconds.zero
    /// How far the clock of the day is ahead of that.
    private var clockError = Microseconds.zero
    private var now: Instant { Instant(microseconds: uptime.count) + clockError }
    private var names: [LeaseID: String] = [:]
    /// When attempts were started, as the launcher knows.
    private var started: [Worker.Attempt: Instant] = [:]
    /// What campaigns are called, by their manifests.
    private var campaigns: [Digest: String] = [:]

    private static func facts(cpus: Int, memory: Int) -> WorkerFacts {
        WorkerFacts(
            worker: WorkerID("w1"), cpus: cpus, memory: ByteCount(Int64(memory) << 30),
            cpuModel: "A CPU",
            power: PowerModel(
                source: "model:table", perThread: Watts(milliwatts: 5000), uncertaintyPercent: 30))
    }

    /// - Returns: what the command caused, a line for each effect.
    mutating func tell(_ command: String) throws -> [String] {
        var words = Words(command)
        let lines = try lines(of: try words.next(), &words)
        guard words.remainder().isEmpty else { throw StoryFault("too many words: \(command)") }
        return lines
    }

    private mutating func lines(of verb: String, _ words: inout Words) throws -> [String] {
        switch verb {
        case "worker":
            guard words.take("cpus") else { throw StoryFault("`cpus` is missing") }
            let cpus = try words.number()
            guard words.take("memory") else { throw StoryFault("`memory` is missing") }
            facts = Self.facts(cpus: cpus, memory: try words.number())
            worker = Worker(facts: facts, life: life)
            return []
        case "restart":
            life += 1
            let spooled = kept.values.sorted { $0.id < $1.id }
            worker = Worker(facts: facts, life: life, spooled: spooled)
            return []
        case "at":
            uptime = Microseconds(try words.microseconds())
            return []
        case "clock":
            guard words.take("ahead") else { throw StoryFault("`ahead` is missing") }
            clockError = Microseconds(try words.microseconds())
            return []
        case "held": return worker.held.map(text)
        case "running": return ["\(worker.running) running"]
        case "plan": return try planned(&words)
        case "work": return try work(&words)
        case "finish": return try finish(&words)
        default: return handle(try event(verb, &words))
        }
    }

    private mutating func handle(_ event: Worker.Event) -> [String] {
        worker.handle(event, now: now, uptime: uptime).map { effect in
            if case .keep(let report) = effect { kept[report.id] = report }
            if case .forget(.report(let id)) = effect { kept[id] = nil }
            return text(effect)
        }
    }

    private mutating func event(_ verb: String, _ words: inout Words) throws -> Worker.Event {
        switch verb {
        case "connected": return .connected
        case "disconnected": return .disconnected
        case "tick": return .tick
        case "loaded": return .loaded(manifest(&words).digest, Fixture.sample)
        case "unloaded":
            let manifest = content(words.take("other") ? "other" : "manifest")
            return .loadFailed(manifest.digest, reason: words.remainder())
        case "lease": return .order(.lease(try lease(&words)))
        case "acknowledge": return .order(.acknowledge([try words.report(ofLife: life)]))
        case "withdraw": return .order(try withdrawal(&words))
        case "leave": return .leave(patience: Microseconds(try words.microseconds()))
        case "prepared": return .prepared(try words.attempt())
        case "unprepared": return .prepareFailed(try words.attempt(), reason: words.remainder())
        case "started":
            let attempt = try words.attempt()
            started[attempt] = now
            return .started(attempt)
        case "missing":
            return .programMissing(try words.attempt(), reason: words.remainder())
        case "unstarted": return .startFailed(try words.attempt(), reason: words.remainder())
        case "ended":
            let attempt = try words.attempt()
            return .ended(attempt, try words.end(from: started[attempt] ?? now, to: now))
        case "collected": return .collected(try words.attempt(), try words.collected())
        default: throw StoryFault("no command `\(verb)`")
        }
    }

    /// `1/1 0`: a task that was told to start does, ends well, and leaves its output.
    private mutating func work(_ words: inout Words) throws -> [String] {
        let attempt = try words.attempt()
        let end = Worker.ProcessEnd(
            status: .exit(0), started: now, wall: .zero, cpu: .seconds(1))
        let left = Worker.Collected(outputs: .there([content("out")]), log: nil)
        return handle(.started(attempt)) + handle(.ended(attempt, end))
            + handle(.collected(attempt, left))
    }

    /// `1/1 0-2499`: all these tasks are staged, run and end well; only what is reported is shown.
    private mutating func finish(_ words: inout Words) throws -> [String] {
        let (lease, tasks) = (try words.leaseID(), try words.range())
        return tasks.flatMap { task in
            let attempt = Worker.Attempt(lease: lease, task: task)
            let end = Worker.ProcessEnd(
                status: .exit(0), started: now, wall: .zero, cpu: .zero)
            let left = Worker.Collected(outputs: .there([content("out")]), log: nil)
            return [
                .prepared(attempt), .started(attempt), .ended(attempt, end),
                .collected(attempt, left),
            ].flatMap { handle($0) }.filter { $0.hasPrefix("keep") }
        }
    }

    /// `1/1` for a lease, or `1/1 3-5` for some of its tasks.
    private func withdrawal(_ words: inout Words) throws -> WorkerOrder {
        let id = try words.leaseID()
        guard !words.isOver else { return .withdraw([id]) }
        return .withdrawTasks(id, IntervalSet(try words.range()))
    }

    /// `1/1 work 0-3`, or `1/2 work.out/1 0` for a merge, and perhaps `with 2 GiB`, `of c2`.
    private mutating func lease(_ words: inout Words) throws -> Lease {
        let id = try words.leaseID()
        let name = try words.next()
        let stage = Stage(name: name, in: Fixture.sample)
        names[id] = name
        let tasks = try words.range()
        let memory = try words.memory()
        return Lease(
            id: id, campaign: CampaignID(1), manifest: manifest(&words),
            stage: stage ?? Stage(step: 99, part: .work), tasks: tasks, memory: memory)
    }

    /// Nothing, or `of c2` for another campaign than the usual one.
    private mutating func manifest(_ words: inout Words) -> StoredFile {
        let name = words.take("of") ? words.remainder() : "manifest"
        campaigns[content(name).digest] = name
        return content(name)
    }

    // MARK: What a story shows

    private func text(_ effect: Worker.Effect) -> String {
        switch effect {
        case .load: "load"
        case .prepare(let attempt): "prepare \(text(attempt))"
        case .start(let attempt): "start \(text(attempt))"
        case .stop(let attempt): "stop \(text(attempt))"
        case .collect(let attempt, let succeeded):
            "collect \(text(attempt)) of a task that \(succeeded ? "ended well" : "failed")"
        case .discard(let attempt): "discard \(text(attempt))"
        case .warn(let attempt): "warn \(text(attempt))"
        case .keep(let report): "keep \(text(report.id)): \(text(report))"
        case .send(let report): "send \(text(report.id))"
        case .decline(let lease, let reason): "decline \(lease): \(reason)"
        case .giveBack(let lease, let tasks): "give back \(lease) \(tasks)"
        case .announceLeaving: "say that it leaves"
        case .readMeter: "read the meter"
        case .end(.left): "end as asked"
        case .end(.forsaken): "end for want of a coordinator"
        case .forget(.report(let id)): "forget \(text(id))"
        case .forget(.campaign(let digest)): "forget \(campaigns[digest] ?? "?")"
        }
    }

    private func text(_ attempt: Worker.Attempt) -> String { "\(attempt.lease) \(attempt.task)" }

    /// Of an earlier process with the number of that.
    private func text(_ id: ReportID) -> String {
        id.life == life ? "\(id.batch)" : "\(id.life).\(id.batch)"
    }

    private func text(_ held: HeldLease) -> String {
        "\(held.id) \(names[held.id] ?? "?") \(held.remaining)"
    }

    private func text(_ report: WorkerReport) -> String {
        var groups: [(text: String, tasks: IntervalSet)] = []
        for result in report.results {
            let text = text(result)
            if groups.last?.text != text { groups.append((text, IntervalSet())) }
            groups[groups.count - 1].tasks.insert(result.task..<result.task + 1)
        }
        let results = groups.map { "\($0.tasks) \($0.text)" }.joined(separator: "; ")
        return "\(report.lease) \(names[report.lease] ?? "?") \(results)"
    }

    private func text(_ result: TaskResult) -> String {
        let outcome =
            switch result.outcome {
            case .succeeded: "done"
            case .failed(let failure, let isFinal):
                "failed\(isFinal ? " for good" : "") (\(failure.description))"
            }
        return outcome + " from \(seconds(result.started.microseconds)) for"
            + " \(seconds(result.wall.count)), cpu \(seconds(result.cpu.count)),"
            + " \(result.energy.microjoules / 1_000_000) J"
            + (result.log == nil ? "" : ", with a log")
    }

    private func seconds(_ microseconds: Int64) -> String { "\(microseconds / 1_000_000) s" }
}

extension Words {
    fileprivate mutating func leaseID() throws -> LeaseID {
        let word = try next()
        let parts = word.split(separator: "/").compactMap { Int($0) }
        guard parts.count == 2 else { throw StoryFault("`\(word)` is no lease") }
        return LeaseID(epoch: parts[0], serial: parts[1])
    }

    /// `3` for a report of the present process, `1.3` for one of the first.
    fileprivate mutating func report(ofLife life: Int) throws -> ReportID {
        let word = try next()
        let numbers = word.split(separator: ".").compactMap { Int($0) }
        guard let batch = numbers.last else { throw StoryFault("`\(word)` is no report") }
        return ReportID(life: numbers.count == 2 ? numbers[0] : life, batch: batch)
    }

    /// Nothing, or `with 2 GiB`.
    fileprivate mutating func memory() throws -> ByteCount? {
        guard take("with") else { return nil }
        let count = try number()
        guard take("GiB") else { throw StoryFault("`GiB` is missing") }
        return ByteCount(Int64(count) << 30)
    }

    fileprivate mutating func attempt() throws -> Worker.Attempt {
        Worker.Attempt(lease: try leaseID(), task: try number())
    }

    fileprivate mutating func range() throws -> Range<Int> {
        let word = try next()
        let ends = word.split(separator: "-").compactMap { Int($0) }
        guard let first = ends.first, let last = ends.last, first <= last else {
            throw StoryFault("`\(word)` are no tasks")
        }
        return first..<last + 1
    }

    /// `exit 3` or `signal 9`, and perhaps `cpu 2s`.
    fileprivate mutating func end(
        from started: Instant, to now: Instant
    ) throws -> Worker.ProcessEnd {
        let word = try next()
        let number = try number()
        let cpu = take("cpu") ? try microseconds() : 0
        return Worker.ProcessEnd(
            status: word == "exit" ? .exit(number) : .signal(number), started: started,
            wall: now - started, cpu: Microseconds(cpu))
    }

    /// Nothing, or `missing NAME`, or `lost REASON`; before it perhaps `log`.
    fileprivate mutating func collected() throws -> Worker.Collected {
        let log = take("log") ? content("log") : nil
        let outputs: Worker.Collected.Outputs =
            take("missing")
            ? .missing(try next())
            : take("lost") ? .lost(reason: remainder()) : .there([content("out")])
        return Worker.Collected(outputs: outputs, log: log)
    }
}
