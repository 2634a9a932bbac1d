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
    ///   - deadline: counted from the start; `nil` for the manifest's, or 48 h.
    ///   - objective: `nil` for the manifest's, or energy.
    init(
        _ campaign: Campaign, _ loaded: LoadedGrid, start: Instant?, deadline: Microseconds?,
        objective: ObjectiveOption?, isInterruptible: Bool
    ) {
        let deadline = deadline ?? campaign.goals.deadline ?? .seconds(48 * 3600)
        let objective =
            objective ?? campaign.goals.objective.map(ObjectiveOption.init) ?? .energy
        let slot = loaded.grid.slot ?? usualSlot(deadline)
        let slots = max(1, Int(ceilingDivision(Int(deadline.count), Int(slot.count))))
        let now = Instant(microseconds: systemClock().microseconds / 60_000_000 * 60_000_000)
        let begin = start ?? now
        let grid = PlannedGrid(loaded, start: begin, slot: slot, slots: slots)
        let (weights, note) = objective.objective(grid)
        demand = CampaignDemand(
            campaign, on: grid, start: begin, deadline: begin + deadline, slot: slot,
            isInterruptible: isInterruptible)
        problem = PlanningProblem(
            start: begin, slot: slot, slots: slots, sites: grid.sites,
            nodeClasses: grid.nodeClasses, taskClasses: demand.classes.map(\.tasks),
            links: grid.links, objective: weights, budget: Budget(campaign.goals.budget))
        self.grid = grid
        self.objective = objective
        if let note { notes.append(note) }
        notes += demand.unknown.map {
            "step `\($0)` is not planned: its number of tasks is not known before it is run"
        }
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
