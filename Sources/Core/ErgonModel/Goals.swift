/// What a campaign asks of its plan.
package struct Goals: Hashable, Sendable {
    /// What to save; `nil` asks for nothing.
    package var objective: Weights?
    /// By when all of it has run, counted from its acceptance.
    package var deadline: Microseconds?
    /// So long after its acceptance nothing of it waits for cheaper power any more.
    package var longestWait: Microseconds?
    package var budget: SpendingLimit?

    package init(
        objective: Weights? = nil, deadline: Microseconds? = nil,
        longestWait: Microseconds? = nil, budget: SpendingLimit? = nil
    ) {
        self.objective = objective
        self.deadline = deadline
        self.longestWait = longestWait
        self.budget = budget
    }

    /// Whether there is anything to plan for: what asks for nothing never waits for cheaper power.
    package var isPlanned: Bool { objective != nil || deadline != nil || budget != nil }
}

/// How much counts what a plan takes. Weights turn each of them into one unit, whichever the user
/// thinks in. None is negative.
package struct Weights: Hashable, Sendable {
    /// For a kilowatt-hour at the meter of the site.
    package var energy: Double
    /// For a kilogram of CO2 equivalent.
    package var carbon: Double
    /// For a unit of the installation's currency.
    package var money: Double
    /// For an hour of a task, from when it could run to the end of its slot.
    package var time: Double

    package init(energy: Double = 0, carbon: Double = 0, money: Double = 0, time: Double = 0) {
        self.energy = energy
        self.carbon = carbon
        self.money = money
        self.time = time
    }
}

/// What a campaign may take at most; `nil` where there is no limit.
package struct SpendingLimit: Hashable, Sendable {
    /// What becomes of a campaign that is going to pass it.
    package enum Excess: String, Hashable, Sendable, CaseIterable {
        /// Nothing more of it is started until a person lets it go on.
        case hold
        /// It goes on, and whoever asks is told.
        case warn
    }

    package var energy: Joules?
    package var carbon: GramsCO2e?
    package var money: Money?
    package var onExcess: Excess

    package init(
        energy: Joules? = nil, carbon: GramsCO2e? = nil, money: Money? = nil,
        onExcess: Excess = .hold
    ) {
        self.energy = energy
        self.carbon = carbon
        self.money = money
        self.onExcess = onExcess
    }
}
