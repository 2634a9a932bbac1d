package import ErgonModel

/// Energy that something measured.
package struct MeasuredEnergy: Hashable, Sendable {
    package enum Source: String, Hashable, Sendable {
        /// The whole node at its supply: `pm_counters`, a command of the site.
        case wall
        /// Packages and memory, by the processors' own meter.
        case rapl
        /// What a host says of its virtual machine.
        case host
    }

    package var joules: Joules
    package var source: Source

    package init(joules: Joules, source: Source) {
        self.joules = joules
        self.source = source
    }

    /// How wrong it may be as what the source covers: the processors' meter knows nothing of the
    /// board, the disks and what the supply loses.
    package var uncertaintyPercent: Int {
        switch source {
        case .wall: 3
        case .rapl: 10
        case .host: 10
        }
    }
}

/// Energy that nothing measured: CPU time times the power of one thread from a table.
package struct ModelledEnergy: Hashable, Sendable {
    package var joules: Joules
    package var model: PowerModel

    package init(_ cpu: Microseconds, _ model: PowerModel) {
        joules = model.perThread * cpu
        self.model = model
    }
}

/// What is known of a node's energy in an interval. Measured and modelled are never added up.
package enum NodeEnergy: Hashable, Sendable {
    case measured(MeasuredEnergy)
    case modelled(ModelledEnergy)
    case none
}

/// The meters of a node, the best first. Each is read every time, so that the next is ready when
/// one fails; an interval has its energy from the best that told.
package struct NodeMeter: Sendable {
    private var wall: CounterFile?
    private var rapl: PowercapMeter
    private var host: CounterFile?
    private let model: PowerModel?

    /// - Parameters:
    ///   - root: `/`, or a folder that stands for it.
    ///   - wall: a file that the site named; by default the counter of Cray nodes.
    ///   - host: a file that the machine's host writes.
    ///   - model: `nil` if nothing is to be modelled.
    package init(
        root: String, wall: String = "sys/cray/pm_counters/energy", host: String? = nil,
        model: PowerModel?
    ) {
        self.wall = CounterFile(root: root, path: wall)
        rapl = PowercapMeter(root: root)
        self.host = host.map { CounterFile(root: root, path: $0) }
        self.model = model
    }

    /// What the node drew since the last time.
    /// - Parameters:
    ///   - time: of a clock that is never set.
    ///   - cpu: what its tasks took of the processors meanwhile.
    package mutating func sample(at time: Microseconds, cpu: Microseconds) -> NodeEnergy {
        let wall = told(&self.wall, at: time)
        let host = told(&self.host, at: time)
        let rapl = self.rapl.sample(at: time)
        if let wall { return .measured(MeasuredEnergy(joules: wall, source: .wall)) }
        if case .measured(let joules) = rapl {
            return .measured(MeasuredEnergy(joules: joules, source: .rapl))
        }
        if let host { return .measured(MeasuredEnergy(joules: host, source: .host)) }
        return model.map { .modelled(ModelledEnergy(cpu, $0)) } ?? .none
    }

    /// A gap is no energy; the next rung may know.
    private func told(_ meter: inout CounterFile?, at time: Microseconds) -> Joules? {
        do throws(EnergyGap) { return try meter?.sample(at: time) } catch { return nil }
    }
}
