package import ErgonModel

/// What an interval's energy went to, to the last microjoule.
///
/// Dynamic energy is what a node drew beyond its idle power; tasks share it by the CPU time they
/// took. Idle energy they share by the cores they held, for those cores were nobody else's. What
/// nobody held is the site's.
package struct Attribution: Hashable, Sendable {
    package struct Use: Hashable, Sendable {
        /// In the interval.
        package var cpu: Microseconds
        /// So many cores for so long.
        package var held: Microseconds

        package init(cpu: Microseconds, held: Microseconds) {
            self.cpu = cpu
            self.held = held
        }
    }

    package struct Share: Hashable, Sendable {
        package var dynamic: Joules
        package var idle: Joules

        package init(dynamic: Joules, idle: Joules) {
            self.dynamic = dynamic
            self.idle = idle
        }
    }

    /// One for each use, in their order.
    package private(set) var shares: [Share]
    /// Idle power of cores that no task held, and dynamic energy that no task's CPU time explains.
    package private(set) var unallocated: Joules
    /// What is left where shares were rounded down: at most two microjoules for each use.
    package private(set) var remainder: Joules

    /// - Parameters:
    ///   - energy: of the whole node, not negative.
    ///   - idlePower: what the node draws when it does nothing.
    ///   - cores: of the node; if more than that was held, they share all of it.
    package init(
        of energy: Joules, over time: Microseconds, idlePower: Watts, cores: Int, uses: [Use]
    ) {
        precondition(energy.microjoules >= 0 && time.count >= 0 && cores > 0, "\(energy), \(cores)")
        let idle = min(max(.zero, idlePower * time), energy)
        let dynamic = energy.microjoules - idle.microjoules
        let whole = Int128(time.count) * Int128(cores)
        let held = uses.reduce(Int128(0)) { $0 + Int128(max(0, $1.held.count)) }
        let busy = uses.reduce(Int128(0)) { $0 + Int128(max(0, $1.cpu.count)) }
        shares = uses.map { use in
            Share(
                dynamic: part(dynamic, Int128(max(0, use.cpu.count)), of: busy),
                idle: part(
                    idle.microjoules, Int128(max(0, use.held.count)), of: max(held, whole)))
        }
        let free = max(0, whole - held)
        unallocated = part(idle.microjoules, free, of: max(held, whole))
        if busy == 0 { unallocated += Joules(microjoules: dynamic) }
        let given = shares.reduce(unallocated) { $0 + $1.dynamic + $1.idle }
        remainder = Joules(microjoules: energy.microjoules - given.microjoules)
    }
}

/// Rounded down; nothing of nothing.
private func part(_ whole: Int64, _ share: Int128, of all: Int128) -> Joules {
    guard all > 0 else { return .zero }
    // 128 bits hold any energy times any CPU time there is.
    return Joules(microjoules: Int64(clamping: Int128(whole) * share / all))
}

/// A node's idle power, learned: what the lowest twentieth of intervals without tasks drew at most.
package struct IdlePower: Hashable, Sendable {
    /// Ascending.
    private var seen: [Watts] = []
    private let most = 2000

    package init() {}

    /// - Parameter energy: of an interval in which no task ran.
    package mutating func learn(_ energy: Joules, over time: Microseconds) {
        guard time > .zero, energy > .zero else { return }
        let milliwatts = Int128(energy.microjoules) * 1000 / Int128(time.count)
        let power = Watts(milliwatts: Int64(clamping: milliwatts))
        seen.insert(power, at: seen.firstIndex { $0 > power } ?? seen.count)
        // The middle says least of the lowest.
        if seen.count > most { seen.remove(at: seen.count / 2) }
    }

    /// `nil` before anything was learned.
    package var value: Watts? { seen.isEmpty ? nil : seen[(seen.count - 1) / 20] }
}
