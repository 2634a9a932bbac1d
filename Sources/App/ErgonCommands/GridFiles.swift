import ArgumentParser
import ErgonEnergy
import ErgonManifest
import ErgonModel
import ErgonPlanner
import FoundationEssentials

struct GridArguments: ParsableArguments {
    @Option(help: "Sites, their nodes and signals, YAML (docs/ENERGY.md).", completion: .file())
    var grid: String
    @Option(
        help: "A folder in which signals are looked for instead of beside the grid file.",
        completion: .directory)
    var signals: String?
}

/// Sites with what is known of how clean and how dear their power is.
struct LoadedGrid {
    enum Source<Quantity: SignalQuantity> {
        case constant(Quantity)
        /// - Parameter fetched: when a service said so; `nil` for what a file says.
        case signal(Signal<Quantity>, fetched: Instant?)
        /// It could not be used, or there is none.
        case absent
    }

    var grid: Grid
    /// For each site.
    var carbon: [Source<CarbonIntensity>]
    var price: [Source<EnergyPrice>]
    /// What people should know of signals that could not be read.
    var notes: [String] = []
}

extension LoadedGrid.Source {
    /// When a service said so, for the record.
    var age: String {
        guard case .signal(_, let fetched?) = self else { return "" }
        return ", as of \(fetched.minuteText) UTC"
    }

    /// Of all that it says, at whatever time; `nil` where it says nothing.
    var mean: Quantity? {
        switch self {
        case .constant(let value): value
        case .signal(let signal, _):
            signal.span.flatMap { signal.mean(from: $0.lowerBound, to: $0.upperBound) }
        case .absent: nil
        }
    }

    func forecast(
        yearly: Quantity?, start: Instant, slot: Microseconds, slots: Int
    ) -> Forecast<Quantity> {
        switch self {
        case .constant(let value): Forecast(constant: value, slots: slots)
        case .signal(let signal, _):
            Forecast(signal, yearly: yearly, start: start, slot: slot, slots: slots)
        case .absent:
            Forecast(Signal([]), yearly: yearly, start: start, slot: slot, slots: slots)
        }
    }
}

extension GridArguments {
    func load() async throws -> LoadedGrid {
        try await GridReader(grid: grid, signals: signals).load()
    }
}

/// - Parameter what: for messages: `the grid file`.
func contents(of path: String, _ what: String) throws(CommandFault) -> [UInt8] {
    do { return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) } catch {
        throw CommandFault(
            place: path, problem: "\(what) cannot be read", remedy: "check the path")
    }
}

/// Sites and nodes as the planner takes them, over a stretch of time.
struct PlannedGrid {
    var sites: [Site] = []
    var nodeClasses: [NodeClass] = []
    /// Work a core of each node class does in a second.
    var speeds: [Double] = []
    /// What a busy core of each node class draws on top of the idle node.
    var perCore: [Watts] = []
    /// From everywhere to every site.
    var links: [Link] = []
    /// At which site an input of a campaign lies.
    var siteOfInput: [String: Int] = [:]
    /// Means of the whole signals of each site, beyond this stretch of time as well.
    var meanCarbon: [CarbonIntensity] = []
    var meanPrice: [EnergyPrice] = []
    /// Where the values are from, a line for each site and signal.
    var origins: [String] = []
    /// Whether there is an intensity for every slot of every site.
    var isCarbonKnown = true
    var isPriceKnown = true

    init(_ loaded: LoadedGrid, start: Instant, slot: Microseconds, slots: Int) {
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
