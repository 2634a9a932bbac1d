import ErgonModel

/// What a policy asks of budgets while campaigns run (G13): whoever is going to pass theirs is
/// warned, and once it is spent nothing more starts.
extension Coordinator {
    /// Looks at what a campaign's attempts have drawn, as far as they are on record.
    mutating func watchBudget(
        of id: CampaignID, _ now: Instant, _ effects: inout [Effect]
    ) {
        guard let state = campaigns[id], let oversight = state.oversight, oversight.watchesBudget,
            let limit = state.campaign.goals.budget?.energy
        else { return }
        if limit < state.account.drawn {
            noteOverrun(
                of: id, oversight.obligations.budget ? .blocked : .warned,
                "it has taken \(text(state.account.drawn)), and its budget is \(text(limit))", now,
                &effects)
        } else if limit < state.expectedEnergy {
            noteOverrun(
                of: id, .warned,
                "going on like this it will have taken \(text(state.expectedEnergy)) in the end, "
                    + "and its budget is \(text(limit))", now, &effects)
        }
    }

    /// Puts on record, once for each outcome, that a campaign passes its budget.
    mutating func noteOverrun(
        of id: CampaignID, _ outcome: GateFinding.Outcome, _ reason: String, _ now: Instant,
        _ effects: inout [Effect]
    ) {
        guard let state = campaigns[id], state.seal == nil, let oversight = state.oversight,
            oversight.watchesBudget
        else { return }
        switch oversight.overrun?.outcome {
        case nil, .passed, .awaits: break
        case .warned: if outcome == .warned { return }
        case .blocked: return
        }
        let finding = GateFinding(gate: .budget, outcome: outcome, reason: reason)
        decide(oversight.decision, at: .running, [finding], on: id, Self.itself, now, &effects)
    }

    private func text(_ energy: Joules) -> String { amount(energy.microjoules, "J") }
}

extension Oversight {
    /// Whether the gate is on.
    fileprivate var watchesBudget: Bool {
        obligations.budget || decision.findings.contains { $0.gate == .budget }
    }
}

extension CampaignState {
    /// What all attempts will have drawn in the end if what is left of each stage draws what it has
    /// drawn so far; of a stage of which nothing is done yet nobody knows.
    fileprivate var expectedEnergy: Joules {
        let left = accounts.reduce(Int128(0)) { sum, entry in
            let done = entry.value.succeeded
            guard let stage = stages[entry.key], done.attempts > 0 else { return sum }
            let open = stage.count - stage.done.count - stage.failed.count - stage.unreachable.count
            let drawn = Int128((done.energy + done.measured).microjoules)
            return sum + drawn * Int128(open) / Int128(done.attempts)
        }
        return account.drawn + Joules(microjoules: Int64(clamping: left))
    }
}

/// For people, to a tenth.
func amount(_ millionths: Int64, _ unit: String) -> String {
    let tenths = millionths / 100_000
    return "\(tenths / 10).\(tenths % 10) \(unit)"
}
