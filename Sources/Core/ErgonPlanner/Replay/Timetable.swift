import ErgonModel

/// Which cores are busy when.
struct Timetable {
    let grid: ReplayGrid
    /// Cores in use on average, by node class and slot.
    private(set) var used: [[Double]]
    private var waited = 0.0
    private var started = 0
    private(set) var late = 0

    init(_ grid: ReplayGrid) {
        self.grid = grid
        used = grid.actual.nodeClasses.map { _ in Array(repeating: 0, count: grid.slots) }
    }

    /// All cores of a class of nodes in a slot.
    func cores(_ node: Int, _ slot: Int) -> Double {
        let nodes = grid.actual.nodeClasses[node]
        return Double((held(nodes.nodes, slot) ?? 0) * nodes.cores)
    }

    func free(_ node: Int, _ slot: Int) -> Double { cores(node, slot) - used[node][slot] }

    /// Nodes that were in use until a slot begins, and then no longer are.
    func emptied(_ node: Int, _ slot: Int) -> Int {
        guard slot > 0 else { return 0 }
        let cores = Double(grid.actual.nodeClasses[node].cores)
        let before = (used[node][slot - 1] / cores - 1e-7).rounded(.up)
        return max(0, Int(before - (used[node][slot] / cores - 1e-7).rounded(.up)))
    }

    /// Whether so many cores are free for so many slots.
    func fits(_ cores: Int, length: Double, on node: Int, from start: Int) -> Bool {
        guard cores <= grid.actual.nodeClasses[node].cores else { return false }
        var (left, slot) = (length, start)
        while left > 1e-9 {
            guard slot < grid.slots,
                Double(cores) * min(1, left) <= free(node, slot) + 1e-6
            else { return false }
            left -= 1
            slot += 1
        }
        return true
    }

    mutating func take(_ cores: Int, length: Double, on node: Int, from start: Int) {
        var (left, slot) = (length, start)
        while left > 1e-9, slot < grid.slots {
            used[node][slot] += Double(cores) * min(1, left)
            left -= 1
            slot += 1
        }
    }

    /// Starts a whole job, if there is room.
    mutating func start(_ waiting: Waiting, on node: Int, _ slot: Int) -> Bool {
        let length = grid.length(of: waiting.job, on: node)
        guard fits(waiting.job.cores, length: length, on: node, from: slot) else { return false }
        take(waiting.job.cores, length: length, on: node, from: slot)
        noteStart(waiting, slot)
        noteEnd(waiting, slot + max(1, Int((length - 1e-9).rounded(.up))))
        return true
    }

    mutating func noteStart(_ waiting: Waiting, _ slot: Int) {
        started += 1
        waited += Double(slot - waiting.first)
    }

    mutating func noteEnd(_ waiting: Waiting, _ end: Int) { if end > waiting.end { late += 1 } }

    /// What it all took, at what power really was like.
    func account(left: Int) -> ReplayAccount {
        let problem = grid.actual
        let model = Model(problem)
        var drawnAt = problem.sites.map { _ in Array(repeating: 0.0, count: grid.slots) }
        var sum = (energy: 0.0, carbon: 0.0, money: 0.0, cost: 0.0, always: 0.0)
        for (index, node) in model.nodes.enumerated() {
            let nodes = problem.nodeClasses[index]
            var before = node.alreadyOn
            for slot in 0..<grid.slots where node.isThere[slot] {
                let needed = (used[index][slot] / Double(nodes.cores) - 1e-7).rounded(.up)
                let on = nodes.maySuspend ? max(0, min(1, needed / node.count[slot])) : 1
                let busy = used[index][slot] * grid.perCore[index].kilowatts * model.slotHours
                let starts = max(0, on * node.count[slot] - before) * node.start
                before = on * node.count[slot]
                let drawn = busy + node.idle[slot] * on + starts
                sum.energy += drawn * node.meter[slot]
                drawnAt[nodes.site][slot] += drawn * node.meter[slot] / model.slotHours
                sum.carbon += drawn * node.carbon[slot]
                sum.always += (busy + node.idle[slot]) * node.carbon[slot]
                sum.money += drawn * node.money[slot] + on * node.rent[slot]
                sum.cost += (busy + starts) * model.energyPrice(node, slot)
                sum.cost += on * model.idleCost(node, slot)
            }
        }
        let wait = started > 0 ? waited / Double(started) * Double(problem.slot.count) : 0
        return ReplayAccount(
            energy: Joules(kilowattHours: sum.energy),
            carbon: GramsCO2e(micrograms: whole(sum.carbon * 1e9)),
            money: Money(millionths: whole(sum.money * 1e6)), cost: sum.cost,
            carbonAlwaysOn: GramsCO2e(micrograms: whole(sum.always * 1e9)),
            watts: drawnAt.map { $0.map { Watts(kilowatts: $0) } },
            meanWait: Microseconds(whole(wait)), late: late, left: left)
    }
}
