import ErgonModel

/// A plan over all jobs that wait, made anew whenever one comes or one found no room. Only what
/// it says of the present slot is done; a plan that nothing has changed stays as it is.
struct RollingPlan {
    private let grid: ReplayGrid
    private var prices: ShadowPrices?
    /// What starts when, by slot: jobs of a group on a class of nodes.
    private var starts: [Int: [Start]] = [:]
    private var isStale = true
    /// Groups above which lengths and deadlines are told apart less finely.
    private let mostGroups = 150
    private let effort = Effort(iterations: 60, gap: 0.003, relaxes: false)

    private struct Start {
        var group: Int
        var node: Int
        var count: Int
    }

    /// Jobs that are planned alike.
    private struct Group: Hashable {
        var cores: Int
        var site: Int?
        /// In slots, or its logarithm where less will do.
        var length: Int
        var pieces: Waiting.Pieces?
        var end: Int

        var order: [Int] {
            [end, length, cores, site ?? -1, pieces?.all ?? -1, pieces?.left ?? -1]
        }
    }

    init(_ grid: ReplayGrid) { self.grid = grid }

    mutating func decide(
        _ slot: Int, hasNews: Bool, _ pending: inout [Waiting], _ timetable: inout Timetable
    ) {
        guard !pending.isEmpty else { return }
        if hasNews || isStale { replan(slot, &pending, timetable) }
        isStale = false
        let nodes = nodesOfDue(slot, pending)
        var rest: [Waiting] = []
        rest.reserveCapacity(pending.count)
        for (index, job) in pending.enumerated() {
            if let node = nodes[index] {
                rest += start(job, on: node, slot, &timetable)
            } else {
                rest += force(job, slot, &timetable)
            }
        }
        pending = rest
    }

    /// Where each job starts in this slot, or goes on: of a group those of which most is left.
    private mutating func nodesOfDue(_ slot: Int, _ pending: [Waiting]) -> [Int: Int] {
        guard let due = starts.removeValue(forKey: slot) else { return [:] }
        let groups = Set(due.map(\.group))
        var members: [Int: [Int]] = [:]
        for (index, job) in pending.enumerated() {
            if let group = job.group, groups.contains(group) {
                members[group, default: []].append(index)
            }
        }
        members = members.mapValues { indices in
            indices.sorted { left, right in
                let (mine, theirs) = (
                    pending[left].pieces?.left ?? 0, pending[right].pieces?.left ?? 0
                )
                return (theirs, left) < (mine, right)
            }
        }
        var nodes: [Int: Int] = [:]
        for start in due {
            let chosen = members[start.group]?.prefix(start.count) ?? []
            for index in chosen { nodes[index] = start.node }
            // A plan in pieces may give a job more than one in a slot; it takes one.
            if chosen.count < start.count { isStale = true }
            members[start.group]?.removeFirst(chosen.count)
        }
        return nodes
    }
}

extension RollingPlan {
    /// - Returns: what is left of the job, if anything.
    private mutating func start(
        _ job: Waiting, on node: Int, _ slot: Int, _ timetable: inout Timetable
    ) -> [Waiting] {
        if let rest = run(job, on: node, slot, &timetable) { return rest }
        isStale = true
        return force(job, slot, &timetable)
    }

    /// A job that has to run now, though no plan found it a place, takes the first room there is.
    private func force(_ job: Waiting, _ slot: Int, _ timetable: inout Timetable) -> [Waiting] {
        let nodes = grid.actual.nodeClasses.indices.filter {
            job.site == nil || grid.actual.nodeClasses[$0].site == job.site
        }
        let shortest = nodes.map { grid.length(of: job.job, on: $0) }.min() ?? 1
        let needed = job.pieces?.left ?? Int((shortest - 1e-9).rounded(.up))
        guard slot + needed >= job.end else { return [job] }
        let order = nodes.map { (cost: grid.cost(of: job.job, on: $0, slot), node: $0) }
            .sorted { ($0.cost, $0.node) < ($1.cost, $1.node) }
        for (_, node) in order {
            if let rest = run(job, on: node, slot, &timetable) { return rest }
        }
        return [job]
    }

    /// Runs a job, or its next piece.
    /// - Returns: what is left of it; `nil` if there was no room.
    private func run(
        _ job: Waiting, on node: Int, _ slot: Int, _ timetable: inout Timetable
    ) -> [Waiting]? {
        guard var pieces = job.pieces else {
            return timetable.start(job, on: node, slot) ? [] : nil
        }
        let length = grid.length(of: job.job, on: node) / Double(pieces.all)
        guard length <= 1 + 1e-9,
            timetable.fits(job.job.cores, length: length, on: node, from: slot)
        else { return nil }
        timetable.take(job.job.cores, length: length, on: node, from: slot)
        if pieces.left == pieces.all { timetable.noteStart(job, slot) }
        pieces.left -= 1
        if pieces.left == 0 {
            timetable.noteEnd(job, slot + 1)
            return []
        }
        var rest = job
        rest.pieces = pieces
        return [rest]
    }

    // MARK: The plan

    private func coarseness(_ pending: [Waiting], _ slot: Int) -> Int {
        for step in [1, 2, 4, 8] {
            let groups = Set(pending.lazy.map { planned($0, step) })
            if groups.count <= mostGroups { return step }
        }
        return 16
    }

    private func planned(_ job: Waiting, _ coarseness: Int) -> Group {
        let end = coarseness == 1 ? job.end : job.end / coarseness * coarseness
        let length = Double(job.job.runTime.count) / Double(grid.actual.slot.count)
        let isExact = coarseness == 1 || job.pieces != nil
        return Group(
            cores: job.job.cores, site: job.site,
            length: isExact ? Int(length.rounded(.up)) : bucket(length), pieces: job.pieces,
            end: end)
    }

    /// Zero for a slot and less, then in steps of a quarter.
    private func bucket(_ length: Double) -> Int {
        length <= 1 ? 0 : Int((logarithm(length) / 0.223_143_551_314_209_76).rounded(.up))
    }

    private mutating func replan(
        _ slot: Int, _ pending: inout [Waiting], _ timetable: Timetable
    ) {
        let coarseness = coarseness(pending, slot)
        var members: [Group: [Int]] = [:]
        for (index, job) in pending.enumerated() {
            members[planned(job, coarseness), default: []].append(index)
        }
        let groups = members.keys.sorted { $0.order.lexicographicallyPrecedes($1.order) }
        let last = pending.map(\.end).max() ?? slot
        var problem = problem(slot, slots: max(1, min(grid.slots, last) - slot), timetable)
        for (number, group) in groups.enumerated() {
            let indices = members[group] ?? []
            problem.taskClasses.append(
                taskClass(group, indices.map { pending[$0] }, problem, slot))
            for index in indices { pending[index].group = number }
        }
        let plan = plan(problem, after: prices, effort: effort)
        prices = plan.prices
        starts = [:]
        for part in plan.assignments {
            starts[slot + part.slot, default: []].append(
                Start(group: part.taskClass, node: part.nodeClass, count: part.count))
        }
    }

    /// What is left of the grid from a slot on.
    private func problem(_ slot: Int, slots: Int, _ timetable: Timetable) -> PlanningProblem {
        var problem = grid.actual
        problem.start = grid.actual.begin(of: slot)
        problem.slots = slots
        for site in problem.sites.indices {
            problem.sites[site].carbon = window(grid.forecast[site].carbon, slot, slots)
            problem.sites[site].price = window(grid.forecast[site].price, slot, slots)
        }
        for node in problem.nodeClasses.indices {
            let cores = Double(problem.nodeClasses[node].cores)
            problem.nodeClasses[node].nodes = (slot..<slot + slots).map { slot in
                max(0, Int(timetable.free(node, slot) / cores + 1e-6))
            }
            problem.nodeClasses[node].alreadyOn = timetable.emptied(node, slot)
        }
        return problem
    }

    private func window<Value>(_ values: [Value], _ slot: Int, _ slots: Int) -> [Value] {
        (slot..<slot + slots).compactMap { held(values, $0) }
    }

    private func taskClass(
        _ group: Group, _ jobs: [Waiting], _ problem: PlanningProblem, _ slot: Int
    ) -> TaskClass {
        let share = group.pieces.map { Double($0.left) / Double($0.all) } ?? 1
        let sum = jobs.reduce(Int128(0)) { $0 + Int128($1.job.runTime.count) }
        let mean = Double(sum) / Double(max(1, jobs.count)) * share
        let most = Double(jobs.map(\.job.runTime.count).max() ?? 0) * share
        let estimates = problem.nodeClasses.indices.compactMap { node -> Estimate? in
            let nodes = problem.nodeClasses[node]
            guard group.site == nil || nodes.site == group.site else { return nil }
            let speed = grid.speeds[node]
            return Estimate(
                nodeClass: node, runTime: Microseconds(max(1, whole(mean / speed))),
                cautiousRunTime: Microseconds(max(1, whole(most / speed))),
                dynamicPower: Watts(milliwatts: grid.perCore[node].milliwatts * Int64(group.cores))
            )
        }
        let earliest = jobs.map(\.end).min() ?? group.end
        return TaskClass(
            name: "\(group.order)", count: jobs.count, cores: group.cores,
            ready: problem.start,
            deadline: grid.actual.begin(of: max(slot + 1, min(earliest, grid.slots))),
            run: group.pieces == nil ? .whole : .interruptible, estimates: estimates)
    }
}
