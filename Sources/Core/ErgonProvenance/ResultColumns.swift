import ErgonModel

/// How many results one record may hold.
let resultLimit = 65_536

/// The results of a batch, column by column, as they stand in its record (`docs/LOG.md`,
/// "results").
struct ResultColumns {
    var tasks = Runs()
    /// The first instant, then what each is more than the one before it, modulo 2^64.
    var started = Column<Int64>()
    var wall = Column<Int64>()
    var cpu = Column<Int64>()
    var energy = Column<Int64>()
    /// Empty if all succeeded.
    var outcomes = Column<Outcome>()
    /// How many files each left; empty if there are none at all.
    var outputs = Column<Int64>()
    var digests = Column<Digest>()
    var sizes = Column<Int64>()
    /// Empty if nothing was kept of what they said.
    var logged = Column<Bool>()
    var logs = Column<Digest>()
    var logSizes = Column<Int64>()
    /// Empty if all energy is modelled.
    var meters = Column<MeterSource?>()

    init() {}

    init(_ results: [TaskResult]) {
        // By place, and not by element: to copy a result is to count its references.
        let places = results.indices
        addTimes(results)
        if places.contains(where: { results[$0].outcome != .succeeded }) {
            for place in places {
                outcomes.append(results[place].outcome, count: results[place].count)
            }
        }
        if places.contains(where: { !results[$0].outputs.isEmpty }) {
            for place in places {
                outputs.append(Int64(results[place].outputs.count), count: results[place].count)
            }
        }
        if places.contains(where: { results[$0].meter != nil }) {
            for place in places { meters.append(results[place].meter, count: results[place].count) }
        }
        if places.contains(where: { results[$0].log != nil }) {
            for place in places {
                logged.append(results[place].log != nil, count: results[place].count)
            }
        }
        for place in places where !outputs.isEmpty || !logged.isEmpty { addFiles(results[place]) }
    }

    private mutating func addTimes(_ results: [TaskResult]) {
        var last: Int64 = 0
        for place in results.indices {
            let count = results[place].count
            tasks.append(results[place].tasks)
            let start = results[place].started.microseconds
            started.append(start &- last)
            started.append(0, count: count - 1)
            last = start
            wall.append(results[place].wall.count, count: count)
            cpu.append(results[place].cpu.count, count: count)
            energy.append(results[place].energy.microjoules, count: count)
        }
    }

    private mutating func addFiles(_ result: TaskResult) {
        for file in result.outputs {
            digests.append(file.digest)
            sizes.append(file.size.bytes)
        }
        guard let log = result.log else { return }
        logs.append(log.digest)
        logSizes.append(log.size.bytes)
    }

    /// Neighbours of which the same is true come as one.
    /// - Throws: `malformed`, with the name of a column that has more or fewer values than it
    ///   should.
    func results() throws(RecordFault) -> [TaskResult] {
        let files = outputs.runs.reduce(0) {
            min($0 + min(Int($1.value), largestCount >> 16) * $1.count, largestCount)
        }
        let said = logged.runs.reduce(0) { $0 + ($1.value ? $1.count : 0) }
        let lengths = [
            ("wall", wall.count, tasks.count), ("cpu", cpu.count, tasks.count),
            ("energy", energy.count, tasks.count), ("started", started.count, tasks.count),
            ("meters", meters.count, meters.isEmpty ? 0 : tasks.count),
            ("outcomes", outcomes.count, outcomes.isEmpty ? 0 : tasks.count),
            ("outputs", outputs.count, outputs.isEmpty ? 0 : tasks.count),
            ("logged", logged.count, logged.isEmpty ? 0 : tasks.count),
            ("digests", digests.count, files), ("sizes", sizes.count, files),
            ("logs", logs.count, said), ("logSizes", logSizes.count, said),
        ]
        for (name, length, due) in lengths where length != due { throw .malformed(name) }
        var results: [TaskResult] = []
        results.reserveCapacity(max(started.runs.count, wall.runs.count, cpu.runs.count))
        var reading = Reading(self)
        for range in tasks.ranges {
            var rest = range
            while !rest.isEmpty {
                let next = reading.next(from: rest)
                results.join(next)
                rest = next.tasks.upperBound..<rest.upperBound
            }
        }
        return results
    }

    /// Where the next results stand.
    /// - Precondition: all columns have as many values as they should.
    private struct Reading {
        private var start: Int64 = 0
        private var started: ColumnCursor<Int64>
        private var wall, cpu, energy, outputs, sizes, logSizes: ColumnCursor<Int64>
        private var outcomes: ColumnCursor<Outcome>
        private var digests, logs: ColumnCursor<Digest>
        private var logged: ColumnCursor<Bool>
        private var meters: ColumnCursor<MeterSource?>

        init(_ columns: ResultColumns) {
            started = ColumnCursor(columns.started)
            wall = ColumnCursor(columns.wall)
            cpu = ColumnCursor(columns.cpu)
            energy = ColumnCursor(columns.energy)
            outcomes = ColumnCursor(columns.outcomes)
            outputs = ColumnCursor(columns.outputs)
            digests = ColumnCursor(columns.digests)
            sizes = ColumnCursor(columns.sizes)
            logged = ColumnCursor(columns.logged)
            logs = ColumnCursor(columns.logs)
            logSizes = ColumnCursor(columns.logSizes)
            meters = ColumnCursor(columns.meters)
        }

        /// As many of these tasks as left the same, or the first one.
        mutating func next(from tasks: Range<Int>) -> TaskResult {
            let difference = started.value ?? 0
            start &+= difference
            var result = TaskResult(
                task: tasks.lowerBound, outcome: outcomes.value ?? .succeeded, outputs: [],
                log: nil, started: Instant(microseconds: start),
                wall: Microseconds(wall.value ?? 0), cpu: Microseconds(cpu.value ?? 0),
                energy: Joules(microjoules: energy.value ?? 0), meter: meters.value ?? nil)
            for _ in 0..<(outputs.value ?? 0) {
                guard let file = Self.file(&digests, &sizes) else { break }
                result.outputs.append(file)
            }
            if logged.value == true { result.log = Self.file(&logs, &logSizes) }
            if difference == 0, result.mayBeShared {
                result.count = min(
                    tasks.count, started.left, wall.left, cpu.left, energy.left, outcomes.left,
                    outputs.left, logged.left, meters.left)
            }
            skip(result.count)
            return result
        }

        private mutating func skip(_ count: Int) {
            started.skip(count)
            wall.skip(count)
            cpu.skip(count)
            energy.skip(count)
            outcomes.skip(count)
            outputs.skip(count)
            logged.skip(count)
            meters.skip(count)
        }

        private static func file(
            _ digests: inout ColumnCursor<Digest>, _ sizes: inout ColumnCursor<Int64>
        ) -> StoredFile? {
            guard let digest = digests.next(), let size = sizes.next() else { return nil }
            return StoredFile(digest: digest, size: ByteCount(size))
        }
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
