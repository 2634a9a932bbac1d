import ErgonModel

/// The problem as a linear program in floating point: kilowatt-hours, kilograms, hours, and cost
/// in the objective's unit.
///
/// Variables are tasks x of a class on a node class that start in a slot, and for each node class
/// and slot the share y of nodes that are on. What a task pays in a slot is a sum of *series*, each
/// with a value for every slot: the price of a kilowatt-hour on a node class, the price of a
/// resource there, of a link, of a class's own time. Rows of the program are in `Rows`.
struct Model {
    let problem: PlanningProblem
    let slots: Int
    let slotHours: Double
    /// The share of slot 0 that is still to come.
    let restOfFirst: Double
    /// Series without the rows' prices, one after the other, `slots` values each.
    var base: [Double] = []
    var choices: [Choice] = []
    /// The choices of each task class.
    var choicesOfClass: [Range<Int>] = []
    var counts: [Double] = []
    /// A class's cheapest cost of a task, and its dearest: the scale of its temperature.
    var cheapest: [Double] = []
    var dearest: [Double] = []
    var rows: Rows
    var nodes: [NodeSeries] = []
    /// What each series of a capacity row stands for.
    var resourceOfSeries: [Int: Resource] = [:]
    /// The series of links that can be full.
    var seriesOfLink: [Int: Int] = [:]
    /// How many pieces a task is planned in: more than one where it may be interrupted.
    var pieces: [Int] = []
    /// The slots after the longest wait, for classes that have one.
    var clocks: [Clock] = []

    /// A series of a class's own time, and from where on it may not wait any longer.
    struct Clock {
        var taskClass: Int
        var series: Int
        var firstTooLate: Int
    }

    /// A task class on a node class, from its first possible start to its last.
    struct Choice {
        var taskClass: Int
        var nodeClass: Int
        var starts: ClosedRange<Int>
        /// Run time in slots. Unless it may be interrupted, a run that is longer than a slot, or
        /// than what is left of slot 0, covers several.
        var length: Double
        var isSpanning: Bool
        /// Paid once for a task, whenever it starts: what moving its input costs.
        var constant: Double
        var constantEnergy: Double
        var constantMoney: Double
        /// What a task takes of each series, spread evenly over its run.
        var spread: [Term]
        /// What it takes of a series in the slot in which it starts.
        var atStart: [Term]
    }

    struct Term {
        var series: Int
        var amount: Double
    }

    /// What is known of a node class in every slot.
    struct NodeSeries {
        var site: Int
        /// kWh that all nodes draw when on and idle, without cooling.
        var idle: [Double]
        /// What their rent costs, in money.
        var rent: [Double]
        /// At the meter, for a kWh drawn by a node: kWh, kg CO2e, money.
        var meter: [Double]
        var carbon: [Double]
        var money: [Double]
        var maySuspend: Bool
        var isThere: [Bool]
        /// How many there are.
        var count: [Double]
        /// The share of a slot that is still to come and that nobody else has.
        var free: [Double]
        /// kWh that it takes one node to start, without cooling; zero if they are always on.
        var start: Double
        /// How many are on before the first slot.
        var alreadyOn: Double
        /// Whether there are as many in every slot, so that one's way through all can be told.
        var isSteady: Bool
    }

    init(_ problem: PlanningProblem) {
        self.problem = problem
        slots = problem.slots
        slotHours = problem.slot.seconds / 3600
        restOfFirst = 1 - Double(problem.elapsed.count) / Double(problem.slot.count)
        rows = Rows(slots: problem.slots)
        nodes = problem.nodeClasses.map { NodeSeries($0, of: problem) }
        addEnergySeries()
        addCapacityRows()
        addLinkRows()
        addBudgetRows()
        for index in problem.taskClasses.indices { addChoices(of: index) }
        measureCosts()
        chargeWaits()
        rows.setScales(of: self)
    }

    /// Cost of all that is so dear that it is never taken: a slot without nodes.
    static let blocked = 1e9

    var energyWeight: Double { problem.objective.perKilowattHour }
    var carbonWeight: Double { problem.objective.perKilogramCO2e }
    var moneyWeight: Double { problem.objective.perMoney }

    /// The cost of a kWh drawn on a node class in a slot.
    func energyPrice(_ node: NodeSeries, _ slot: Int) -> Double {
        energyWeight * node.meter[slot] + carbonWeight * node.carbon[slot]
            + moneyWeight * node.money[slot]
    }

    /// What it costs to have all nodes of a class on in a slot.
    func idleCost(_ node: NodeSeries, _ slot: Int) -> Double {
        node.idle[slot] * energyPrice(node, slot) + moneyWeight * node.rent[slot]
    }

    mutating func addSeries(_ values: [Double]) -> Int {
        precondition(values.count == slots)
        base += values
        return base.count / slots - 1
    }

    /// The series of node class n has number n.
    private mutating func addEnergySeries() {
        for node in nodes {
            _ = addSeries((0..<slots).map { energyPrice(node, $0) })
        }
    }

    private mutating func measureCosts() {
        for range in choicesOfClass {
            var (least, most) = (Double.infinity, -Double.infinity)
            for choice in choices[range] {
                for start in choice.starts where isOpen(choice, start) {
                    let cost = fullCost(choice, start)
                    least = min(least, cost)
                    most = max(most, cost)
                }
            }
            cheapest.append(least.isFinite ? least : 0)
            dearest.append(most.isFinite ? most : 0)
        }
    }

    /// Whether nodes are there in every slot of a run.
    func isOpen(_ choice: Choice, _ start: Int) -> Bool {
        run(of: choice, from: start).allSatisfy { nodes[choice.nodeClass].isThere[$0.slot] }
    }

    /// Cost of a task with its share of idle power, were all nodes full.
    private func fullCost(_ choice: Choice, _ start: Int) -> Double {
        let node = nodes[choice.nodeClass]
        var cost = choice.constant
        for term in choice.atStart { cost += term.amount * base[term.series * slots + start] }
        for part in run(of: choice, from: start) {
            for term in choice.spread {
                cost += part.share * term.amount * base[term.series * slots + part.slot]
            }
            guard node.maySuspend else { continue }
            let share = rows.capacityShare(of: choice, slot: part.slot, slots: slots)
            cost += part.share * share * idleCost(node, part.slot)
        }
        return cost
    }

    /// The slots of a run with the share of it in each.
    func run(of choice: Choice, from start: Int) -> [(slot: Int, share: Double)] {
        guard choice.isSpanning else { return [(start, 1)] }
        var parts: [(slot: Int, share: Double)] = []
        var left = choice.length
        var slot = start
        while left > 1e-9, slot < slots {
            let room = slot == 0 ? restOfFirst : 1
            parts.append((slot, min(room, left) / choice.length))
            left -= room
            slot += 1
        }
        return parts
    }

    /// The last slot of a run; it may lie beyond the horizon.
    func end(of choice: Choice, from start: Int) -> Int {
        guard choice.isSpanning else { return start }
        let gone = start == 0 ? 1 - restOfFirst : 0
        return start + max(1, Int((choice.length + gone - 1e-9).rounded(.up))) - 1
    }
}

extension Model.NodeSeries {
    init(_ node: NodeClass, of problem: PlanningProblem) {
        let site = problem.sites[node.site]
        let hours = problem.slot.seconds / 3600
        let count = (0..<problem.slots).map { Double(held(node.nodes, $0) ?? 0) }
        self.site = node.site
        maySuspend = node.maySuspend
        let free = (0..<problem.slots).map { slot in
            let gone = slot == 0 ? Double(problem.elapsed.count) : 0
            let taken = slot < node.taken.count ? Double(node.taken[slot].count) : 0
            let share = (gone + taken / max(count[slot], 1)) / Double(problem.slot.count)
            return max(0, 1 - share)
        }
        isThere = zip(count, free).map { $0 > 0 && $1 > 0 }
        self.count = count
        self.free = free
        start = node.maySuspend ? node.startEnergy.kilowattHours : 0
        alreadyOn = min(Double(node.alreadyOn), count.first ?? 0)
        isSteady = count.allSatisfy { $0 == count.first }
        idle = zip(count, free).map { $0 * $1 * node.idlePower.kilowatts * hours }
        rent = zip(count, free).map { $0 * $1 * Double(node.nodeHour.millionths) / 1e6 * hours }
        let effectiveness = site.powerUsageEffectiveness
        meter = Array(repeating: effectiveness, count: problem.slots)
        carbon = (0..<problem.slots).map {
            effectiveness * Double(held(site.carbon, $0)?.microgramsPerKilowattHour ?? 0) / 1e9
        }
        money = (0..<problem.slots).map {
            effectiveness * Double(held(site.price, $0)?.millionthsPerKilowattHour ?? 0) / 1e6
        }
    }
}

/// A forecast's value in a slot; past its end, its last.
func held<Value>(_ values: [Value], _ slot: Int) -> Value? {
    slot < values.count ? values[slot] : values.last
}

extension Watts {
    var kilowatts: Double { Double(milliwatts) / 1e6 }
}

extension Joules {
    var kilowattHours: Double { Double(microjoules) / 3.6e12 }
}
