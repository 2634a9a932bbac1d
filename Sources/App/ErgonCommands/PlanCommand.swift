import ArgumentParser
import ErgonCoordinatorService
import ErgonModel
import ErgonPlanner
import ErgonSystem
import ErgonWireMessages
import FoundationEssentials

struct PlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Says what would run where and when, what it takes, and how good that is.",
        discussion: """
            Plans a campaign on the sites of a grid file (docs/ENERGY.md) so that what is asked \
            for is least while the deadline holds. Prints a bound that no plan can undercut, and \
            what starting everything at once would take. Nothing is run. Without --grid the \
            coordinator is asked for its sites, its workers and what of their time is left beside \
            what it has planned and what they run: the plan is of that, and moves nobody else's \
            work. Exit status 1 if not everything finds a place: then the deadlines to give up are \
            named.
            """)

    @OptionGroup var manifest: ManifestArguments
    @OptionGroup var grid: GridArguments
    @OptionGroup var home: HomeOption
    @Option(
        help: """
            What to save: energy, carbon, money or time, or weights for a kWh, a kg of CO2e, a \
            unit of money and an hour of a task: energy=0.1,carbon=1. Default: the manifest's, or \
            energy.
            """)
    var objective: ObjectiveOption?
    @Option(
        help: """
            By when all of it has run, counted from the start: 24h, 3 d. Default: the manifest's, \
            or 48h.
            """)
    var deadline: DurationOption?
    @Option(help: "When it may start, ISO 8601; by default the present.")
    var start: InstantOption?
    @Flag(help: "Plans as if tasks could stop at the end of a slot and go on later.")
    var interruptible = false
    @Option(help: "Writes the plan as a drawing to this file, SVG.", completion: .file())
    var svg: String?
    @OptionGroup var output: FormatOption

    func run() async throws {
        try await reporting {
            let local = try await manifest.load()
            let planned = try await plan(local.campaign)
            for note in planned.notes { printNote(note) }
            if let svg { try write(drawing(of: planned), to: svg) }
            output.print(planned.text(local.campaign.name), json: planned.json())
            if planned.plan.verdict != .complete { throw Exit.no }
        }
    }

    func validate() throws {
        if grid.grid == nil, grid.signals != nil || start != nil {
            throw ValidationError("--signals and --start need --grid: a coordinator has its own")
        }
    }

    private func plan(_ campaign: Campaign) async throws -> PlannedCampaign {
        let deadline = CampaignProblem.deadline(of: campaign, deadline?.time)
        let objective = CampaignProblem.objective(of: campaign, objective)
        let asked: CampaignProblem
        if let loaded = try await grid.load() {
            for note in loaded.notes { printNote(note) }
            asked = CampaignProblem(
                campaign, loaded, start: start?.instant, deadline: deadline,
                objective: objective, isInterruptible: interruptible)
        } else {
            asked = CampaignProblem(
                campaign, try await openGrid(deadline), deadline: deadline,
                objective: objective, isInterruptible: interruptible)
        }
        return PlannedCampaign(asked, plan: ErgonPlanner.plan(asked.problem))
    }

    private func openGrid(_ deadline: Microseconds) async throws -> OpenGrid {
        let reply = try await withCoordinator(home.folder) { client in
            var request = Ergon_V1_GridRequest()
            request.horizonMicroseconds = deadline.count
            return try await client.control.grid(request, options: ControlClient.patience)
        }
        guard let open = OpenGrid(reply) else {
            throw CommandFault(
                place: home.folder, problem: "what the coordinator says of its grid makes no sense",
                remedy: "see whether it is of the same version", exit: Exit.bug)
        }
        return open
    }
}

/// A plan with all that was put into it.
struct PlannedCampaign {
    var problem: PlanningProblem
    var plan: Plan
    /// No plan that keeps the deadline undercuts it, whatever the windows of steps.
    var bound: Double
    var demand: CampaignDemand
    var grid: PlannedGrid
    /// The objective as it was given.
    var asked: String
    var notes: [String]

    init(_ given: CampaignProblem, plan: Plan) {
        problem = given.problem
        self.plan = plan
        demand = given.demand
        grid = given.grid
        asked = given.objective.text
        notes = given.notes
        bound = plan.bound
        guard demand.hasWindows else { return }
        // Every plan that respects which step reads which also fits the whole time for each.
        var relaxed = problem
        for index in relaxed.taskClasses.indices {
            relaxed.taskClasses[index].ready = problem.start
            relaxed.taskClasses[index].deadline = problem.end
        }
        bound = min(plan.bound, ErgonPlanner.plan(relaxed).bound)
    }

    /// The share of the cost that a perfect plan could save at most.
    var gap: Double {
        let cost = plan.takes.cost
        return cost == 0 ? 0 : max(0, cost - bound) / abs(cost)
    }
}

func write(_ text: String, to file: String) throws(CommandFault) {
    do { try Data(text.utf8).write(to: URL(fileURLWithPath: file)) } catch {
        throw CommandFault(
            place: file, problem: "it cannot be written: \(reason(error))",
            remedy: "check the path, its permissions and the room on the disk", exit: Exit.no)
    }
}
