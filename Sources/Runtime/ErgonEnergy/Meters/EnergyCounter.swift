package import ErgonModel

/// A counter of energy that starts anew when it reaches its range, read now and then.
package struct EnergyCounter: Hashable, Sendable {
    private struct Reading: Hashable {
        var microjoules: Int64
        var time: Microseconds
    }

    private var last: Reading?
    private let mostPower: Watts
    private let patience: Microseconds

    /// - Parameters:
    ///   - mostPower: more than what is counted ever draws.
    ///   - patience: so long it may stand still between two steps.
    package init(mostPower: Watts, patience: Microseconds = .zero) {
        self.mostPower = mostPower
        self.patience = patience
    }

    /// The next reading is as if it were the first.
    package mutating func forget() { last = nil }

    /// What was drawn since the last reading; `nil` if it has not moved yet, and then the next
    /// reading is of this stretch, too.
    /// - Parameters:
    ///   - microjoules: from 0 to `range`.
    ///   - range: microjoules at which it starts anew; `nil` if that is not known.
    ///   - time: of a clock that is never set.
    package mutating func read(
        _ microjoules: Int64, range: Int64?, at time: Microseconds
    ) throws(EnergyGap) -> Joules? {
        let before = last
        last = Reading(microjoules: microjoules, time: time)
        guard let before else { throw .begins }
        guard let range, range > 0 else { throw .noRange }
        let most = mostPower * Microseconds(time.count - before.time.count)
        // Beyond half a range nobody can tell growth from growth and a new start.
        guard most.microjoules <= range / 2 else { throw .tooLong }
        let isAnew = microjoules < before.microjoules
        let grown = microjoules - before.microjoules + (isAnew ? range : 0)
        guard (0...most.microjoules).contains(grown) else { throw .tooMuch }
        guard grown > 0 else {
            if time.count - before.time.count < patience.count {
                last = before
                return nil
            }
            throw .frozen
        }
        return Joules(microjoules: grown)
    }
}
