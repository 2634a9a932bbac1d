import ErgonModel

/// A way of deciding when and where jobs run, slot after slot, knowing only those submitted so far
/// and the forecast.
package enum Policy: String, CaseIterable, Sendable {
    /// As it was in the log, on all nodes alike.
    case logged
    /// As soon as there is room, on all nodes alike.
    case even
    /// As soon as there is room, where it then costs least.
    case greedy
    /// Not before the price of power is among the lowest 30 % of the day ahead, or it is time.
    case threshold
    /// By a plan over all that wait, made anew whenever something comes.
    case planned
}

/// A log, its rules and where it is replayed.
package struct Replay: Sendable {
    package var grid: ReplayGrid
    package var jobs: [Job]
    package var rule: DeadlineRule
    /// Whether a job may stop at the end of a slot and go on in a later one, if it is planned.
    package var run: TaskClass.Run
    /// Whether the jobs are dealt out to the sites in turn, and stay there.
    package var sharesAreFixed: Bool

    package init(
        grid: ReplayGrid, jobs: [Job], rule: DeadlineRule, run: TaskClass.Run = .whole,
        sharesAreFixed: Bool = false
    ) {
        self.grid = grid
        self.jobs = jobs
        self.rule = rule
        self.run = run
        self.sharesAreFixed = sharesAreFixed
    }

    /// Lets a policy decide from the first slot to the last.
    package func account(of policy: Policy) -> ReplayAccount {
        var dispatch = Dispatch(grid, policy)
        var coming = waiting(isLogged: policy == .logged)[...]
        for slot in 0..<grid.slots {
            var arrivals: [Waiting] = []
            while let next = coming.first, next.first <= slot {
                arrivals.append(next)
                coming.removeFirst()
            }
            dispatch.decide(slot, arrivals)
        }
        return dispatch.timetable.account(left: dispatch.pending.count + coming.count)
    }

    /// Every job with its window, in the order in which they come.
    func waiting(isLogged: Bool = false) -> [Waiting] {
        let problem = grid.actual
        let all = jobs.enumerated().map { number, job in
            let begin = isLogged ? job.submitted + job.waited : job.submitted
            let first = problem.slotsEnded(by: begin)
            var end = problem.firstSlot(notBefore: rule.deadline(of: job))
            if case .bucket = rule {
                let span = rule.deadline(of: job) - job.submitted
                end = first + Int(span.count / problem.slot.count)
            }
            return Waiting(
                job: job, first: first, end: max(end, first + 1),
                site: sharesAreFixed ? number % problem.sites.count : nil, pieces: pieces(of: job))
        }
        return all.enumerated().sorted {
            ($0.element.first, $0.offset) < ($1.element.first, $1.offset)
        }
        .map(\.element)
    }

    private func pieces(of job: Job) -> Waiting.Pieces? {
        guard run == .interruptible else { return nil }
        // So many that one takes no more than a slot wherever it runs.
        let longest = grid.speeds.indices.map { grid.length(of: job, on: $0) }.max() ?? 1
        let count = max(1, Int((longest - 1e-9).rounded(.up)))
        return Waiting.Pieces(all: count, left: count)
    }
}
