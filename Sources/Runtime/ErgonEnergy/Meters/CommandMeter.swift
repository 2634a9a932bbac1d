package import ErgonModel
import Synchronization

/// What a command of the site printed last, and when: written by whoever runs it, read here.
package final class CommandReading: Sendable {
    struct Value: Hashable {
        var text: EnergyText
        /// Of a clock that is never set.
        var time: Microseconds
    }

    private let state = Mutex<Value?>(nil)

    package init() {}

    /// - Parameter text: `NUMBER UNIT`; anything else is as if it had failed.
    /// - Returns: whether it makes sense.
    @discardableResult
    package func put(_ text: String, at time: Microseconds) -> Bool {
        let value = EnergyText(text).map { Value(text: $0, time: time) }
        state.withLock { $0 = value }
        return value != nil
    }

    /// The command failed: there is nothing to read.
    package func clear() { state.withLock { $0 = nil } }

    var value: Value? { state.withLock { $0 } }
}

/// A wall meter that is asked by a command: a counter, or a power, which stands for the time since
/// the one before.
struct CommandMeter: Sendable {
    private let reading: CommandReading
    private var counter = EnergyCounter(
        mostPower: Watts(milliwatts: 20_000_000), patience: Self.patience)
    private var last: (value: CommandReading.Value, microjoules: Int64)?
    private static let patience = Microseconds.seconds(120)
    /// Beyond what any counter reaches.
    private static let range = Int64.max

    init(_ reading: CommandReading) { self.reading = reading }

    mutating func sample(at time: Microseconds) -> MeterTelling {
        guard let value = reading.value else {
            counter.forget()
            last = nil
            return .absent
        }
        return counter.tell(microjoules(value), range: Self.range, at: time)
    }

    /// Of a power the sum: the mean of two readings for the time between them.
    private mutating func microjoules(_ value: CommandReading.Value) -> Int64 {
        if let energy = value.text.microjoules { return energy }
        guard let last, let before = last.value.text.milliwatts, value != last.value else {
            let sum = last?.microjoules ?? 0
            last = (value, sum)
            return sum
        }
        let mean = Watts(milliwatts: (before + (value.text.milliwatts ?? 0)) / 2)
        let elapsed = Microseconds(max(value.time.count - last.value.time.count, 0))
        let sum = (Joules(microjoules: last.microjoules) + mean * elapsed).microjoules
        self.last = (value, sum)
        return sum
    }
}
