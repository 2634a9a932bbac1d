package import ErgonModel

/// Where a log is replayed: nodes, what power was like, and what was thought it would be.
package struct ReplayGrid: Sendable {
    /// Without tasks; its sites have what really was.
    package var actual: PlanningProblem
    /// The same sites with what is known beforehand.
    package var forecast: [Site]
    /// Work a core of each node class does in a second.
    package var speeds: [Double]
    /// What a busy core of each node class draws on top of the idle node.
    package var perCore: [Watts]

    package init(
        actual: PlanningProblem, forecast: [Site], speeds: [Double], perCore: [Watts]
    ) {
        precondition(forecast.count == actual.sites.count, "a forecast for each site")
        self.actual = actual
        self.forecast = forecast
        self.speeds = speeds
        self.perCore = perCore
    }

    var slots: Int { actual.slots }

    /// In slots, on a class of nodes.
    func length(of job: Job, on node: Int) -> Double {
        Double(job.runTime.count) / speeds[node] / Double(actual.slot.count)
    }

    /// What a kWh is thought to cost in a slot, in the objective's unit.
    func price(at site: Int, _ slot: Int) -> Double {
        let (site, weights) = (forecast[site], actual.objective)
        let carbon = held(site.carbon, slot)?.microgramsPerKilowattHour ?? 0
        let money = held(site.price, slot)?.millionthsPerKilowattHour ?? 0
        return site.powerUsageEffectiveness
            * (weights.perKilowattHour + weights.perKilogramCO2e * Double(carbon) / 1e9
                + weights.perMoney * Double(money) / 1e6)
    }

    /// Whether that price is among the lowest 30 % of the next 24 hours.
    func isLow(at site: Int, _ slot: Int) -> Bool {
        let day = max(1, Int(Instant.microsecondsPerDay / actual.slot.count))
        let ahead = (slot..<min(slot + day, slots)).map { price(at: site, $0) }
        let rank = min(ahead.count - 1, ahead.count * 3 / 10)
        return price(at: site, slot) <= ahead.sorted()[rank]
    }

    /// The thought cost of a job's whole run at the price of a slot, with its share of a full
    /// node's idle power.
    func cost(of job: Job, on node: Int, _ slot: Int) -> Double {
        let nodes = actual.nodeClasses[node]
        let watts =
            Double(perCore[node].milliwatts)
            + Double(nodes.idlePower.milliwatts) / Double(nodes.cores)
        let hours = job.runTime.seconds / speeds[node] / 3600 * Double(job.cores)
        let rent = Double(nodes.nodeHour.millionths) / 1e6 / Double(nodes.cores) * hours
        return watts / 1e6 * hours * price(at: nodes.site, slot)
            + rent * actual.objective.perMoney
    }
}

/// A job with the slots in which it may run, the last one not included. Work of less than a slot
/// may stand anywhere in it, so that the window is widened to whole slots.
struct Waiting: Hashable, Sendable {
    var job: Job
    var first: Int
    var end: Int
    /// The only site at which it may run.
    var site: Int?
    /// What is left of it in equal pieces; `nil` for a job that runs whole.
    var pieces: Pieces?
    /// Its class in the plan in force.
    var group: Int?

    struct Pieces: Hashable, Sendable {
        var all: Int
        var left: Int
    }
}

/// What becomes of a replayed log.
package struct ReplayAccount: Hashable, Sendable {
    package var energy: Joules
    package var carbon: GramsCO2e
    package var money: Money
    /// In the objective's unit.
    package var cost: Double
    /// Had no node ever been switched off.
    package var carbonAlwaysOn: GramsCO2e
    /// What each site drew in each slot, at its meter.
    package var watts: [[Watts]]
    /// From being submitted to the start.
    package var meanWait: Microseconds?
    package var late: Int
    /// Jobs that had not started when the replay ended.
    package var left: Int
    /// No way of running this log costs less; only the whole plan says so.
    package var bound: Double?
}
