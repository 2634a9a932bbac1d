import ErgonModel

/// What is known of one stage's tasks, as sets of ranges.
struct StageState: Sendable {
    let stage: Stage
    let name: String
    let count: Int
    /// Runnable, never tried, and in nobody's hands.
    var ready = IntervalSet()
    /// Runnable, tried before, and in nobody's hands.
    var again = RetryQueue()
    var leased = IntervalSet()
    /// Those of `leased` that two workers have.
    var copied = IntervalSet()
    var done = IntervalSet()
    /// Failed for good.
    var failed = IntervalSet()
    /// Will never be runnable: what they read will never be there.
    var unreachable = IntervalSet()
    /// Of open tasks that have any.
    var setbacks: [Int: Setbacks] = [:]
    /// Who ran the task in another campaign before, where it is run once more.
    var doneBefore: [Int: [WorkerID]] = [:]
    /// Attempts that did not count, of any task, in the order of the log.
    var troubles: [Int: [Trouble]] = [:]
    /// Why those in `failed` failed.
    var reasons: [Int: Failure] = [:]
    /// One table for each output.
    var outputs: [OutputTable]
    /// What each task said at its last attempt, where it said anything.
    var logs = OutputTable()
    /// Moving mean of successful attempts; `nil` before the first.
    var meanWall: Microseconds?

    /// So many attempts of one task are remembered; the log has all of them.
    static let mostTroubles = 32

    init(stage: Stage, name: String, count: Int, outputs: Int) {
        self.stage = stage
        self.name = name
        self.count = count
        self.outputs = Array(repeating: OutputTable(), count: outputs)
    }

    var isSettled: Bool { done.count + failed.count + unreachable.count == count }

    /// Of `range`, the tasks that are neither decided nor in anybody's hands or queue.
    func undecided(in range: Range<Int>) -> IntervalSet {
        var open = IntervalSet(range)
        for decided in [ready, leased, done, failed, unreachable] {
            open.subtract(decided.intersection(range))
        }
        open.subtract(again.tasks(in: range))
        return open
    }

    func state(of task: Int) -> TaskState {
        if done.contains(task) { return .done }
        if failed.contains(task) { return .failed }
        return .open(setbacks[task] ?? Setbacks())
    }

    /// Whether none of them has come to its end: then anything may become of them
    /// (`TaskState.after`).
    func isOpen(_ tasks: Range<Int>) -> Bool {
        !done.intersects(tasks) && !failed.intersects(tasks)
    }

    /// Whether a worker has answered for the task under `lease` and it did not count. That it was
    /// taken for lost is no answer.
    func hasAnswer(_ task: Int, under lease: LeaseID) -> Bool {
        troubles[task]?.contains { trouble in
            switch trouble.kind {
            case .failed(.workerLost): false
            case .failed, .superseded: trouble.lease == lease
            }
        } ?? false
    }

    /// Takes one recorded result in. What the record says is done; whether it may be was decided
    /// before it was recorded.
    mutating func apply(
        _ result: TaskResult, of batch: ResultBatch, at time: Instant, _ step: StepSpec,
        memory: ByteCount
    ) {
        let (task, tasks) = (result.task, result.tasks)
        ready.remove(tasks)
        again.remove(tasks)
        leased.remove(tasks)
        if let log = result.log { logs[task] = log }
        switch result.outcome {
        case .succeeded:
            done.insert(tasks)
            forgetSetbacks(of: tasks)
            for (output, file) in result.outputs.enumerated() { outputs[output][task] = file }
            noteWall(result.wall, result.count)
        case .failed(let failure, isFinal: true):
            failed.insert(tasks)
            setbacks[task] = nil
            reasons[task] = failure
            note(Trouble(.failed(failure), result, batch), of: task)
        case .failed(let failure, isFinal: false):
            setbacks[task, default: Setbacks()].add(failure, on: batch.worker)
            note(Trouble(.failed(failure), result, batch), of: task)
            queue(task, at: time, step, memory)
        }
    }

    private mutating func forgetSetbacks(of tasks: Range<Int>) {
        guard !setbacks.isEmpty else { return }
        if tasks.count < setbacks.count {
            for task in tasks { setbacks[task] = nil }
        } else {
            setbacks = setbacks.filter { !tasks.contains($0.key) }
        }
    }

    /// However results are put together, the mean is that of one after the other.
    private mutating func noteWall(_ wall: Microseconds, _ count: Int) {
        var (mean, rest) = (meanWall ?? wall, count)
        // It soon comes so near that it does not change any more.
        while rest > 0, (wall.count - mean.count) / 8 != 0 {
            mean = Microseconds(mean.count + (wall.count - mean.count) / 8)
            rest -= 1
        }
        meanWall = mean
    }

    /// Tasks that can run and that nobody has. One that went wrong before has waited long enough.
    mutating func makeReady(_ tasks: IntervalSet, _ step: StepSpec, memory: ByteCount) {
        var fresh = tasks
        if !setbacks.isEmpty || !doneBefore.isEmpty {
            for task in tasks.ranges.joined()
            where setbacks[task] != nil || doneBefore[task] != nil {
                fresh.remove(task..<task + 1)
                queue(task, at: nil, step, memory)
            }
        }
        ready.formUnion(fresh)
    }

    /// Puts a task that went wrong where it waits for its next attempt.
    /// - Parameter time: when it went wrong; `nil` if it has waited before.
    mutating func queue(
        _ task: Int, at time: Instant?, _ step: StepSpec, _ asked: ByteCount
    ) {
        let setbacks = setbacks[task] ?? Setbacks()
        // Neighbours that failed together, and the attempts of one task, wait differently.
        let seed = UInt64(truncatingIfNeeded: task) << 16 ^ UInt64(setbacks.count)
        let wait = time == nil ? .zero : step.retry.wait(after: setbacks.count, seed: seed)
        let time = time ?? Instant(microseconds: 0)
        let kept =
            (troubles[task] ?? []).filter { $0.kind.isFailure }.map(\.worker)
            + (doneBefore[task] ?? [])
        again.insert(
            RetryQueue.Entry(
                task: task, failed: time, due: time + wait,
                memory: step.retry.memory(after: setbacks.kills, asked: asked),
                avoid: Set(kept).sorted()))
    }

    mutating func note(_ trouble: Trouble, of task: Int) {
        var known = troubles[task, default: []]
        if known.count == Self.mostTroubles { known.removeFirst() }
        known.append(trouble)
        troubles[task] = known
    }

    /// The tasks are as if they had never been started; what went wrong with them stays known.
    mutating func reopen(_ tasks: IntervalSet) {
        done.subtract(tasks)
        failed.subtract(tasks)
        for task in tasks.ranges.joined() {
            setbacks[task] = nil
            reasons[task] = nil
            for output in outputs.indices { outputs[output][task] = nil }
        }
    }
}

extension Trouble.Kind {
    var isFailure: Bool { if case .failed = self { true } else { false } }
}

/// The files that tasks left, in chunks, so that a stage without outputs costs nothing and a
/// dense one an array.
struct OutputTable: Sendable {
    static let chunk = 1024
    private var chunks: [Int: [StoredFile?]] = [:]

    init() {}

    /// - Precondition: each has `chunk` entries.
    init(chunks: [Int: [StoredFile?]]) { self.chunks = chunks }

    /// The entries by the number of their chunk, in its order.
    var storedChunks: [(Int, [StoredFile?])] {
        chunks.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    subscript(task: Int) -> StoredFile? {
        get { chunks[task / Self.chunk]?[task % Self.chunk] }
        set {
            let key = task / Self.chunk
            if newValue == nil, chunks[key] == nil { return }
            chunks[key, default: Array(repeating: nil, count: Self.chunk)][
                task % Self.chunk] = newValue
        }
    }
}
