/// What something takes in all.
package struct Spending: Hashable, Sendable {
    package var energy: Joules
    package var carbon: GramsCO2e
    package var money: Money

    package init(energy: Joules = .zero, carbon: GramsCO2e = .zero, money: Money = .zero) {
        self.energy = energy
        self.carbon = carbon
        self.money = money
    }

    package static func + (left: Spending, right: Spending) -> Spending {
        Spending(
            energy: left.energy + right.energy, carbon: left.carbon + right.carbon,
            money: left.money + right.money)
    }
    package static func += (left: inout Spending, right: Spending) { left = left + right }
}

/// A plan that leases follow from now on, with its certificate.
package struct AdoptedPlan: Hashable, Sendable {
    /// The plan as JSON (`docs/ENERGY.md`, "Following a plan"), in the content store.
    package var content: StoredFile
    /// The campaigns it is of, ascending.
    package var campaigns: [CampaignID]
    package var objective: Weights
    /// What it costs, and less than which no plan costs, in the objective's unit.
    package var cost: Double
    package var bound: Double
    /// What it will take from now on.
    package var forecast: Spending
    /// Where the values of each site's signals are from, a line each.
    package var signals: [String]

    /// So many campaigns are planned together, so that they fit into a record.
    package static let mostCampaigns = 1000
    /// So many lines of `signals` are on record.
    package static let mostSignals = 40

    package init(
        content: StoredFile, campaigns: [CampaignID], objective: Weights, cost: Double,
        bound: Double, forecast: Spending, signals: [String]
    ) {
        self.content = content
        self.campaigns = campaigns
        self.objective = objective
        self.cost = cost
        self.bound = bound
        self.forecast = forecast
        self.signals = signals
    }
}
