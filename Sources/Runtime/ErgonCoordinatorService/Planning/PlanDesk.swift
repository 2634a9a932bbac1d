import ErgonCoordinator
import ErgonEnergy
import ErgonModel
import ErgonPlanner

/// Where plans are made: what is known of the grid, of what tasks take, and the last prices.
struct PlanDesk: Sendable {
    var loaded: LoadedGrid
    let clock: SignalClock
    private(set) var experience = Experience()
    private var books = SpendingBooks()
    private var prices: ShadowPrices?
    /// Run times that the last plan was made with, by what experience calls the tasks and nodes.
    private var assumed: [Experience.Pair: Microseconds] = [:]

    /// A campaign without a deadline waits at most so long.
    private static let longestWait = Microseconds.seconds(24 * 3600)
    /// How many slots a plan has at most: what is behind the last is planned later.
    private static let mostSlots = 336
    /// How many slots a plan had better have.
    private static let usualSlots = 96
    /// Of a step's tasks one in so many may be spent on learning what they take where.
    private static let tasksForEachProbe = 20

    init(loaded: LoadedGrid, clock: SignalClock) {
        self.loaded = loaded
        self.clock = clock
    }

    // MARK: Learning

    /// Takes in what a record says of tasks and workers.
    mutating func learn(from record: Record) {
        guard let spent = books.take(record, loaded, clock) else { return }
        for result in spent.results where result.outcome == .succeeded {
            let seconds = result.wall.seconds
            let power =
                seconds > 0
                ? Watts(milliwatts: Int64(Double(result.energy.microjoules) / seconds / 1000))
                : nil
            for _ in 0..<min(result.count, Experience.probes) {
                experience.observe(
                    spent.pair, runTime: clock.inSignals(result.wall), power: power)
            }
        }
    }

    /// Whether tasks take a tenth more or less than the last plan thought.
    var isSurprised: Bool {
        assumed.contains { pair, time in
            let now = experience.forecast(pair, requested: time)
            guard case .observed = now.source else { return false }
            return abs(Double(now.runTime.count - time.count)) * 10 > Double(time.count)
        }
    }

    // MARK: Planning

    /// What all that is open leaves to others, so far ahead at least.
    /// - Returns: `nil` if no known node is there.
    func rest(
        beside work: OpenWork, ahead: Microseconds, now: Instant, shouldStop: () -> Bool
    ) -> OpenGrid? {
        var trial = self
        return trial.plan(work, now: now, ahead: ahead, shouldStop: shouldStop)?.rest
    }

    /// - Parameters:
    ///   - ahead: how far is planned, if not as far as the last deadline.
    ///   - shouldStop: asked now and then; the plan is then the best so far.
    /// - Returns: `nil` if nothing can be planned: no known node is there, or all is late.
    mutating func plan(
        _ work: OpenWork, now: Instant, ahead: Microseconds? = nil, shouldStop: () -> Bool
    ) -> MadePlan? {
        let present = clock.inSignals(now)
        let due = work.campaigns.prefix(AdoptedPlan.mostCampaigns).map { campaign in
            (campaign, clock.inSignals(campaign.accepted) + Self.wait(campaign.campaign))
        }.filter { $0.1 > present }
        let ends = due.map(\.1) + (ahead.map { [present + $0] } ?? [])
        guard let last = ends.max() else { return nil }
        let slot = loaded.grid.slot ?? Self.slot(for: last - present)
        let start = Instant(
            microseconds: present.microseconds - present.microseconds % slot.count)
        let wanted = ceilingDivision(Int((last - start).count), Int(slot.count))
        let slots = min(max(wanted, 1), Self.mostSlots)
        let grid = PlannedGrid(
            loaded.with(work.crews), start: start, slot: slot, slots: slots)
        guard !grid.nodeClasses.isEmpty else { return nil }
        let objective = Self.objective(of: due.map(\.0)).known(on: grid)
        var problem = PlanningProblem(
            start: start, elapsed: present - start, slot: slot, slots: slots, sites: grid.sites,
            nodeClasses: grid.nodeClasses, taskClasses: [], links: grid.links,
            objective: Objective(objective.weights))
        let held = HeldTime(experience, clock, present: present)
        for crew in work.crews { held.take(crew, grid, from: &problem) }
        var made = MadePlan(
            problem: problem, clock: clock, objective: objective.weights, grid: grid,
            note: objective.note)
        assumed = [:]
        for (campaign, deadline) in due {
            add(campaign, until: min(deadline, made.problem.end), grid, to: &made)
        }
        let effort = Effort(iterations: 300, gap: 0.002, relaxes: false)
        made.plan = ErgonPlanner.plan(
            made.problem, after: prices, effort: effort, shouldStop: shouldStop)
        prices = made.plan?.prices
        made.spent = Dictionary(uniqueKeysWithValues: due.map { ($0.0.id, books[$0.0.id]) })
        return made
    }

    private mutating func add(
        _ campaign: OpenWork.CampaignWork, until deadline: Instant, _ grid: PlannedGrid,
        to made: inout MadePlan
    ) {
        let demand = CampaignDemand(
            campaign.campaign, open: campaign.open, on: grid, experience: experience,
            clock: clock, start: made.problem.start, deadline: deadline,
            accepted: clock.inSignals(campaign.accepted), slot: made.problem.slot,
            isInterruptible: false)
        for planned in demand.classes where planned.tasks.count > 0 {
            guard let step = campaign.campaign.stepIndex(named: planned.step) else { continue }
            let name = CampaignDemand.className(
                campaign.campaign.steps[step], of: campaign.campaign.name)
            var tasks = planned.tasks
            let mayProbe = tasks.ready <= made.problem.start
            let probes = mayProbe ? probes(of: tasks, name, grid) : [:]
            tasks.count -= probes.values.reduce(0, +)
            for estimate in tasks.estimates {
                let node = grid.nodeClasses[estimate.nodeClass].name
                assumed[Experience.Pair(taskClass: name, nodeClass: node)] = estimate.runTime
            }
            made.add(
                tasks, Schedule.Work(campaign: campaign.id, step: step), probes,
                name: planned.step)
        }
    }

    /// How many tasks start at once on each class of nodes to see what they take there.
    private func probes(
        of tasks: TaskClass, _ name: String, _ grid: PlannedGrid
    ) -> [Int: Int] {
        guard !tasks.estimates.isEmpty else { return [:] }
        let most = tasks.count / Self.tasksForEachProbe / tasks.estimates.count
        var probes: [Int: Int] = [:]
        for estimate in tasks.estimates {
            let node = grid.nodeClasses[estimate.nodeClass].name
            let missing = experience.missingProbes(
                Experience.Pair(taskClass: name, nodeClass: node))
            if min(missing, most) > 0 { probes[estimate.nodeClass] = min(missing, most) }
        }
        return probes
    }

    private static func wait(_ campaign: Campaign) -> Microseconds {
        campaign.goals.deadline ?? longestWait
    }

    private static func slot(for horizon: Microseconds) -> Microseconds {
        let minutes: [Int64] = [1, 5, 15, 30, 60]
        let fitting = minutes.first { .seconds($0 * 60 * Int64(usualSlots)) >= horizon } ?? 60
        return .seconds(fitting * 60)
    }

    /// One plan has one objective: the mean of the campaigns' weights, by their open tasks' cores.
    private static func objective(of work: [OpenWork.CampaignWork]) -> Weights {
        var (sum, all) = (Weights(), 0.0)
        for campaign in work {
            let share = zip(campaign.campaign.steps, campaign.open).reduce(0.0) {
                $0 + Double($1.0.resources.cpus * ($1.1 ?? 0))
            }
            let weights = campaign.campaign.goals.objective ?? Weights(energy: 1)
            sum.energy += share * weights.energy
            sum.carbon += share * weights.carbon
            sum.money += share * weights.money
            sum.time += share * weights.time
            all += share
        }
        let total = max(all, 1)
        return Weights(
            energy: sum.energy / total, carbon: sum.carbon / total, money: sum.money / total,
            time: sum.time / total)
    }
}

extension LoadedGrid {
    /// Only the nodes whose workers are there.
    fileprivate func with(_ crews: [OpenWork.Crew]) -> LoadedGrid {
        var present = LoadedGrid(
            grid: Grid(slot: grid.slot, sites: [], links: grid.links), carbon: [], price: [],
            notes: notes)
        for (index, site) in grid.sites.enumerated() {
            var there = site
            there.nodes = site.nodes.compactMap { node in
                let place = WorkerPlace(site: site.name, nodeClass: node.name)
                guard let crew = crews.first(where: { $0.place == place }) else { return nil }
                var node = node
                node.count = crew.workers
                node.cores = max(1, crew.cpus / crew.workers)
                node.memory = crew.memory
                return node
            }
            guard !there.nodes.isEmpty else { continue }
            present.grid.sites.append(there)
            present.carbon.append(carbon[index])
            present.price.append(price[index])
        }
        return present
    }
}
