import ErgonModel

/// What is known of one stage's tasks, as sets of ranges.
struct StageState: Sendable {
    let stage: Stage
    let name: String
    let count: Int
    /// Runnable and in nobody's hands.
    var ready = IntervalSet()
    var leased = IntervalSet()
    var done = IntervalSet()
    /// Failed for good.
    var failed = IntervalSet()
    /// Will never be runnable: what they read will never be there.
    var unreachable = IntervalSet()
    /// The leases under which attempts failed, of open tasks that have any.
    var failures: [Int: [LeaseID]] = [:]
    /// Why those in `failed` failed.
    var reasons: [Int: Failure] = [:]
    /// One table for each output.
    var outputs: [OutputTable]
    /// What each task said at its last attempt, where it said anything.
    var logs = OutputTable()
    /// Moving mean of successful attempts; `nil` before the first.
    var meanWall: Microseconds?

    init(stage: Stage, name: String, count: Int, outputs: Int) {
        self.stage = stage
        self.name = name
        self.count = count
        self.outputs = Array(repeating: OutputTable(), count: outputs)
    }

    func isSettled(_ range: Range<Int>) -> Bool {
        if done.contains(range) { return true }
        var settled = done.intersection(range)
        settled.formUnion(failed.intersection(range))
        settled.formUnion(unreachable.intersection(range))
        return settled.count == range.count
    }

    var isSettled: Bool { done.count + failed.count + unreachable.count == count }

    func state(of task: Int) -> TaskState {
        if done.contains(task) { return .done }
        if failed.contains(task) { return .failed }
        return .open(failures: failures[task]?.count ?? 0)
    }

    /// Tasks whose attempt under `lease` is on record as failed.
    func failed(under lease: LeaseID) -> IntervalSet {
        var tasks = IntervalSet()
        for (task, leases) in failures where leases.contains(lease) {
            tasks.insert(task..<task + 1)
        }
        return tasks
    }

    /// Takes one recorded result in. What the record says is done; whether it may be was decided
    /// before it was recorded.
    mutating func apply(_ result: TaskResult, under lease: LeaseID) {
        let range = result.task..<result.task + 1
        ready.remove(range)
        leased.remove(range)
        if let log = result.log { logs[result.task] = log }
        switch result.outcome {
        case .succeeded:
            done.insert(range)
            failures[result.task] = nil
            for (output, file) in result.outputs.enumerated() {
                outputs[output][result.task] = file
            }
            meanWall =
                meanWall.map { Microseconds($0.count + (result.wall.count - $0.count) / 8) }
                ?? result.wall
        case .failed(let failure, isFinal: true):
            failed.insert(range)
            failures[result.task] = nil
            reasons[result.task] = failure
        case .failed(_, isFinal: false):
            failures[result.task, default: []].append(lease)
            ready.insert(range)
        }
    }
}

/// The files that tasks left, in chunks, so that a stage without outputs costs nothing and a
/// dense one an array.
struct OutputTable: Sendable {
    private static let chunk = 1024
    private var chunks: [Int: [StoredFile?]] = [:]

    subscript(task: Int) -> StoredFile? {
        get { chunks[task / Self.chunk]?[task % Self.chunk] }
        set {
            chunks[task / Self.chunk, default: Array(repeating: nil, count: Self.chunk)][
                task % Self.chunk] = newValue
        }
    }
}
