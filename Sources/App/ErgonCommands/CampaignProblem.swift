import ErgonCoordinatorService
import ErgonModel
import ErgonPlanner
import ErgonSystem

/// A campaign on the sites of a grid, as the planner takes it.
struct CampaignProblem {
    var problem: PlanningProblem
    var demand: CampaignDemand
    var grid: PlannedGrid
    /// As it was asked for.
    var objective: ObjectiveOption
    /// What people should know.
    var notes: [String] = []

    /// - Parameters:
    ///   - start: `nil` for the present.
    ///   - deadline: counted from the start.
    init(
        _ campaign: Campaign, _ loaded: LoadedGrid, start: Instant?, deadline: Microseconds,
        objective: ObjectiveOption, isInterruptible: Bool
    ) {
        let slot = loaded.grid.slot ?? usualSlot(deadline)
        let slots = max(1, Int(ceilingDivision(Int(deadline.count), Int(slot.count))))
        let now = Instant(microseconds: systemClock().microseconds / 60_000_000 * 60_000_000)
        let begin = start ?? now
        let grid = PlannedGrid(loaded, start: begin, slot: slot, slots: slots)
        let demand = CampaignDemand(
            campaign, on: grid, start: begin, deadline: begin + deadline, slot: slot,
            isInterruptible: isInterruptible)
        let problem = PlanningProblem(
            start: begin, slot: slot, slots: slots, sites: grid.sites,
            nodeClasses: grid.nodeClasses, taskClasses: [], links: grid.links,
            objective: Objective())
        self.init(campaign, problem, demand, grid, objective)
    }

    /// On what of a coordinator's grid is not spoken for, from now on.
    init(
        _ campaign: Campaign, _ open: OpenGrid, deadline: Microseconds,
        objective: ObjectiveOption, isInterruptible: Bool
    ) {
        var problem = open.problem
        let clock = SignalClock(here: problem.start, there: problem.start, speed: open.speed)
        let end = min(problem.present + deadline, problem.end)
        let slots = ceilingDivision(Int((end - problem.start).count), Int(problem.slot.count))
        problem.slots = max(1, min(problem.slots, slots))
        let demand = CampaignDemand(
            campaign, on: open.grid, clock: clock, start: problem.start, deadline: end,
            accepted: problem.present, slot: problem.slot, isInterruptible: isInterruptible)
        self.init(campaign, problem, demand, open.grid, objective)
        let share = Int((open.takenShare * 100).rounded())
        notes.append("\(share) % of the nodes' time until then is others'")
    }

    private init(
        _ campaign: Campaign, _ empty: PlanningProblem, _ demand: CampaignDemand,
        _ grid: PlannedGrid, _ objective: ObjectiveOption
    ) {
        let (weights, note) = objective.objective(grid)
        problem = empty
        problem.taskClasses = demand.classes.map(\.tasks)
        problem.objective = weights
        problem.budget = Budget(campaign.goals.budget)
        self.demand = demand
        self.grid = grid
        self.objective = objective
        if let note { notes.append(note) }
        notes += demand.unknown.map {
            "step `\($0)` is not planned: its number of tasks is not known before it is run"
        }
    }

    /// - Parameter asked: on the command line; else the manifest's, or 48 h.
    static func deadline(of campaign: Campaign, _ asked: Microseconds?) -> Microseconds {
        asked ?? campaign.goals.deadline ?? .seconds(48 * 3600)
    }

    /// - Parameter asked: on the command line; else the manifest's, or energy.
    static func objective(
        of campaign: Campaign, _ asked: ObjectiveOption?
    ) -> ObjectiveOption {
        asked ?? campaign.goals.objective.map(ObjectiveOption.init) ?? .energy
    }
}

/// As long as there are two dozen of them.
private func usualSlot(_ horizon: Microseconds) -> Microseconds {
    let minutes: [Int64] = [60, 30, 15, 5, 1]
    let fitting = minutes.first { .seconds($0 * 60 * 24) <= horizon } ?? 1
    return .seconds(fitting * 60)
}

extension Budget {
    fileprivate init(_ limit: SpendingLimit?) {
        self.init(energy: limit?.energy, carbon: limit?.carbon, money: limit?.money)
    }
}
