package import ErgonModel

/// One seed, lived through to its end.
package struct Simulation: Sendable {
    /// Once nothing goes wrong any more, every campaign ends within this time.
    package static let bound = Microseconds.seconds(3600)
    /// The steps during which things go wrong, unless somebody says otherwise.
    package static let usualOperations = 500

    package let seed: UInt64
    /// Everything that happened, as a number.
    package let trace: UInt64
    /// The same to be read, if it was asked for.
    package let lines: [String]
    /// The broken promise, with the step at which it showed; `nil` if all were kept.
    package let violation: String?
    package let steps: Int
    /// How much time went by in the simulated world.
    package let time: Microseconds
    package let faults: FaultCounts
    package let records: Int
    /// How the campaigns ended.
    package let sealed: [SealedCampaign]
    /// What each submitted campaign is called.
    package let names: [CampaignID: String]

    /// - Parameters:
    ///   - operations: steps during which things go wrong; the rest is calm.
    ///   - isCalm: nothing goes wrong at all.
    ///   - isTraced: keeps the trace as text.
    package init(
        seed: UInt64, operations: Int = usualOperations, isCalm: Bool = false,
        isTraced: Bool = false
    ) {
        var world = World(seed: seed, operations: operations, isCalm: isCalm, isTraced: isTraced)
        while world.ledger.violation == nil, !(world.isCalm && world.isDone) {
            guard world.step() else {
                world.ledger.fail("nothing will ever happen again, and not all is done")
                break
            }
            if let since = world.calmSince, world.now - since > Self.bound.count {
                world.ledger.fail(
                    "not all is done \(Int(Self.bound.seconds)) s after the last fault")
            }
        }
        if world.ledger.violation == nil {
            sealed = world.ledger.sealed.values.sorted { $0.id < $1.id }
            names = world.ledger.campaigns.mapValues(\.name)
        } else {
            (sealed, names) = ([], [:])
        }
        var faults = world.counts
        faults += world.disk.counts
        self.faults = faults
        if world.ledger.violation == nil { world.finish() }
        self.seed = seed
        trace = world.trace.hash
        lines = world.trace.lines
        violation = world.ledger.violation.map { "seed \(seed), step \(world.steps): \($0)" }
        steps = world.steps
        time = Microseconds(world.now)
        records = world.visible.count
    }

    /// Lives a seed through twice: the second time must be like the first.
    package static func checked(seed: UInt64, operations: Int = usualOperations) -> Simulation {
        let first = Simulation(seed: seed, operations: operations)
        guard first.violation == nil else { return first }
        let second = Simulation(seed: seed, operations: operations)
        return first.trace == second.trace ? first : first.diverged
    }

    private var diverged: Simulation {
        Simulation(self, violation: "seed \(seed): a second run went another way")
    }

    private init(_ other: Simulation, violation: String) {
        (seed, trace, lines) = (other.seed, other.trace, other.lines)
        (steps, time, faults) = (other.steps, other.time, other.faults)
        (records, sealed, names) = (other.records, other.sealed, other.names)
        self.violation = violation
    }
}
