import ErgonModel

/// Jobs that wait, and a policy's decisions on them, slot after slot.
struct Dispatch {
    private(set) var timetable: Timetable
    private(set) var pending: [Waiting] = []
    private let grid: ReplayGrid
    private let policy: Policy
    private var rolling: RollingPlan

    init(_ grid: ReplayGrid, _ policy: Policy) {
        self.grid = grid
        self.policy = policy
        timetable = Timetable(grid)
        rolling = RollingPlan(grid)
    }

    mutating func decide(_ slot: Int, _ arrivals: [Waiting]) {
        pending += arrivals
        switch policy {
        case .logged, .even: startAll(slot) { dispatch, job in dispatch.evenly(job, slot) }
        case .greedy: startAll(slot) { dispatch, job in dispatch.cheapest(job, slot, nil) }
        case .threshold: startBelowThreshold(slot)
        case .planned:
            rolling.decide(slot, hasNews: !arrivals.isEmpty, &pending, &timetable)
        }
    }

    /// - Parameter choose: nodes in the order in which they are tried.
    private mutating func startAll(
        _ slot: Int, _ choose: (Dispatch, Waiting) -> [Int]
    ) {
        var rest: [Waiting] = []
        // What found no room for so many cores finds none for as many again.
        var refused = Int.max
        for job in pending {
            let isStarted =
                job.job.cores < refused
                && choose(self, job).contains { timetable.start(job, on: $0, slot) }
            guard !isStarted else { continue }
            if job.site == nil { refused = min(refused, job.job.cores) }
            rest.append(job)
        }
        pending = rest
    }

    private func nodes(_ job: Waiting) -> [Int] {
        grid.actual.nodeClasses.indices.filter {
            job.site == nil || grid.actual.nodeClasses[$0].site == job.site
        }
    }

    /// Those first of which the greatest share is free.
    private func evenly(_ job: Waiting, _ slot: Int) -> [Int] {
        nodes(job).map { node in
            (share: timetable.free(node, slot) / max(1, timetable.cores(node, slot)), node: node)
        }.sorted { ($1.share, $0.node) < ($0.share, $1.node) }.map(\.node)
    }

    /// - Parameter sites: only nodes there; `nil` means anywhere.
    private func cheapest(_ job: Waiting, _ slot: Int, _ sites: Set<Int>?) -> [Int] {
        nodes(job).filter { node in
            sites.map { $0.contains(grid.actual.nodeClasses[node].site) } ?? true
        }.map { (cost: grid.cost(of: job.job, on: $0, slot), node: $0) }
            .sorted { ($0.cost, $0.node) < ($1.cost, $1.node) }.map(\.node)
    }

    private mutating func startBelowThreshold(_ slot: Int) {
        let low = lowSites(slot)
        let all = pending
        pending = all.filter { slot < latest($0) }
        let due = all.filter { slot >= latest($0) }
        if !low.isEmpty {
            startAll(slot) { dispatch, job in dispatch.cheapest(job, slot, low) }
        }
        let waiting = pending
        pending = due
        startAll(slot) { dispatch, job in dispatch.cheapest(job, slot, nil) }
        pending += waiting
    }

    /// The last slot in which a job can start on any of its nodes and end in time.
    private func latest(_ job: Waiting) -> Int {
        let longest = nodes(job).map { grid.length(of: job.job, on: $0) }.max() ?? 1
        return job.end - Int((longest - 1e-9).rounded(.up))
    }

    private func lowSites(_ slot: Int) -> Set<Int> {
        Set(grid.forecast.indices.filter { grid.isLow(at: $0, slot) })
    }
}
