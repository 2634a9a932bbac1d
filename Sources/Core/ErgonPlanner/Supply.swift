package import ErgonModel

/// Nodes that share a grid, a price and a limit of power.
package struct Site: Hashable, Sendable {
    package var name: String
    /// Power usage effectiveness: what the meter at the door reads over what the nodes draw.
    package var powerUsageEffectiveness: Double
    /// Forecast of each slot. One shorter than the horizon goes on with its last value.
    package var carbon: [CarbonIntensity]
    package var price: [EnergyPrice]
    /// What all nodes here may draw together, in each slot; cooling not counted. Empty: no limit.
    package var powerCap: [Watts]

    package init(
        name: String, powerUsageEffectiveness: Double = 1, carbon: [CarbonIntensity] = [],
        price: [EnergyPrice] = [], powerCap: [Watts] = []
    ) {
        self.name = name
        self.powerUsageEffectiveness = powerUsageEffectiveness
        self.carbon = carbon
        self.price = price
        self.powerCap = powerCap
    }
}

/// Equal nodes of one site.
package struct NodeClass: Hashable, Sendable {
    package var name: String
    /// Index into `PlanningProblem.sites`.
    package var site: Int
    /// Nodes that are there in each slot. Shorter than the horizon: goes on with its last value.
    package var nodes: [Int]
    package var cores: Int
    package var memory: ByteCount
    package var gpus: Int
    /// What one node draws when it is on and does nothing.
    package var idlePower: Watts
    /// What one node costs for each hour in which it is on; zero for machines already bought.
    package var nodeHour: Money
    /// Nodes that may not be suspended draw their idle power whatever the plan says.
    package var maySuspend: Bool
    /// What it takes to start one that was off.
    package var startEnergy: Joules
    /// How many are on when the plan begins, and need no start.
    package var alreadyOn: Int
    /// What others have of each slot, in time of one node, all nodes taken together: nothing after
    /// the last.
    package var taken: [Microseconds]

    package init(
        name: String, site: Int, nodes: [Int], cores: Int, memory: ByteCount, gpus: Int = 0,
        idlePower: Watts, nodeHour: Money = .zero, maySuspend: Bool = true,
        startEnergy: Joules = .zero, alreadyOn: Int = 0, taken: [Microseconds] = []
    ) {
        self.name = name
        self.site = site
        self.nodes = nodes
        self.cores = cores
        self.memory = memory
        self.gpus = gpus
        self.idlePower = idlePower
        self.nodeHour = nodeHour
        self.maySuspend = maySuspend
        self.startEnergy = startEnergy
        self.alreadyOn = alreadyOn
        self.taken = taken
    }
}

/// What can be brought to a site from elsewhere.
package struct Link: Hashable, Sendable {
    /// Indices into `PlanningProblem.sites`; `nil` stands for storage that is at no site.
    package var from: Int?
    package var to: Int
    /// Bytes that pass in a slot. `nil`: enough for whatever is planned.
    package var bytesPerSlot: ByteCount?
    /// What it costs to move 10⁹ bytes.
    package var pricePerGigabyte: Money
    /// What it takes to move 10⁹ bytes. Sources differ tenfold, so it is a setting.
    package var energyPerGigabyte: Joules

    package init(
        from: Int?, to: Int, bytesPerSlot: ByteCount? = nil, pricePerGigabyte: Money = .zero,
        energyPerGigabyte: Joules = LinkSpec.usualEnergyPerGigabyte
    ) {
        self.from = from
        self.to = to
        self.bytesPerSlot = bytesPerSlot
        self.pricePerGigabyte = pricePerGigabyte
        self.energyPerGigabyte = energyPerGigabyte
    }
}
