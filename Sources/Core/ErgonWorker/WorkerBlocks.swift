import ErgonModel

/// Where tasks need so little that their program is given many at once.
extension Worker {
    /// So long a block shall take: long beside what it takes to give it, and short beside what a
    /// person would wait.
    fileprivate static let usualBlock = Microseconds(20_000)
    fileprivate static let largestBlock = 4096

    /// How a stage's tasks are given.
    struct Pace: Sendable {
        /// How many at once.
        var size = 1
        /// One of these has brought the program down: they are given one by one.
        var suspects = 0..<0
        /// Processor time that was taken for tasks that have to be done again.
        var wasted = Microseconds.zero
    }

    /// One at first; then as many as the last blocks suggest, and no more than leaves the other
    /// slots some.
    func blockSize(of plan: LeasePlan, _ id: LeaseID) -> Int {
        guard plan.isBare, let held = leases[id] else { return 1 }
        let pace = paces[plan.lease.manifest.digest]?[plan.lease.stage] ?? Pace()
        if let first = held.waiting.first, pace.suspects.contains(first) { return 1 }
        let share = held.waiting.count / (2 * facts.cpus)
        return max(min(pace.size, share), 1)
    }

    mutating func advanced(
        _ attempt: Attempt, _ advance: Advance, _ uptime: Microseconds
    ) {
        guard let activity = active[attempt], activity.block.lowerBound == advance.tasks.lowerBound,
            advance.tasks.upperBound <= activity.block.upperBound, !advance.tasks.isEmpty
        else { return }
        active[attempt]?.since = uptime
        guard !activity.isUnwanted else {
            active[attempt]?.wall = activity.wall + advance.wall
            active[attempt]?.cpu = activity.cpu + advance.cpu
            return
        }
        active[attempt]?.block = advance.tasks.upperBound..<activity.block.upperBound
        var pace = paces[activity.manifest]?[activity.stage] ?? Pace()
        var advance = advance
        advance.cpu += pace.wasted
        for result in results(of: advance) { finish(attempt, result) }
        pace.adapt(to: advance)
        paces[activity.manifest, default: [:]][activity.stage] = pace
    }

    /// Of each task the same, but for what cannot be divided: the first ones have a microsecond
    /// more of processor time, so that the sum is what was measured.
    private func results(of advance: Advance) -> [TaskResult] {
        let (tasks, count) = (advance.tasks, Int64(advance.tasks.count))
        let (share, rest) = advance.cpu.count.quotientAndRemainder(dividingBy: count)
        let split = tasks.lowerBound + Int(rest)
        return [
            (tasks.lowerBound..<split, share + 1), (split..<tasks.upperBound, share),
        ].filter { !$0.0.isEmpty }.map { tasks, cpu in
            TaskResult(
                task: tasks.lowerBound, count: tasks.count, outcome: .succeeded, outputs: [],
                log: nil, started: advance.started, wall: Microseconds(advance.wall.count / count),
                cpu: Microseconds(cpu), energy: facts.power.perThread * Microseconds(cpu))
        }
    }

    /// All of them come again, one by one: then it shows which it was.
    mutating func brokeOff(
        _ attempt: Attempt, _ cpu: Microseconds, _ effects: inout [Effect]
    ) {
        guard let activity = active[attempt] else { return }
        release(activity.needs)
        if activity.isUnwanted {
            active[attempt]?.cpu = activity.cpu + cpu
            return finishStopped(attempt, &effects)
        }
        var pace = paces[activity.manifest]?[activity.stage] ?? Pace()
        (pace.suspects, pace.wasted) = (activity.block, pace.wasted + cpu)
        paces[activity.manifest, default: [:]][activity.stage] = pace
        let rest = leases[attempt.lease]?.remaining.intersection(activity.block)
        leases[attempt.lease]?.waiting.formUnion(rest ?? IntervalSet())
        drop(attempt, &effects)
    }

    /// What of a block comes after the task that went wrong was not begun.
    mutating func giveUpBlock(_ attempt: Attempt, _ activity: Activity) {
        guard activity.block.count > 1 else { return }
        let first = activity.block.lowerBound
        active[attempt]?.block = first..<first + 1
        if let held = leases[attempt.lease] {
            let rest = held.remaining.intersection(first + 1..<activity.block.upperBound)
            leases[attempt.lease]?.waiting.formUnion(rest)
        }
    }
}

extension Worker.Pace {
    /// By what tasks have just taken.
    mutating func adapt(to advance: Worker.Advance) {
        let one = max(advance.wall.count / Int64(advance.tasks.count), 1)
        let fitting = Int(clamping: Worker.usualBlock.count / one)
        size = max(min(fitting, size * 4, Worker.largestBlock), 1)
        wasted = .zero
    }
}
