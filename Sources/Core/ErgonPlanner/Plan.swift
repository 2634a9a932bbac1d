package import ErgonModel

/// Who runs, where and when; what it takes; and how far it may be from the best there is.
package struct Plan: Hashable, Sendable {
    /// Tasks of a class that start on a node class in a slot.
    package struct Assignment: Hashable, Sendable {
        /// Indices into the problem's classes.
        package var taskClass: Int
        package var nodeClass: Int
        package var slot: Int
        /// Tasks; pieces where a task is planned in several (`Plan.pieces`).
        package var count: Int
    }

    /// By class, slot, node class.
    package var assignments: [Assignment]
    /// In how many equal pieces a task of each class is planned: more than one only where it may
    /// be interrupted and takes longer than a slot.
    package var pieces: [Int]
    /// How many nodes are on, by node class and slot.
    package var nodesOn: [[Int]]
    package var takes: Totals
    /// What starting everything at once, on all nodes alike, would take.
    package var naive: Totals
    /// No plan that keeps all limits costs less, in the objective's unit. Whole tasks and whole
    /// nodes make the best plan dearer still, never cheaper.
    package var bound: Double
    package var verdict: Verdict
    /// What each limit is worth, with which the next plan starts.
    package var prices: ShadowPrices
    /// Steps of the search that were taken: zero if the greedy plan was good enough.
    package var iterations: Int

    /// The share of the plan's cost that a perfect plan could save at most. Zero for a plan that
    /// costs nothing.
    package var gap: Double {
        takes.cost == 0 ? 0 : max(0, takes.cost - bound) / abs(takes.cost)
    }
}

/// What a plan takes in all.
package struct Totals: Hashable, Sendable {
    /// At the meter of the site, cooling included.
    package var dynamicEnergy: Joules
    package var idleEnergy: Joules
    /// For starting nodes that were off.
    package var startEnergy: Joules
    /// An estimate of its own, never part of the two above: sources differ tenfold.
    package var transferEnergy: Joules
    /// Average, location-based; of dynamic and idle energy.
    package var carbon: GramsCO2e
    package var money: Money
    /// When the last task ends; the start if there is none.
    package var end: Instant
    /// In the objective's unit.
    package var cost: Double
}

extension Totals {
    /// At the meter; what moving data takes elsewhere is apart.
    package var energy: Joules { dynamicEnergy + idleEnergy + startEnergy }
}

/// Whether everything finds its place.
package enum Verdict: Hashable, Sendable {
    case complete
    /// Tasks that found no place, by class, and the deadlines that would have to go; `nil` if that
    /// was not asked for.
    case short(unplaced: [Shortfall], relax: Relaxation?)
}

package struct Shortfall: Hashable, Sendable {
    package var taskClass: Int
    /// Tasks, or pieces of tasks.
    package var count: Int

    package init(taskClass: Int, count: Int) {
        self.taskClass = taskClass
        self.count = count
    }
}

/// Which deadlines to give up so that all tasks find a place within the horizon.
///
/// `isProven` says that the bound shows the problem as it stands to have no solution. Otherwise
/// all that is known is that none was found.
package enum Relaxation: Hashable, Sendable {
    /// Task classes, by number; no smaller set was found to do. Sets of one are all tried, of two
    /// those under most pressure; of larger ones none of the classes can be left out.
    case deadlines([Int], isProven: Bool)
    /// None was found even without any deadline: the horizon is too short, a budget or a cap of
    /// power too tight, or what a task needs is nowhere.
    case notEnough(isProven: Bool)
}

/// How long to look for a better plan.
package struct Effort: Hashable, Sendable {
    /// Steps of the search at most. Zero: the greedy plan, and the bound that comes with it.
    package var iterations: Int
    /// Where to stop: at a gap of this share of the cost.
    package var gap: Double
    /// Whether to look for deadlines to give up where not everything finds a place.
    package var relaxes: Bool

    package init(iterations: Int = 900, gap: Double = 0.0005, relaxes: Bool = true) {
        self.iterations = iterations
        self.gap = gap
        self.relaxes = relaxes
    }

    package static let greedy = Effort(iterations: 0)
}
