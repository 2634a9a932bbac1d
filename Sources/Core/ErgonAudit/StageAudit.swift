import ErgonModel

/// What is on record of one stage's tasks.
struct StageAudit {
    let name: String
    let count: Int
    /// Files that every task leaves.
    let outputCount: Int
    let retry: RetrySpec
    private(set) var done = IntervalSet()
    /// Why the tasks that failed for good did.
    private(set) var failed: [Int: Failure] = [:]
    /// What went wrong with tasks that are neither done nor failed for good.
    private var setbacks: [Int: Setbacks] = [:]
    /// What task 0 left: what stands for the whole stage where it is the top of a merge.
    private(set) var firstOutputs: [StoredFile]?

    init(name: String, count: Int, outputCount: Int, retry: RetrySpec) {
        self.name = name
        self.count = count
        self.outputCount = outputCount
        self.retry = retry
    }

    private func state(of task: Int) -> TaskState {
        if done.contains(task) { return .done }
        return failed[task] == nil ? .open(setbacks[task] ?? Setbacks()) : .failed
    }

    /// Neither done nor failed for good.
    var open: IntervalSet {
        var open = IntervalSet(0..<count)
        open.subtract(done)
        for task in failed.keys { open.remove(task..<task + 1) }
        return open
    }

    enum Judgement: Hashable {
        /// It counts, though something about it may be wrong.
        case counted(problem: String?)
        /// It cannot be one of this stage's results, and changed nothing.
        case refused(problem: String)
    }

    mutating func add(_ result: TaskResult, by worker: WorkerID) -> Judgement {
        let task = result.task
        guard (0..<count).contains(task) else {
            return .refused(problem: "task \(task) of \(count)")
        }
        let old = state(of: task)
        let new: TaskState
        do {
            new = try old.after(result.outcome, on: worker)
        } catch {
            let end = old == .done ? "done" : "given up"
            return .refused(problem: "task \(task) was \(end) before")
        }
        let problem = mismatch(result, old, worker)
        setbacks[task] = nil
        switch new {
        case .open(let count): setbacks[task] = count
        case .done:
            done.insert(task..<task + 1)
            if task == 0 { firstOutputs = result.outputs }
        case .failed:
            if case .failed(let failure, _) = result.outcome { failed[task] = failure }
        }
        return .counted(problem: problem)
    }

    /// Takes in what is true of many tasks.
    /// - Returns: false, and nothing is changed, if that cannot be.
    mutating func addAsOne(_ result: TaskResult) -> Bool {
        let tasks = result.tasks
        guard result.mayBeShared, outputCount == 0, !result.hasNegativeAmount,
            tasks.clamped(to: 0..<count) == tasks, !done.intersects(tasks),
            !failed.keys.contains(where: tasks.contains)
        else { return false }
        if !setbacks.isEmpty { setbacks = setbacks.filter { !tasks.contains($0.key) } }
        done.insert(tasks)
        if tasks.contains(0) { firstOutputs = [] }
        return true
    }

    /// Takes over what the same tasks of an earlier campaign left.
    /// - Returns: false, and nothing is changed, if one of them has ended, or is not there.
    mutating func take(_ tasks: IntervalSet, from earlier: StageAudit) -> Bool {
        for range in tasks.ranges {
            guard range.clamped(to: 0..<count) == range, !done.intersects(range),
                !failed.keys.contains(where: range.contains), earlier.done.contains(range)
            else { return false }
        }
        done.formUnion(tasks)
        if tasks.contains(0) { firstOutputs = earlier.firstOutputs }
        return true
    }

    /// They are as if they had never been started.
    mutating func reopen(_ tasks: IntervalSet) {
        done.subtract(tasks)
        failed = failed.filter { !tasks.contains($0.key) }
        setbacks = setbacks.filter { !tasks.contains($0.key) }
        if tasks.contains(0) { firstOutputs = nil }
    }

    /// What the result says that does not fit the stage.
    private func mismatch(
        _ result: TaskResult, _ old: TaskState, _ worker: WorkerID
    ) -> String? {
        if result.hasNegativeAmount { return "task \(result.task) has a negative amount" }
        switch result.outcome {
        case .succeeded:
            guard result.outputs.count != outputCount else { return nil }
            return "task \(result.task) left \(result.outputs.count) outputs of \(outputCount)"
        case .failed(let failure, let isFinal):
            guard case .open(let before) = old else { return nil }
            if !result.outputs.isEmpty { return "task \(result.task) failed, but left outputs" }
            guard isFinal != retry.isLast(failure, on: worker, after: before) else { return nil }
            let setback =
                failure == .workerLost
                ? "loss \(before.losses + 1)"
                : "attempt \(before.failures + 1) of \(retry.attempts)"
            return "\(setback) of task \(result.task) is "
                + (isFinal ? "said to be the last" : "not the last")
        }
    }
}

extension TaskResult {
    var hasNegativeAmount: Bool {
        wall.count < 0 || cpu.count < 0 || energy.microjoules < 0
            || outputs.contains { $0.size.bytes < 0 } || log.map { $0.size.bytes < 0 } == true
    }
}

/// Attempts and what they cost, in numbers that no log can make overflow.
struct Totals: Hashable {
    var attempts = 0
    var cpu: Int128 = 0
    var wall: Int128 = 0
    var energy: Int128 = 0
    var measured: Int128 = 0

    mutating func add(_ result: TaskResult) {
        attempts += result.count
        cpu += Int128(result.cpu.count) * Int128(result.count)
        wall += Int128(result.wall.count) * Int128(result.count)
        let spent = Int128(result.energy.microjoules) * Int128(result.count)
        if result.meter == nil { energy += spent } else { measured += spent }
    }

    /// As it stands in a seal; at the end of the scale where it does not fit.
    var line: Account.Line {
        Account.Line(
            attempts: attempts, cpu: Microseconds(Int64(clamping: cpu)),
            wall: Microseconds(Int64(clamping: wall)),
            energy: Joules(microjoules: Int64(clamping: energy)),
            measured: Joules(microjoules: Int64(clamping: measured)))
    }
}
