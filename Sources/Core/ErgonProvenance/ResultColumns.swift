import ErgonModel

/// How many results one record may hold.
let resultLimit = 65_536

/// The results of a batch, column by column, as they stand in its record (`docs/LOG.md`,
/// "results").
struct ResultColumns {
    var tasks = Runs()
    /// The first instant, then what each is more than the one before it, modulo 2^64.
    var started: [Int64] = []
    var (wall, cpu, energy): ([Int64], [Int64], [Int64]) = ([], [], [])
    /// Empty if all succeeded.
    var outcomes: [Outcome] = []
    /// How many files each left; empty if there are none at all.
    var outputs: [Int64] = []
    var (digests, sizes): ([Digest], [Int64]) = ([], [])
    /// Empty if nothing was kept of what they said.
    var logged: [Bool] = []
    var (logs, logSizes): ([Digest], [Int64]) = ([], [])

    init() {}

    init(_ results: [TaskResult]) {
        // By place, and not by element: to copy a result is to count its references.
        let places = results.indices
        for place in places { tasks.append(results[place].task..<results[place].task + 1) }
        started = differences(places.map { results[$0].started.microseconds })
        wall = places.map { results[$0].wall.count }
        cpu = places.map { results[$0].cpu.count }
        energy = places.map { results[$0].energy.microjoules }
        if places.contains(where: { results[$0].outcome != .succeeded }) {
            outcomes = places.map { results[$0].outcome }
        }
        if places.contains(where: { !results[$0].outputs.isEmpty }) {
            outputs = places.map { Int64(results[$0].outputs.count) }
        }
        if places.contains(where: { results[$0].log != nil }) {
            logged = places.map { results[$0].log != nil }
        }
        for place in places where !outputs.isEmpty || !logged.isEmpty {
            for file in results[place].outputs {
                digests.append(file.digest)
                sizes.append(file.size.bytes)
            }
            guard let log = results[place].log else { continue }
            logs.append(log.digest)
            logSizes.append(log.size.bytes)
        }
    }

    /// - Throws: `malformed`, with the name of a column that has more or fewer values than it
    ///   should.
    func results() throws(RecordFault) -> [TaskResult] {
        let files = outputs.reduce(0) { min($0 + Int($1), largestCount) }
        let lengths = [
            ("wall", wall.count, tasks.count), ("cpu", cpu.count, tasks.count),
            ("energy", energy.count, tasks.count), ("started", started.count, tasks.count),
            ("outcomes", outcomes.count, outcomes.isEmpty ? 0 : tasks.count),
            ("outputs", outputs.count, outputs.isEmpty ? 0 : tasks.count),
            ("logged", logged.count, logged.isEmpty ? 0 : tasks.count),
            ("digests", digests.count, files), ("sizes", sizes.count, files),
            ("logs", logs.count, logged.count { $0 }),
            ("logSizes", logSizes.count, logged.count { $0 }),
        ]
        for (name, length, due) in lengths where length != due { throw .malformed(name) }
        return joined()
    }

    /// - Precondition: all columns have as many values as they should.
    private func joined() -> [TaskResult] {
        var results: [TaskResult] = []
        results.reserveCapacity(tasks.count)
        var (start, output, log): (Int64, Int, Int) = (0, 0, 0)
        for task in tasks.ranges.joined() {
            let place = results.count
            start &+= started[place]
            let files = output..<output + (outputs.isEmpty ? 0 : Int(outputs[place]))
            output = files.upperBound
            var said: StoredFile?
            if !logged.isEmpty, logged[place] {
                said = StoredFile(digest: logs[log], size: ByteCount(logSizes[log]))
                log += 1
            }
            results.append(
                TaskResult(
                    task: task, outcome: outcomes.isEmpty ? .succeeded : outcomes[place],
                    outputs: files.map {
                        StoredFile(digest: digests[$0], size: ByteCount(sizes[$0]))
                    },
                    log: said, started: Instant(microseconds: start),
                    wall: Microseconds(wall[place]), cpu: Microseconds(cpu[place]),
                    energy: Joules(microjoules: energy[place])))
        }
        return results
    }
}

/// Runs of consecutive ascending numbers, in whatever order the runs come.
struct Runs {
    private(set) var ranges: [Range<Int>] = []
    private(set) var count = 0

    mutating func append(_ range: Range<Int>) {
        guard !range.isEmpty else { return }
        count += range.count
        if let last = ranges.last, last.upperBound == range.lowerBound {
            ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
        } else {
            ranges.append(range)
        }
    }
}

private func differences(_ numbers: [Int64]) -> [Int64] {
    var last: Int64 = 0
    return numbers.map { number in
        defer { last = number }
        return number &- last
    }
}
