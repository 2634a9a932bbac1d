package import ErgonModel

/// What counts, and how much: the cost of a plan is the weighted sum of what it takes. Weights
/// turn each of them into one unit, whichever the user thinks in.
package struct Objective: Hashable, Sendable {
    package var perKilowattHour: Double
    package var perKilogramCO2e: Double
    package var perMoney: Double
    /// For each task, for each hour from its being ready to the end of its slot.
    package var perTaskHour: Double

    package init(
        perKilowattHour: Double = 0, perKilogramCO2e: Double = 0, perMoney: Double = 0,
        perTaskHour: Double = 0
    ) {
        self.perKilowattHour = perKilowattHour
        self.perKilogramCO2e = perKilogramCO2e
        self.perMoney = perMoney
        self.perTaskHour = perTaskHour
    }
}

/// What the whole plan may take at most; `nil` where there is no limit.
package struct Budget: Hashable, Sendable {
    package var energy: Joules?
    package var carbon: GramsCO2e?
    package var money: Money?

    package init(energy: Joules? = nil, carbon: GramsCO2e? = nil, money: Money? = nil) {
        self.energy = energy
        self.carbon = carbon
        self.money = money
    }
}

/// All that a plan is made from. Equal problems have equal plans.
package struct PlanningProblem: Hashable, Sendable {
    /// When slot 0 begins.
    package var start: Instant
    /// How much of slot 0 has passed when the plan begins; less than a slot.
    package var elapsed: Microseconds
    package var slot: Microseconds
    package var slots: Int
    package var sites: [Site]
    package var nodeClasses: [NodeClass]
    package var taskClasses: [TaskClass]
    package var links: [Link]
    package var objective: Objective
    package var budget: Budget

    package init(
        start: Instant, elapsed: Microseconds = .zero, slot: Microseconds, slots: Int,
        sites: [Site], nodeClasses: [NodeClass], taskClasses: [TaskClass], links: [Link] = [],
        objective: Objective, budget: Budget = Budget()
    ) {
        precondition(slot > .zero && slots > 0, "a horizon of \(slots) slots of \(slot)")
        precondition(elapsed >= .zero && elapsed < slot, "\(elapsed) of a slot of \(slot)")
        self.start = start
        self.elapsed = elapsed
        self.slot = slot
        self.slots = slots
        self.sites = sites
        self.nodeClasses = nodeClasses
        self.taskClasses = taskClasses
        self.links = links
        self.objective = objective
        self.budget = budget
    }

    package var end: Instant { begin(of: slots) }

    /// From when on something can start.
    package var present: Instant { start + elapsed }

    /// What is left of a slot.
    package func rest(of index: Int) -> Microseconds {
        index == 0 ? Microseconds(slot.count - elapsed.count) : slot
    }

    /// When a slot begins; `slots` stands for the end of the last.
    package func begin(of index: Int) -> Instant {
        start + Microseconds(Int64(clamping: Int128(slot.count) * Int128(index)))
    }

    /// The first slot that begins at or after an instant. May lie beyond the horizon.
    func firstSlot(notBefore instant: Instant) -> Int {
        let wait = (instant - start).count
        guard wait > 0 else { return 0 }
        return Int(clamping: (Int128(wait) + Int128(slot.count) - 1) / Int128(slot.count))
    }

    /// The number of slots that have ended by an instant.
    func slotsEnded(by instant: Instant) -> Int {
        let span = (instant - start).count
        return span > 0 ? Int(clamping: span / slot.count) : 0
    }
}
