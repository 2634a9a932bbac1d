/// What a plan may choose from: sites, their nodes, and how clean and how dear their power is.
package struct Grid: Hashable, Sendable {
    /// How finely time is planned. `nil`: as finely as the horizon allows.
    package var slot: Microseconds?
    /// In ascending order of their names; at least one.
    package var sites: [SiteSpec]
    /// Between two sites not named here data moves at `LinkSpec.usualEnergyPerGigabyte`, for
    /// nothing and as fast as needed.
    package var links: [LinkSpec]

    package init(slot: Microseconds?, sites: [SiteSpec], links: [LinkSpec] = []) {
        self.slot = slot
        self.sites = sites
        self.links = links
    }
}

/// What it takes to bring data to a site.
package struct LinkSpec: Hashable, Sendable {
    /// `nil` for storage that is at no site.
    package var from: String?
    package var to: String
    /// `nil`: enough for whatever is planned.
    package var bytesPerSecond: ByteCount?
    /// Of 10⁹ bytes, all networks on the way together. Sources differ tenfold.
    package var energyPerGigabyte: Joules
    package var pricePerGigabyte: Money

    /// 0.03 kWh.
    package static let usualEnergyPerGigabyte = Joules(microjoules: 108_000_000_000)

    package init(
        from: String?, to: String, bytesPerSecond: ByteCount?, energyPerGigabyte: Joules,
        pricePerGigabyte: Money
    ) {
        self.from = from
        self.to = to
        self.bytesPerSecond = bytesPerSecond
        self.energyPerGigabyte = energyPerGigabyte
        self.pricePerGigabyte = pricePerGigabyte
    }
}

/// Nodes behind one meter.
package struct SiteSpec: Hashable, Sendable {
    package var name: String
    /// Power usage effectiveness (ISO/IEC 30134-2): the meter's reading over what the nodes draw.
    package var powerUsageEffectiveness: Double
    /// What all nodes may draw together, cooling not counted.
    package var powerCap: Watts?
    /// Whose yearly intensity stands in where no signal is: `DE`, `GB`, `FR`.
    package var zone: String?
    package var carbon: SignalSource<CarbonIntensity>?
    package var price: SignalSource<EnergyPrice>?
    /// Names of the inputs of campaigns that lie here.
    package var inputs: [String]
    /// In ascending order of their names; at least one.
    package var nodes: [NodeSpec]

    package init(
        name: String, powerUsageEffectiveness: Double, powerCap: Watts?, zone: String?,
        carbon: SignalSource<CarbonIntensity>?, price: SignalSource<EnergyPrice>?,
        inputs: [String] = [], nodes: [NodeSpec]
    ) {
        self.name = name
        self.powerUsageEffectiveness = powerUsageEffectiveness
        self.powerCap = powerCap
        self.zone = zone
        self.carbon = carbon
        self.price = price
        self.inputs = inputs
        self.nodes = nodes
    }
}

/// Equal nodes of one site.
package struct NodeSpec: Hashable, Sendable {
    package enum Tenure: Hashable, Sendable {
        /// Bought: what it cost is spent, whether it is on or not.
        case owned
        case rented(perHour: Money)
    }

    package var name: String
    package var count: Int
    package var cores: Int
    package var memory: ByteCount
    package var gpus: Int
    /// Work a core does in a second, in the unit in which manifests say how long tasks take.
    package var speed: Double
    /// Drawn by a node that is on and does nothing.
    package var idle: Watts
    /// Drawn on top of it for each core, and each GPU, that is busy.
    package var perCore: Watts
    package var perGPU: Watts
    package var tenure: Tenure
    /// Whether it may be switched off while there is nothing to do.
    package var maySuspend: Bool
    /// What it takes to start one that was off.
    package var startEnergy: Joules

    package init(
        name: String, count: Int, cores: Int, memory: ByteCount, gpus: Int, speed: Double,
        idle: Watts, perCore: Watts, perGPU: Watts, tenure: Tenure, maySuspend: Bool,
        startEnergy: Joules = .zero
    ) {
        self.name = name
        self.count = count
        self.cores = cores
        self.memory = memory
        self.gpus = gpus
        self.speed = speed
        self.idle = idle
        self.perCore = perCore
        self.perGPU = perGPU
        self.tenure = tenure
        self.maySuspend = maySuspend
        self.startEnergy = startEnergy
    }
}

/// Where the values of a signal come from.
package enum SignalSource<Value: Hashable & Sendable>: Hashable, Sendable {
    case constant(Value)
    case file(SignalFile)
}

package struct SignalFile: Hashable, Sendable {
    /// Whether values are of all power drawn, or of a little more of it.
    package enum Basis: String, Hashable, Sendable, CaseIterable { case average, marginal }

    /// Where it is to be had.
    package enum Place: Hashable, Sendable {
        case path(String)
        /// - Parameter headers: a file whose lines are sent along, for services that know whom they
        ///   answer.
        case url(String, headers: String?)

        /// For people.
        package var text: String {
            switch self {
            case .path(let text), .url(let text, _): text
            }
        }
    }

    package var place: Place
    package var format: SignalFormat
    /// Which column of a table has the values; `nil` means the second.
    package var column: String?
    package var basis: Basis

    package init(place: Place, format: SignalFormat, column: String?, basis: Basis) {
        self.place = place
        self.format = format
        self.column = column
        self.basis = basis
    }
}

/// Who wrote a signal, and so in what form and unit.
package enum SignalFormat: String, Hashable, Sendable, CaseIterable {
    /// A head, then `time,value`: g/kWh, or an amount of money for a MWh.
    case csv
    /// Electricity Maps, version 3: `history` and `forecast`.
    case electricityMaps = "electricity-maps"
    /// WattTime, version 3: `historical` and `forecast`.
    case wattTime = "watttime"
    /// The Carbon Intensity API of Great Britain's system operator.
    case carbonIntensityGB = "carbon-intensity-gb"
    /// `EmissionsData` and forecasts of the Green Software Foundation's Carbon Aware SDK.
    case carbonAwareSDK = "carbon-aware-sdk"
    /// Day-ahead prices of the ENTSO-E Transparency Platform, XML.
    case entsoe
}
