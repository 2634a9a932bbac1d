package import ErgonModel

/// What campaigns and workers have spent, as far as it is on record.
package struct EnergyReport: Hashable, Sendable {
    package struct Step: Hashable, Sendable {
        /// As `Stage.name(in:)` has it.
        package var name: String
        package var account: Account
        /// What meters told of its tasks.
        package var dynamic: Joules
        package var idle: Joules
        /// What each of its tasks holds.
        package var cores: Int
    }

    package struct Spent: Hashable, Sendable {
        package var id: CampaignID
        package var name: String
        /// `nil` if it still runs.
        package var ending: SealedCampaign.Ending?
        package var account: Account
        package var steps: [Step]
        /// Of what meters told of it, what no result has: tasks that still run, or were lost.
        package var unclaimed: Joules
        /// How much of its input it has gone through, by the first step that counts in the
        /// smallest unit, and that unit.
        package var done: Int
        package var unit: String
    }

    package struct Node: Hashable, Sendable {
        package var facts: WorkerFacts
        package var account: Account
        package var meter: MeterAccount
        /// What told last; `nil` if nothing ever did.
        package var source: MeterSource?
        package var unclaimed: Joules
    }

    package var campaigns: [Spent]
    /// Those that anything is on record of, or that a meter told of.
    package var nodes: [Node]
    /// What meters told of campaigns that the coordinator does not know any more.
    package var forgotten: Joules
}

extension Coordinator {
    func energy(_ selector: CampaignSelector?) -> Reply {
        var states = campaigns.values.sorted { $0.id < $1.id }
        if let selector {
            guard let state = campaign(selector) else { return .unknownCampaign }
            states = [state]
        }
        let nodes = workers.values.sorted { $0.facts.worker < $1.facts.worker }
            .map { there in
                EnergyReport.Node(
                    facts: there.facts, account: there.account, meter: there.meter,
                    source: there.meterSource,
                    unclaimed: there.unclaimed.values.reduce(.zero, +))
            }
        let told = nodes.reduce(MeterAccount()) { $0 + $1.meter }
        let known = campaigns.values.reduce(Joules.zero) { sum, state in
            state.metered.values.reduce(sum) { $0 + $1.dynamic + $1.idle }
        }
        let all = told.dynamic + told.idle
        return .energy(
            EnergyReport(
                campaigns: states.map(spent), nodes: nodes,
                forgotten: Joules(microjoules: max(all.microjoules - known.microjoules, 0))))
    }

    private func spent(_ state: CampaignState) -> EnergyReport.Spent {
        let unclaimed = workers.values.reduce(Joules.zero) {
            $0 + ($1.unclaimed[state.id] ?? .zero)
        }
        let (done, unit) = state.progress
        return EnergyReport.Spent(
            id: state.id, name: state.campaign.name, ending: state.seal?.ending,
            account: state.account, steps: state.energySteps, unclaimed: unclaimed, done: done,
            unit: unit)
    }
}

extension CampaignState {
    fileprivate var energySteps: [EnergyReport.Step] {
        Set(accounts.keys).union(metered.keys).sorted().map { stage in
            EnergyReport.Step(
                name: stage.name(in: campaign), account: accounts[stage] ?? Account(),
                dynamic: metered[stage]?.dynamic ?? .zero, idle: metered[stage]?.idle ?? .zero,
                cores: campaign.resources(of: stage).cpus)
        }
    }

    /// Events say more than lines, lines more than files, and so on.
    fileprivate var progress: (done: Int, unit: String) {
        let entries = seal?.coverage ?? coverage()
        for unit in ["events", "seeds", "lines", "files", "tasks"] {
            guard let first = entries.first(where: { $0.unit == unit }) else { continue }
            let same = entries.filter { $0.step == first.step && $0.unit == unit }
            return (same.reduce(0) { $0 + $1.covered.count }, unit)
        }
        return (0, "tasks")
    }
}
