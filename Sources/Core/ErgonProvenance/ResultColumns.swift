import ErgonModel

/// How many results one record may hold.
let resultLimit = 65_536

/// The members of a batch, column by column (`docs/LOG.md`, "results").
func members(of batch: ResultBatch) -> [String: JSON] {
    let results = batch.results
    var members: [String: JSON] = [
        "campaign": exact(batch.campaign.number),
        "stage": .string(batch.stage),
        "worker": .string(batch.worker.name),
        "lease": .array([exact(batch.lease.epoch), exact(batch.lease.serial)]),
        "tasks": .array(runs(of: results.map(\.task)).map(json)),
        "started": column(differences(results.map(\.started.microseconds)).map(exact)),
        "wall": column(results.map { exact($0.wall.count) }),
        "cpu": column(results.map { exact($0.cpu.count) }),
        "energy": column(results.map { exact($0.energy.microjoules) }),
    ]
    if results.contains(where: { $0.outcome != .succeeded }) {
        members["outcomes"] = column(results.map { json($0.outcome) })
    }
    let files = results.flatMap(\.outputs)
    if !files.isEmpty {
        members["outputs"] = column(results.map { exact($0.outputs.count) })
        members["digests"] = column(files.map { .string($0.digest.hex) })
        members["sizes"] = column(files.map { exact($0.size.bytes) })
    }
    let logs = results.compactMap(\.log)
    if !logs.isEmpty {
        members["logged"] = column(results.map { .bool($0.log != nil) })
        members["logs"] = column(logs.map { .string($0.digest.hex) })
        members["logSizes"] = column(logs.map { exact($0.size.bytes) })
    }
    return members
}

/// Runs of consecutive ascending numbers, in the order of `numbers`.
private func runs(of numbers: [Int]) -> [Range<Int>] {
    var runs: [Range<Int>] = []
    for number in numbers {
        if let last = runs.last, last.upperBound == number {
            runs[runs.count - 1] = last.lowerBound..<number + 1
        } else {
            runs.append(number..<number + 1)
        }
    }
    return runs
}

/// The first number, then what each is more than the one before it, modulo 2^64.
private func differences(_ numbers: [Int64]) -> [Int64] {
    zip(numbers, [0] + numbers).map { $0 &- $1 }
}

private func json(_ outcome: Outcome) -> JSON {
    guard case .failed(let failure, let isFinal) = outcome else { return .string("succeeded") }
    var members: [String: JSON] = ["final": .bool(isFinal)]
    switch failure {
    case .exit(let code): members["exit"] = exact(code)
    case .signal(let number): members["signal"] = exact(number)
    case .timeLimit: members["timeLimit"] = .bool(true)
    case .missingOutput(let name): members["missingOutput"] = .string(name)
    case .notStarted(let reason): members["notStarted"] = .string(reason)
    }
    return .object(members)
}

private func outcome(_ value: JSON) throws(RecordFault) -> Outcome {
    if value == .string("succeeded") { return .succeeded }
    var fields = try Fields(value, "outcomes")
    guard let isFinal = try fields.value("final").bool,
        let key = value.object?.keys.first(where: { $0 != "final" })
    else { throw .malformed("outcomes") }
    let failure: Failure
    switch key {
    case "exit": failure = .exit(try fields.int(key))
    case "signal": failure = .signal(try fields.int(key))
    case "missingOutput": failure = .missingOutput(try fields.string(key))
    case "notStarted": failure = .notStarted(try fields.string(key))
    case "timeLimit":
        guard try fields.value(key) == .bool(true) else { throw .malformed("outcomes") }
        failure = .timeLimit
    default: throw .unknownKey(key)
    }
    try fields.finish()
    return .failed(failure, isFinal: isFinal)
}

extension Fields {
    /// The inverse of `members(of:)` for batches.
    mutating func batch() throws(RecordFault) -> ResultBatch {
        let lease = try array("lease")
        guard lease.count == 2 else { throw .malformed("lease") }
        let id = LeaseID(
            epoch: try ErgonProvenance.count(lease[0], "lease"),
            serial: try ErgonProvenance.count(lease[1], "lease"))
        return ResultBatch(
            campaign: CampaignID(try count("campaign")), stage: try string("stage"),
            worker: WorkerID(try string("worker")), lease: id,
            results: try results(of: try tasks()))
    }

    private mutating func tasks() throws(RecordFault) -> [Int] {
        var tasks: [Int] = []
        for item in try array("tasks") {
            let run = try range(item, "tasks")
            guard run.count <= resultLimit - tasks.count else { throw .malformed("tasks") }
            tasks += run
        }
        return tasks
    }

    private mutating func results(of tasks: [Int]) throws(RecordFault) -> [TaskResult] {
        let count = tasks.count
        let (started, wall) = (
            try integers("started", count: count), try integers("wall", count: count)
        )
        let (cpu, energy) = (
            try integers("cpu", count: count), try integers("energy", count: count)
        )
        let outcomes = try outcomes(count: count)
        var outputs = try outputs(count: count)[...]
        var logs = try logs(count: count)[...]
        var (results, start): ([TaskResult], Int64) = ([], 0)
        for place in tasks.indices {
            start &+= started[place]
            results.append(
                TaskResult(
                    task: tasks[place], outcome: outcomes[place],
                    outputs: outputs.removeFirst(), log: logs.removeFirst(),
                    started: Instant(microseconds: start), wall: Microseconds(wall[place]),
                    cpu: Microseconds(cpu[place]), energy: Joules(microjoules: energy[place])))
        }
        return results
    }

    private mutating func outcomes(count: Int) throws(RecordFault) -> [Outcome] {
        guard let column = optional("outcomes") else {
            return Array(repeating: .succeeded, count: count)
        }
        var outcomes: [Outcome] = []
        for value in try values(ofColumn: column, count: count, "outcomes") {
            outcomes.append(try outcome(value))
        }
        return outcomes
    }

    private mutating func outputs(count: Int) throws(RecordFault) -> [[StoredFile]] {
        guard let column = optional("outputs") else { return Array(repeating: [], count: count) }
        let counts = try values(ofColumn: column, count: count, "outputs").map { value in
            exactInteger(value).flatMap { (0...Int64(resultLimit)).contains($0) ? Int($0) : nil }
        }
        let known = counts.compactMap { $0 }
        let total = known.reduce(0, +)
        guard known.count == count, total <= resultLimit else { throw .malformed("outputs") }
        var files = try files("digests", "sizes", count: total)[...]
        return known.map { count in
            defer { files = files.dropFirst(count) }
            return Array(files.prefix(count))
        }
    }

    private mutating func logs(count: Int) throws(RecordFault) -> [StoredFile?] {
        guard let column = optional("logged") else { return Array(repeating: nil, count: count) }
        let logged = try values(ofColumn: column, count: count, "logged").map { $0 == .bool(true) }
        var files = try files("logs", "logSizes", count: logged.count { $0 })[...]
        return logged.map { $0 ? files.popFirst() : nil }
    }
}
