/// Energy in whole microjoules.
package struct Joules: Hashable, Comparable, Sendable {
    package var microjoules: Int64

    package init(microjoules: Int64) { self.microjoules = microjoules }

    package static let zero = Joules(microjoules: 0)
    package static func < (left: Joules, right: Joules) -> Bool {
        left.microjoules < right.microjoules
    }
    /// Stays at the end of the scale, 2.5 GWh, rather than pass it: peers choose what is added.
    package static func + (left: Joules, right: Joules) -> Joules {
        let (sum, isTooMuch) = left.microjoules.addingReportingOverflow(right.microjoules)
        return Joules(microjoules: isTooMuch ? .max : sum)
    }
    package static func += (left: inout Joules, right: Joules) { left = left + right }
    /// So many times as much; stays at the end of the scale as well.
    package static func * (energy: Joules, count: Int) -> Joules {
        Joules(microjoules: Int64(clamping: Int128(energy.microjoules) * Int128(count)))
    }
}

/// Power in whole milliwatts.
package struct Watts: Hashable, Comparable, Sendable {
    package var milliwatts: Int64

    package init(milliwatts: Int64) { self.milliwatts = milliwatts }

    package static func < (left: Watts, right: Watts) -> Bool {
        left.milliwatts < right.milliwatts
    }

    /// Power times time is energy, rounded down to a whole microjoule. Stays at the end of the
    /// scale rather than pass it: peers choose both.
    package static func * (power: Watts, time: Microseconds) -> Joules {
        let nanojoules = Int128(power.milliwatts) * Int128(time.count)
        return Joules(microjoules: Int64(clamping: nanojoules / 1000))
    }
}

/// A span of time in whole microseconds: what the kernel accounts in.
package struct Microseconds: Hashable, Comparable, Sendable {
    package var count: Int64

    package init(_ count: Int64) { self.count = count }

    package static let zero = Microseconds(0)
    package static func seconds(_ seconds: Int64) -> Microseconds {
        Microseconds(Int64(clamping: Int128(seconds) * 1_000_000))
    }
    package static func < (left: Microseconds, right: Microseconds) -> Bool {
        left.count < right.count
    }
    /// Stays at the end of the scale, 292,000 years, rather than pass it.
    package static func + (left: Microseconds, right: Microseconds) -> Microseconds {
        let (sum, isTooMuch) = left.count.addingReportingOverflow(right.count)
        return Microseconds(isTooMuch ? .max : sum)
    }
    package static func += (left: inout Microseconds, right: Microseconds) {
        left = left + right
    }
    /// So many times as long; stays at the end of the scale as well.
    package static func * (time: Microseconds, count: Int) -> Microseconds {
        Microseconds(Int64(clamping: Int128(time.count) * Int128(count)))
    }
    /// Whole and fractional seconds, for forecasts and print.
    package var seconds: Double { Double(count) / 1e6 }
}

/// A point in time: microseconds since 1970-01-01T00:00:00Z, leap seconds not counted (POSIX).
package struct Instant: Hashable, Comparable, Sendable {
    package var microseconds: Int64

    package init(microseconds: Int64) { self.microseconds = microseconds }

    package static func < (left: Instant, right: Instant) -> Bool {
        left.microseconds < right.microseconds
    }
    /// Stays at the end of the scale, as does `-`, rather than pass it: peers choose instants.
    package static func + (left: Instant, right: Microseconds) -> Instant {
        Instant(microseconds: Int64(clamping: Int128(left.microseconds) + Int128(right.count)))
    }
    package static func - (left: Instant, right: Instant) -> Microseconds {
        Microseconds(Int64(clamping: Int128(left.microseconds) - Int128(right.microseconds)))
    }
}

/// An amount of storage or memory.
package struct ByteCount: Hashable, Comparable, Sendable {
    package var bytes: Int64

    package init(_ bytes: Int64) { self.bytes = bytes }

    package static func < (left: ByteCount, right: ByteCount) -> Bool { left.bytes < right.bytes }
}
