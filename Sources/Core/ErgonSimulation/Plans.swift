import ErgonCoordinator
import ErgonModel

/// A planner that answers late, or never, and whose plans need make no sense: whatever it says,
/// every task has to come to its end.
extension World {
    mutating func plan(_ work: OpenWork) {
        trace.note(now, "plan is asked for", [work.campaigns.count, work.crews.count])
        if dice.happens(1, in: 4) {
            later(.plannerSpeaks(life: coordinatorLife, .planWanted), 0...20_000_000)
        }
        guard !dice.happens(1, in: 10) else { return }
        var schedule = Schedule()
        for campaign in work.campaigns {
            for (step, open) in campaign.open.enumerated() where dice.happens(3, in: 4) {
                schedule.parts[Schedule.Work(campaign: campaign.id, step: step)] = part(
                    of: open ?? 0, work.crews)
            }
            if dice.happens(1, in: 8) {
                schedule.expected[campaign.id] = Spending(
                    energy: Joules(microjoules: dice.span(0...2_000_000)))
            }
        }
        let adopted = AdoptedPlan(
            content: content("a plan"), campaigns: work.campaigns.map(\.id),
            objective: Weights(energy: 1), cost: 1, bound: 0.5, forecast: Spending(), signals: [])
        later(
            .plannerSpeaks(life: coordinatorLife, .planned(schedule, adopted)), 1000...10_000_000)
    }

    /// More than there is to do, or less; at places where there is nobody; now or in an hour.
    private mutating func part(of open: Int, _ crews: [OpenWork.Crew]) -> Schedule.Part {
        let start = coordinatorTime
        var places = crews.map(\.place)
        if dice.happens(1, in: 4) { places.append(WorkerPlace(site: "moon", nodeClass: "base")) }
        var quotas: [Schedule.Quota] = []
        for place in places {
            let opens = start + Microseconds(dice.span(-5_000_000...30_000_000))
            quotas.append(
                Schedule.Quota(
                    place: place, opens: opens, closes: opens + .seconds(dice.span(0...60)),
                    tasks: dice.roll(0...open + 2), reason: "the dice say so"))
        }
        return Schedule.Part(
            deadline: start + .seconds(dice.span(0...3600)),
            runTime: .seconds(dice.span(0...30)), cautiousRunTime: .seconds(dice.span(0...60)),
            atOnce: dice.roll(0...4), quotas: quotas.sorted { $0.opens < $1.opens })
    }
}

extension SimulatedCampaign {
    /// The same, but for what it asks of a plan.
    func withGoals(seed: UInt64) -> SimulatedCampaign {
        var planned = campaign
        planned.goals = Goals(
            deadline: .seconds(600),
            budget: seed % 8 == 0 ? SpendingLimit(energy: Joules(microjoules: 1_000_000)) : nil)
        return SimulatedCampaign(campaign: planned, manifest: manifest)
    }
}
