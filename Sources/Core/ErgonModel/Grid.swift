/// What a plan may choose from: sites, their nodes, and how clean and how dear their power is.
package struct Grid: Hashable, Sendable {
    /// How finely time is planned. `nil`: as finely as the horizon allows.
    package var slot: Microseconds?
    /// In ascending order of their names; at least one.
    package var sites: [SiteSpec]

    package init(slot: Microseconds?, sites: [SiteSpec]) {
        self.slot = slot
        self.sites = sites
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
    /// In ascending order of their names; at least one.
    package var nodes: [NodeSpec]

    package init(
        name: String, powerUsageEffectiveness: Double, powerCap: Watts?, zone: String?,
        carbon: SignalSource<CarbonIntensity>?, price: SignalSource<EnergyPrice>?,
        nodes: [NodeSpec]
    ) {
        self.name = name
        self.powerUsageEffectiveness = powerUsageEffectiveness
        self.powerCap = powerCap
        self.zone = zone
        self.carbon = carbon
        self.price = price
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

    package init(
        name: String, count: Int, cores: Int, memory: ByteCount, gpus: Int, speed: Double,
        idle: Watts, perCore: Watts, perGPU: Watts, tenure: Tenure, maySuspend: Bool
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

    package var path: String
    package var format: SignalFormat
    /// Which column of a table has the values; `nil` means the second.
    package var column: String?
    package var basis: Basis

    package init(path: String, format: SignalFormat, column: String?, basis: Basis) {
        self.path = path
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
