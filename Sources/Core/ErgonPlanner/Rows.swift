import ErgonModel

/// The rows of the program and where their prices stand in the vector of duals.
///
/// Every row is divided by its right side, so that a price is what the whole capacity costs.
struct Rows {
    /// A resource of a node class: used by tasks, offered by nodes that are on.
    struct Capacity {
        var nodeClass: Int
        var series: Int
        /// Core-hours, gigabyte-hours or GPU-hours of all nodes, in each slot.
        var amount: [Double]
        var offset: Int
    }

    /// What all nodes of a site may draw.
    struct Power {
        var site: Int
        /// kWh in each slot.
        var amount: [Double]
        var offset: Int
    }

    /// A limit on a series: bytes over a link, or a class's own time.
    struct Limit {
        var series: Int
        /// In each slot.
        var amount: [Double]
        var offset: Int
    }

    enum Budgeted: CaseIterable { case energy, carbon, money }

    /// A limit on the whole plan.
    struct Total {
        var of: Budgeted
        var amount: Double
        var offset: Int
    }

    let slots: Int
    var capacities: [Capacity] = []
    var powers: [Power] = []
    var limits: [Limit] = []
    var totals: [Total] = []
    /// Capacity rows of each node class.
    var capacitiesOfNode: [[Int]] = []
    /// The number of prices.
    var count = 0
    /// A price that is typical of each row.
    var scales: [Double] = []

    init(slots: Int) { self.slots = slots }

    mutating func take(_ number: Int) -> Int {
        defer { count += number }
        return count
    }

    /// The greatest share of a node class's resources that a task of a choice takes in a slot.
    func capacityShare(of choice: Model.Choice, slot: Int, slots: Int) -> Double {
        var share = 0.0
        for index in capacitiesOfNode[choice.nodeClass] {
            let row = capacities[index]
            guard row.amount[slot] > 0,
                let term = choice.spread.first(where: { $0.series == row.series })
            else { continue }
            share = max(share, term.amount / row.amount[slot])
        }
        return share
    }

    mutating func setScales(of model: Model) {
        let total = zip(model.counts, model.cheapest).reduce(0) { $0 + $1.0 * abs($1.1) }
        let cells = Double(max(1, model.nodes.count * slots))
        scales = Array(repeating: max(total, 1e-12) / cells, count: count)
        for row in capacities {
            let node = model.nodes[row.nodeClass]
            for slot in 0..<slots {
                let idle = abs(model.idleCost(node, slot))
                scales[row.offset + slot] = max(idle, total / cells * 0.1, 1e-12)
            }
        }
        for row in powers {
            let dearest = model.nodes.filter { $0.site == row.site }
            for slot in 0..<slots {
                let price = dearest.map { abs(model.energyPrice($0, slot)) }.max() ?? 0
                scales[row.offset + slot] = max(price * row.amount[slot], total / cells, 1e-12)
            }
        }
        for row in totals { scales[row.offset] = max(total, 1e-12) }
    }
}

extension Model {
    /// Cores, memory and GPUs of each node class, as far as they can be what runs out first.
    mutating func addCapacityRows() {
        for (index, node) in problem.nodeClasses.enumerated() {
            rows.capacitiesOfNode.append([])
            for resource in Resource.allCases where canRunOut(resource, on: index) {
                let amount = (0..<slots).map {
                    nodes[index].count[$0] * nodes[index].free[$0] * resource.amount(node)
                        * slotHours
                }
                let open = nodes[index].isThere.map { $0 ? 0 : Model.blocked }
                let row = Rows.Capacity(
                    nodeClass: index, series: addSeries(open), amount: amount,
                    offset: rows.take(slots))
                rows.capacitiesOfNode[index].append(rows.capacities.count)
                rows.capacities.append(row)
                resourceOfSeries[row.series] = resource
            }
        }
    }

    /// Whether some class takes a greater share of this resource than of the cores.
    private func canRunOut(_ resource: Resource, on index: Int) -> Bool {
        if resource == .cores { return true }
        let node = problem.nodeClasses[index]
        return problem.taskClasses.contains { tasks in
            guard tasks.estimates.contains(where: { $0.nodeClass == index }) else { return false }
            let ofCores = Resource.cores.amount(tasks) * resource.amount(node)
            return resource.amount(tasks) * Resource.cores.amount(node) > ofCores
        }
    }

    mutating func addLinkRows() {
        for (index, site) in problem.sites.enumerated() where !site.powerCap.isEmpty {
            let amount = (0..<slots).map {
                (held(site.powerCap, $0)?.kilowatts ?? 0) * slotHours * restOfSlot($0)
            }
            rows.powers.append(Rows.Power(site: index, amount: amount, offset: rows.take(slots)))
        }
        for (index, link) in problem.links.enumerated() {
            guard let bytes = link.bytesPerSlot else { continue }
            let series = addSeries(Array(repeating: 0, count: slots))
            seriesOfLink[index] = series
            rows.limits.append(
                Rows.Limit(
                    series: series,
                    amount: (0..<slots).map { max(Double(bytes.bytes) * restOfSlot($0), 1e-9) },
                    offset: rows.take(slots)))
        }
    }

    /// The share of a slot that is still to come.
    func restOfSlot(_ slot: Int) -> Double { slot == 0 ? restOfFirst : 1 }

    mutating func addBudgetRows() {
        let budget = problem.budget
        let amounts: [(Rows.Budgeted, Double?)] = [
            (.energy, budget.energy?.kilowattHours),
            (.carbon, (budget.carbon?.micrograms).map { Double($0) / 1e9 }),
            (.money, (budget.money?.millionths).map { Double($0) / 1e6 }),
        ]
        for (kind, amount) in amounts {
            guard let amount else { continue }
            rows.totals.append(Rows.Total(of: kind, amount: amount, offset: rows.take(1)))
        }
    }
}

/// What a node offers and a task takes.
enum Resource: CaseIterable {
    case cores, memory, gpus

    func amount(_ node: NodeClass) -> Double {
        switch self {
        case .cores: Double(node.cores)
        case .memory: Double(node.memory.bytes) / 1e9
        case .gpus: Double(node.gpus)
        }
    }

    func amount(_ tasks: TaskClass) -> Double {
        switch self {
        case .cores: Double(tasks.cores)
        case .memory: Double(tasks.memory.bytes) / 1e9
        case .gpus: Double(tasks.gpus)
        }
    }
}
