import ErgonModel

/// What a worker says that has done all of a lease in no time.
struct Answers: Sendable {
    let hasOwnTimes: Bool
    /// The most tasks in one report.
    let most: Int
    /// CPU time of each task.
    let taking: Microseconds

    private static let power = Watts(milliwatts: 5000)

    /// The lease's results, in as many reports as it takes.
    func results(of lease: Lease, now: Instant) -> [[TaskResult]] {
        stride(from: lease.tasks.lowerBound, to: lease.tasks.upperBound, by: most).map { first in
            let tasks = first..<min(first + most, lease.tasks.upperBound)
            if hasOwnTimes {
                return tasks.map { result($0..<$0 + 1, at: now, taking: ownTime($0)) }
            }
            return [result(tasks, at: now, taking: taking)]
        }
    }

    private func result(
        _ tasks: Range<Int>, at now: Instant, taking time: Microseconds
    ) -> TaskResult {
        TaskResult(
            task: tasks.lowerBound, count: tasks.count, outcome: .succeeded, outputs: [], log: nil,
            started: now, wall: time, cpu: time, energy: Self.power * time)
    }

    /// Different from that of the tasks beside it.
    private func ownTime(_ task: Int) -> Microseconds {
        Microseconds(taking.count + Int64(task % 997))
    }
}
