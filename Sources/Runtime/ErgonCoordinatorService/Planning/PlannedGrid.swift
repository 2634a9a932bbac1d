import ErgonEnergy
package import ErgonModel
package import ErgonPlanner

/// Sites and nodes as the planner takes them, over a stretch of time.
package struct PlannedGrid: Sendable {
    package private(set) var sites: [Site] = []
    package private(set) var nodeClasses: [NodeClass] = []
    /// Work a core of each node class does in a second.
    package private(set) var speeds: [Double] = []
    /// What a busy core of each node class draws on top of the idle node.
    package private(set) var perCore: [Watts] = []
    /// From everywhere to every site.
    package private(set) var links: [Link] = []
    /// At which site an input of a campaign lies.
    package private(set) var siteOfInput: [String: Int] = [:]
    /// Means of the whole signals of each site, beyond this stretch of time as well.
    package private(set) var meanCarbon: [CarbonIntensity] = []
    package private(set) var meanPrice: [EnergyPrice] = []
    /// Where the values are from, a line for each site and signal.
    package private(set) var origins: [String] = []
    /// Whether there is an intensity for every slot of every site.
    package private(set) var isCarbonKnown = true
    package private(set) var isPriceKnown = true

    package init(_ loaded: LoadedGrid, start: Instant, slot: Microseconds, slots: Int) {
        for (index, spec) in loaded.grid.sites.enumerated() {
            let yearly = spec.zone.flatMap { yearlyIntensity(of: $0) }
            let carbon = loaded.carbon[index].forecast(
                yearly: yearly, start: start, slot: slot, slots: slots)
            let price = loaded.price[index].forecast(
                yearly: nil, start: start, slot: slot, slots: slots)
            isCarbonKnown = isCarbonKnown && !carbon.values.contains(nil)
            isPriceKnown = isPriceKnown && !price.values.contains(nil)
            meanCarbon.append(loaded.carbon[index].mean ?? yearly ?? .zero)
            meanPrice.append(loaded.price[index].mean ?? .zero)
            origins.append("\(spec.name): carbon \(text(carbon))\(loaded.carbon[index].age)")
            origins.append("\(spec.name): price \(text(price))\(loaded.price[index].age)")
            sites.append(
                Site(
                    name: spec.name, powerUsageEffectiveness: spec.powerUsageEffectiveness,
                    carbon: carbon.values.map { $0 ?? .zero },
                    price: price.values.map { $0 ?? .zero },
                    powerCap: spec.powerCap.map { [$0] } ?? []))
            for name in spec.inputs { siteOfInput[name] = index }
            for node in spec.nodes { add(node, at: index, named: "\(node.name)@\(spec.name)") }
        }
        addLinks(loaded.grid, slot)
    }

    /// As a coordinator told it.
    init(
        sites: [Site], nodeClasses: [NodeClass], speeds: [Double], perCore: [Watts],
        links: [Link], siteOfInput: [String: Int], origins: [String], isCarbonKnown: Bool,
        isPriceKnown: Bool
    ) {
        self.sites = sites
        self.nodeClasses = nodeClasses
        self.speeds = speeds
        self.perCore = perCore
        self.links = links
        self.siteOfInput = siteOfInput
        self.origins = origins
        self.isCarbonKnown = isCarbonKnown
        self.isPriceKnown = isPriceKnown
    }

    private mutating func addLinks(_ grid: Grid, _ slot: Microseconds) {
        let ends: [Int?] = [nil] + Array(grid.sites.indices)
        for from in ends {
            for to in grid.sites.indices where from != to {
                let spec = grid.links.first { link in
                    link.from == from.map { grid.sites[$0].name } && link.to == grid.sites[to].name
                }
                links.append(
                    Link(
                        from: from, to: to,
                        bytesPerSlot: spec?.bytesPerSecond.map { rate in
                            let bytes = Int128(rate.bytes) * Int128(slot.count) / 1_000_000
                            return ByteCount(Int64(clamping: bytes))
                        },
                        pricePerGigabyte: spec?.pricePerGigabyte ?? .zero,
                        energyPerGigabyte: spec?.energyPerGigabyte
                            ?? LinkSpec.usualEnergyPerGigabyte))
            }
        }
    }

    private mutating func add(_ node: NodeSpec, at site: Int, named name: String) {
        var rent = Money.zero
        if case .rented(let perHour) = node.tenure { rent = perHour }
        nodeClasses.append(
            NodeClass(
                name: name, site: site, nodes: [node.count], cores: node.cores,
                memory: node.memory, gpus: node.gpus, idlePower: node.idle, nodeHour: rent,
                maySuspend: node.maySuspend, startEnergy: node.startEnergy))
        speeds.append(node.speed)
        perCore.append(node.perCore)
    }

    private func text<Quantity: SignalQuantity>(_ forecast: Forecast<Quantity>) -> String {
        forecast.counts.map { origin, slots in
            let share = slots == forecast.values.count ? "all" : "\(slots)"
            return switch origin {
            case .signal: "\(share) slots from its signal"
            case .lastDays: "\(share) slots from the same hour of the last seven days"
            case .yearly: "\(share) slots from the zone's yearly value"
            case .constant: "constant"
            case .none: "unknown in \(share) slots"
            }
        }.joined(separator: ", ")
    }
}
