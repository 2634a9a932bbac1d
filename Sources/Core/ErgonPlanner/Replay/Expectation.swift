import ErgonModel

/// Work that has not been submitted yet but will be, if things go on as they did: without it a plan
/// would keep the best hours free for what waits, and find them taken by what comes.
struct Expectation {
    private let grid: ReplayGrid
    /// Core-slots submitted and their windows, of the last day.
    private var recent: [(slot: Int, work: Double, window: Double)] = []
    private let day: Int
    /// Below this share of all cores nothing that comes is in the way of anything.
    private let leastShare = 0.1

    init(_ grid: ReplayGrid) {
        self.grid = grid
        day = max(1, Int(Instant.microsecondsPerDay / grid.actual.slot.count))
    }

    mutating func note(_ arrivals: [Waiting], in slot: Int) {
        for waiting in arrivals {
            let work =
                Double(waiting.job.runTime.count) / Double(grid.actual.slot.count)
                * Double(waiting.job.cores)
            recent.append((slot, work, work * Double(waiting.end - waiting.first)))
        }
        recent.removeAll { $0.slot + day <= slot }
    }

    /// A class of tasks of one core and slot for each slot to come, as many as came on average,
    /// with as much time as they had.
    func classes(for problem: PlanningProblem) -> [TaskClass] {
        let slot = Int((problem.start - grid.actual.start).count / problem.slot.count)
        let work = recent.reduce(0) { $0 + $1.work }
        let cores = grid.actual.nodeClasses.reduce(0) { $0 + ($1.nodes.first ?? 0) * $1.cores }
        let count = Int(work / Double(min(day, slot + 1)))
        guard Double(count) > leastShare * Double(cores) else { return [] }
        let window = max(1, Int(recent.reduce(0) { $0 + $1.window } / work))
        return (1..<max(1, problem.slots)).map { first in
            // Of what may run beyond the horizon, a part does.
            let end = min(problem.slots, first + window)
            return TaskClass(
                name: "expected in \(first)", count: count * (end - first) / window,
                ready: problem.begin(of: first),
                deadline: problem.begin(of: end), estimates: estimates(problem.slot))
        }
    }

    private func estimates(_ slot: Microseconds) -> [Estimate] {
        grid.speeds.indices.map { node in
            Estimate(
                nodeClass: node,
                runTime: Microseconds(
                    min(slot.count, whole(Double(slot.count) / grid.speeds[node]))),
                dynamicPower: grid.perCore[node])
        }
    }
}
