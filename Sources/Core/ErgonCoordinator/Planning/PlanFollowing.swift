import ErgonModel

/// How leases follow a plan, and when they do not: a deadline goes before every saving, and
/// nothing waits for ever for a plan.
extension Coordinator {
    /// From now on plans are asked for, and followed.
    package mutating func followPlans() { planning = Planning() }

    /// Whether an event changes what there is to plan, or who could do it.
    func changesWork(_ event: Event) -> Bool {
        switch event {
        case .workerConnected, .workerDisconnected, .leaving, .decline, .submit, .replay,
            .intervene, .approve,
            .linesCounted, .planWanted:
            true
        case .report, .giveBack, .trouble, .tick, .planned: false
        }
    }

    mutating func askForPlan(_ now: Instant, _ effects: inout [Effect]) {
        guard planning?.mayAsk(now) == true else { return }
        let work = openWork(now)
        if work.campaigns.isEmpty || work.crews.isEmpty {
            planning?.drop()
        } else {
            planning?.noteAsked(now)
            effects.append(.plan(work))
        }
    }

    mutating func adopt(
        _ schedule: Schedule, _ plan: AdoptedPlan?, _ now: Instant, _ effects: inout [Effect]
    ) {
        guard planning != nil else { return }
        planning?.adopt(schedule, now)
        planning?.excesses = [:]
        if let plan { commit(.planAdopted(plan), now, &effects) }
        for (id, expected) in schedule.expected.sorted(by: { $0.key < $1.key }) {
            keepBudget(of: id, expected, now, &effects)
        }
    }

    // MARK: Leases

    /// How many tasks that were never tried the worker may be given now.
    func allowance(
        of worker: WorkerID, for stage: Stage, of id: CampaignID, _ now: Instant
    ) -> Int {
        switch planState(of: stage, id, now) {
        case .free: return .max
        case .awaited: return 0
        case .planned(let work):
            guard let place = workers[worker]?.facts.place else { return 0 }
            return planning?.allowance(of: work, at: place, now) ?? .max
        }
    }

    mutating func noteStart(
        _ tasks: Range<Int>, of stage: Stage, _ id: CampaignID, by worker: WorkerID
    ) {
        guard planning != nil, stage.part == .work else { return }
        planning?.noteStart(
            tasks.count, of: Schedule.Work(campaign: id, step: stage.step),
            at: workers[worker]?.facts.place)
    }

    private enum PlanState {
        /// No plan says anything of it, or there is no more time to follow one.
        case free
        /// A plan is on its way.
        case awaited
        case planned(Schedule.Work)
    }

    private func planState(
        of stage: Stage, _ id: CampaignID, _ now: Instant
    ) -> PlanState {
        guard let planning, stage.part == .work, let state = campaigns[id],
            state.campaign.goals.isPlanned
        else { return .free }
        let work = Schedule.Work(campaign: id, step: stage.step)
        guard let part = planning.schedule?.parts[work] else {
            return planning.willSay(now) ? .awaited : .free
        }
        let open = state.stage(stage)?.openTasks ?? 0
        return now < part.latestStart(of: open) ? .planned(work) : .free
    }

    // MARK: Reasons

    /// Why nobody is given a task that could run; `nil` if no plan is to blame.
    func planReason(_ state: CampaignState, _ stage: Stage, _ now: Instant) -> String? {
        switch planState(of: stage, state.id, now) {
        case .free: return nil
        case .awaited: return "it waits for the plan"
        case .planned(let work):
            let places = Set(workers.values.filter { $0.mayTake(now) }.compactMap(\.facts.place))
            let isOpen = places.contains {
                planning?.allowance(of: work, at: $0, now) ?? 0 > 0
            }
            if isOpen { return nil }
            let quotas = planning?.schedule?.parts[work]?.quotas ?? []
            return quotas.first { $0.opens > now }?.reason
                ?? "all that the plan has of `\(stage.name(in: state.campaign))` has started"
        }
    }

    /// What a campaign waits for of which no task is with a worker, or what speaks against it.
    func notice(of state: CampaignState, _ now: Instant) -> String? {
        guard state.seal == nil, state.wait == nil else { return nil }
        if let excess = planning?.excesses[state.id] { return excess }
        if let overrun = state.oversight?.overrun { return overrun.reason }
        guard
            state.stages.values.allSatisfy({ $0.leased.isEmpty })
        else { return nil }
        return state.stagesWithRunnableTasks(now).lazy.compactMap {
            planReason(state, $0, now)
        }.first
    }

    // MARK: Budgets

    /// Who holds campaigns for their budgets, in the log.
    static let budgetActor = "coordinator (budget)"

    /// A campaign that is going to pass its budget is held, once: whoever releases it has decided.
    private mutating func keepBudget(
        of id: CampaignID, _ expected: Spending, _ now: Instant, _ effects: inout [Effect]
    ) {
        guard let state = campaigns[id], state.seal == nil,
            let budget = state.campaign.goals.budget, let excess = budget.excess(of: expected)
        else { return }
        planning?.excesses[id] = excess
        noteOverrun(of: id, .warned, excess, now, &effects)
        guard budget.onExcess == .hold, state.held == nil, !state.mayPassBudget else { return }
        commit(.campaignHeld(id, reason: excess, by: Self.budgetActor), now, &effects)
    }
}

extension SpendingLimit {
    /// Which limit is going to be passed, and by what; `nil` for none.
    fileprivate func excess(of expected: Spending) -> String? {
        func sentence(_ what: String, _ limit: Int64, _ expected: Int64, _ unit: String) -> String {
            "it will have taken \(amount(expected, unit)) in the end, and its budget of \(what) is "
                + amount(limit, unit)
        }
        if let energy, energy < expected.energy {
            return sentence("energy", energy.microjoules, expected.energy.microjoules, "J")
        }
        if let carbon, carbon < expected.carbon {
            return sentence("carbon", carbon.micrograms, expected.carbon.micrograms, "gCO2e")
        }
        if let money, money < expected.money {
            return sentence("money", money.millionths, expected.money.millionths, "of money")
        }
        return nil
    }
}
