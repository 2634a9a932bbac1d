package import ErgonModel

/// The values of a signal in each slot of a horizon, and where each is from. There is always an
/// answer, so nothing ever waits for a signal.
package struct Forecast<Quantity: SignalQuantity>: Hashable, Sendable {
    /// In the order in which they are tried.
    package enum Origin: Hashable, Comparable, Sendable {
        case signal
        /// The mean of the same time of day on those of the last seven days that are known.
        case lastDays
        /// What the zone emitted in a whole year.
        case yearly
        /// What the site's description says, always.
        case constant
        case none
    }

    /// `nil` where nothing is known.
    package private(set) var values: [Quantity?] = []
    package private(set) var origins: [Origin] = []

    package init(
        _ signal: Signal<Quantity>, yearly: Quantity?, start: Instant, slot: Microseconds,
        slots: Int
    ) {
        for index in 0..<slots {
            let begin = start + Microseconds(slot.count * Int64(index))
            let (value, origin) = Self.value(signal, yearly, begin, begin + slot)
            values.append(value)
            origins.append(origin)
        }
    }

    package init(constant: Quantity, slots: Int) {
        values = Array(repeating: constant, count: slots)
        origins = Array(repeating: .constant, count: slots)
    }

    private static func value(
        _ signal: Signal<Quantity>, _ yearly: Quantity?, _ begin: Instant, _ end: Instant
    ) -> (Quantity?, Origin) {
        if let value = signal.mean(from: begin, to: end) { return (value, .signal) }
        if let value = meanOfLastDays(signal, begin, end) { return (value, .lastDays) }
        if let yearly { return (yearly, .yearly) }
        return (nil, .none)
    }

    /// Of the last seven days of the signal, counted back from the slot in whole days, so that it
    /// is the same time of day.
    private static func meanOfLastDays(
        _ signal: Signal<Quantity>, _ begin: Instant, _ end: Instant
    ) -> Quantity? {
        guard let last = signal.span?.upperBound else { return nil }
        let day = Instant.microsecondsPerDay
        let beyond = max(0, (end - last).count)
        let first = max(1, (beyond + day - 1) / day)
        let found = (first..<first + 7).compactMap { days in
            let back = Microseconds(-days * day)
            return signal.mean(from: begin + back, to: end + back)
        }
        guard !found.isEmpty else { return nil }
        let sum = found.reduce(Int128(0)) { $0 + Int128($1.units) }
        return Quantity(units: Int64(clamping: sum / Int128(found.count)))
    }

    /// How many slots have their value from where, for the record.
    package var counts: [(origin: Origin, slots: Int)] {
        var counts: [Origin: Int] = [:]
        for origin in origins { counts[origin, default: 0] += 1 }
        return counts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }
}
