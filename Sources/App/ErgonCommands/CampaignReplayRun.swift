import ErgonCoordinatorService
import ErgonModel
import ErgonPlanner

extension ReplayArguments {
    /// Lets policies decide on a campaign, side by side.
    /// - Parameter seeds: which errors of the forecast; what comes out is the mean over them.
    func run(
        campaign file: String, seeds: ClosedRange<UInt64>, _ format: FormatOption
    ) async throws {
        guard let grid else { return }
        let local = try await loadCampaign(file, inputs: inputs)
        let loaded = try await GridReader(grid: grid, signals: signals).load()
        for note in loaded.notes { printNote(note) }
        let given = CampaignProblem(
            local.campaign, loaded, start: start?.instant, deadline: deadline.time,
            objective: objective, isInterruptible: interruptible)
        for note in given.notes { printNote(note) }
        let problem = given.problem
        let known =
            try await forecasts(problem.start, problem.slot, problem.slots)
            ?? given.grid
        let rows = policy.map { way in
            let all = seeds.map { seed in
                let forecast = disturbed(known, percent: forecastError, seed: seed)
                return row(way, given, CampaignReplay(actual: problem, forecast: forecast))
            }
            return ReplayRow(meanOf: all)
        }
        let tasks = problem.taskClasses.reduce(0) { $0 + $1.count }
        let report = ReplayReport(
            what: "\(local.campaign.name): \(tasks) tasks", count: tasks, rows: rows,
            problem: problem, objective: objective.text, origins: given.grid.origins)
        format.print(report.text(), json: report.json())
    }

    private func row(
        _ way: Way, _ given: CampaignProblem, _ replay: CampaignReplay
    ) -> ReplayRow {
        timed(way) {
            if let policy = policy(of: way) { return replay.account(of: policy) }
            let whole = PlannedCampaign(given, plan: ErgonPlanner.plan(given.problem))
            var account = replay.account(of: whole.plan.assignments)
            account.bound = whole.bound
            return account
        }
    }
}
