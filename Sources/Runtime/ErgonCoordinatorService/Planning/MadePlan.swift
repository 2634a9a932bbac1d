import ErgonCoordinator
import ErgonModel
import ErgonPlanner

/// A plan with all that was put into it, and what becomes of it: quotas for leases.
struct MadePlan {
    /// One class of tasks of the problem.
    struct Planned {
        var work: Schedule.Work
        /// The step's name.
        var step: String
        /// Tasks that start at once to be learned from, by node class.
        var probes: [Int: Int]
    }

    private(set) var problem: PlanningProblem
    let clock: SignalClock
    let objective: Weights
    let grid: PlannedGrid
    let note: String?
    private(set) var planned: [Planned] = []
    var plan: Plan?
    /// What the campaigns have taken so far.
    var spent: [CampaignID: Spending] = [:]

    init(
        problem: PlanningProblem, clock: SignalClock, objective: Weights, grid: PlannedGrid,
        note: String?
    ) {
        self.problem = problem
        self.clock = clock
        self.objective = objective
        self.grid = grid
        self.note = note
    }

    mutating func add(
        _ tasks: TaskClass, _ work: Schedule.Work, _ probes: [Int: Int], name: String
    ) {
        problem.taskClasses.append(tasks)
        for estimate in tasks.estimates {
            guard let count = probes[estimate.nodeClass] else { continue }
            var node = problem.nodeClasses[estimate.nodeClass]
            let share = node.share(cores: tasks.cores, memory: tasks.memory) * Double(count)
            node.take(share * Double(estimate.runTime.count), atOnce: share, problem)
            problem.nodeClasses[estimate.nodeClass] = node
        }
        planned.append(Planned(work: work, step: name, probes: probes))
    }

    /// Where the signals' values are from.
    var origins: [String] { grid.origins }

    var campaigns: [CampaignID] { Set(planned.map(\.work.campaign)).sorted() }

    // MARK: Quotas

    /// What of which not all finds a place starts as soon as it can: it is not in it.
    func schedule() -> Schedule {
        guard let plan else { return Schedule() }
        var short: Set<Int> = []
        if case .short(let unplaced, _) = plan.verdict { short = Set(unplaced.map(\.taskClass)) }
        var schedule = Schedule(expected: expected(plan))
        for (index, entry) in planned.enumerated() where !short.contains(index) {
            schedule.parts[entry.work] = part(index, plan)
        }
        return schedule
    }

    private func part(_ index: Int, _ plan: Plan) -> Schedule.Part {
        let tasks = problem.taskClasses[index]
        let count = Double(max(tasks.estimates.count, 1))
        let mean = tasks.estimates.reduce(0.0) { $0 + Double($1.runTime.count) } / count
        let feared = tasks.estimates.map(\.cautiousRunTime).max() ?? .zero
        let quotas = probeQuotas(index) + quotas(index, plan)
        return Schedule.Part(
            deadline: clock.here(tasks.deadline ?? problem.end),
            runTime: clock.here(Microseconds(Int64(mean))), cautiousRunTime: clock.here(feared),
            atOnce: atOnce(tasks),
            quotas: quotas.sorted { ($0.opens, $0.place) < ($1.opens, $1.place) })
    }

    private func atOnce(_ tasks: TaskClass) -> Int {
        tasks.estimates.reduce(0) { sum, estimate in
            let nodes = problem.nodeClasses[estimate.nodeClass]
            let byMemory = nodes.memory.bytes / max(tasks.memory.bytes, 1)
            let each = min(nodes.cores / max(tasks.cores, 1), Int(clamping: byMemory))
            return sum + each * (nodes.nodes.first ?? 0)
        }
    }

    private func probeQuotas(_ index: Int) -> [Schedule.Quota] {
        planned[index].probes.sorted { $0.key < $1.key }.map { node, tasks in
            Schedule.Quota(
                place: place(node), opens: clock.here(problem.start),
                closes: clock.here(problem.begin(of: 1)), tasks: tasks,
                reason: "the first tasks show what they take")
        }
    }

    private func quotas(_ index: Int, _ plan: Plan) -> [Schedule.Quota] {
        let mine = plan.assignments.filter { $0.taskClass == index }
        var reasons: [Int: String] = [:]
        return mine.sorted { $0.slot < $1.slot }.map { part in
            let reason =
                reasons[part.slot]
                ?? (reasons.count < Self.mostReasons
                    ? self.reason(index, plan, from: part.slot) : "its slot is later")
            reasons[part.slot] = reason
            let opens = firstSlot(of: part, index, plan)
            return Schedule.Quota(
                place: place(part.nodeClass), opens: clock.here(problem.begin(of: opens)),
                closes: clock.here(problem.begin(of: part.slot + 1)), tasks: part.count,
                reason: reason)
        }
    }

    /// To explain a start takes a look at all of the problem; few of them are ever asked for.
    private static let mostReasons = 8

    /// Why what starts in a slot does not start before.
    private func reason(_ index: Int, _ plan: Plan, from slot: Int) -> String {
        var later = plan
        later.assignments.removeAll { $0.slot < slot }
        return later.explanation(of: index, in: problem).sentence
    }

    /// The slot from which on nothing is lost by an earlier start: nodes are on anyway, and power
    /// is no dearer.
    private func firstSlot(of part: Plan.Assignment, _ index: Int, _ plan: Plan) -> Int {
        let site = problem.sites[problem.nodeClasses[part.nodeClass].site]
        let (ready, price) = (
            problem.taskClasses[index].ready, unitPrice(site, part.slot)
        )
        var slot = part.slot
        while slot > 0, problem.begin(of: slot - 1) >= ready,
            plan.nodesOn[part.nodeClass][slot - 1] > 0, unitPrice(site, slot - 1) <= price
        {
            slot -= 1
        }
        return slot
    }

    /// What a kilowatt-hour costs in a slot, in the objective's unit.
    private func unitPrice(_ site: Site, _ slot: Int) -> Double {
        let carbon = held(site.carbon, slot)?.microgramsPerKilowattHour ?? 0
        let price = held(site.price, slot)?.millionthsPerKilowattHour ?? 0
        return objective.energy + objective.carbon * Double(carbon) / 1e9
            + objective.money * Double(price) / 1e6
    }

    /// Forecasts that are shorter than the horizon go on with their last value.
    private func held<Value>(_ values: [Value], _ slot: Int) -> Value? {
        slot < values.count ? values[slot] : values.last
    }

    func place(_ node: Int) -> WorkerPlace {
        let nodes = problem.nodeClasses[node]
        let site = problem.sites[nodes.site].name
        // What `PlannedGrid` calls them is `class@site`.
        return WorkerPlace(site: site, nodeClass: String(nodes.name.dropLast(site.count + 1)))
    }

    // MARK: What it takes

    /// What each campaign will have taken in the end: what was spent, and of the plan a share by
    /// what its tasks draw.
    private func expected(_ plan: Plan) -> [CampaignID: Spending] {
        let drawn = campaignsDraw(plan)
        let all = drawn.values.reduce(0, +)
        let forecast = plan.takes.spending
        return Dictionary(
            uniqueKeysWithValues: campaigns.map { id in
                let share = all > 0 ? (drawn[id] ?? 0) / all : 0
                return (id, (spent[id] ?? Spending()) + forecast.part(share))
            })
    }

    /// In watt-microseconds at the meter.
    private func campaignsDraw(_ plan: Plan) -> [CampaignID: Double] {
        var drawn: [CampaignID: Double] = [:]
        func add(_ index: Int, _ node: Int, _ count: Int) {
            let tasks = problem.taskClasses[index]
            guard let estimate = tasks.estimates.first(where: { $0.nodeClass == node }) else {
                return
            }
            let site = problem.sites[problem.nodeClasses[node].site]
            drawn[planned[index].work.campaign, default: 0] +=
                Double(count) * Double(estimate.dynamicPower.milliwatts) / 1000
                * Double(estimate.runTime.count) * site.powerUsageEffectiveness
        }
        for part in plan.assignments { add(part.taskClass, part.nodeClass, part.count) }
        for (index, entry) in planned.enumerated() {
            for (node, count) in entry.probes { add(index, node, count) }
        }
        return drawn
    }
}

extension Totals {
    var spending: Spending {
        Spending(energy: dynamicEnergy + idleEnergy, carbon: carbon, money: money)
    }
}

extension Spending {
    fileprivate func part(_ share: Double) -> Spending {
        func part(_ amount: Int64) -> Int64 { Int64((Double(amount) * share).rounded()) }
        return Spending(
            energy: Joules(microjoules: part(energy.microjoules)),
            carbon: GramsCO2e(micrograms: part(carbon.micrograms)),
            money: Money(millionths: part(money.millionths)))
    }
}
