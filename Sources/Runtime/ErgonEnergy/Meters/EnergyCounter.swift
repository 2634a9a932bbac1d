package import ErgonModel

/// Why a stretch of time has no energy. Such a one is left out, never guessed and never zero.
package enum EnergyGap: Error, Hashable, Sendable {
    /// The first reading, or the first after the counter was away.
    case begins
    /// Nobody read it for so long that it may have started anew unnoticed.
    case tooLong
    /// It does not say where it starts anew.
    case noRange
    /// More than the machine can draw: the counter was set back, or is broken.
    case tooMuch
    /// Nothing at all was drawn, which no machine that is on does.
    case frozen
}

/// A counter of energy that starts anew when it reaches its range, read now and then.
package struct EnergyCounter: Hashable, Sendable {
    private struct Reading: Hashable {
        var microjoules: Int64
        var time: Microseconds
    }

    private var last: Reading?
    private let mostPower: Watts

    /// - Parameter mostPower: more than what is counted ever draws.
    package init(mostPower: Watts) { self.mostPower = mostPower }

    /// What was drawn since the last reading.
    /// - Parameters:
    ///   - microjoules: from 0 to `range`.
    ///   - range: microjoules at which it starts anew; `nil` if that is not known.
    ///   - time: of a clock that is never set.
    package mutating func read(
        _ microjoules: Int64, range: Int64?, at time: Microseconds
    ) throws(EnergyGap) -> Joules {
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
        guard grown > 0 else { throw .frozen }
        return Joules(microjoules: grown)
    }
}
