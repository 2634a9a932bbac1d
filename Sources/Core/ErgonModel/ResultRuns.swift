/// Results of neighbouring tasks that are all alike stand as one: what is true of a million tasks
/// takes as much room, and as long, as what is true of one.
extension TaskResult {
    package var tasks: Range<Int> {
        let (end, isTooMuch) = task.addingReportingOverflow(count)
        return task..<(isTooMuch ? .max : end)
    }

    /// Whether the same may be true of several tasks.
    package var mayBeShared: Bool { outcome == .succeeded && outputs.isEmpty && log == nil }

    /// The same, of some of its tasks.
    package func of(_ tasks: Range<Int>) -> TaskResult {
        var part = self
        (part.task, part.count) = (tasks.lowerBound, tasks.count)
        return part
    }

    /// The same, of those tasks that are in a set, run by run.
    package func within(_ tasks: IntervalSet) -> [TaskResult] {
        tasks.intersection(self.tasks).ranges.map(of)
    }

    /// The same, of those tasks that are not in a set, run by run.
    package func without(_ tasks: IntervalSet) -> [TaskResult] {
        guard tasks.intersects(self.tasks) else { return [self] }
        return IntervalSet(self.tasks).subtracting(tasks).ranges.map(of)
    }

    /// Of each task its own.
    package var singly: some Sequence<TaskResult> { tasks.lazy.map { of($0..<$0 + 1) } }

    fileprivate func isContinued(by next: TaskResult) -> Bool {
        tasks.upperBound == next.task && mayBeShared && next.mayBeShared
            && started == next.started && wall == next.wall && cpu == next.cpu
            && energy == next.energy && meter == next.meter
    }
}

extension [TaskResult] {
    /// How many tasks they are of.
    package var taskCount: Int { reduce(0) { $0 + $1.count } }

    /// Their tasks.
    package var tasks: IntervalSet {
        var tasks = IntervalSet()
        for place in indices { tasks.insert(self[place].tasks) }
        return tasks
    }

    /// Adds a result, to the last one if it says the same of the tasks that follow.
    package mutating func join(_ next: TaskResult) {
        if let end = indices.last, self[end].isContinued(by: next) {
            self[end].count += next.count
        } else {
            append(next)
        }
    }
}
