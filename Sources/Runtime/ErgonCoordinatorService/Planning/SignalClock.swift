package import ErgonModel

/// What time it is in the signals while it is some time here: the same, unless a trace of signals
/// is replayed at speed.
package struct SignalClock: Hashable, Sendable {
    /// A moment here, and the same in the signals.
    private let here: Instant
    private let there: Instant
    /// How many seconds of the signals pass in one.
    package let speed: Double

    /// Of signals that are not replayed.
    package static let present = SignalClock(
        here: Instant(microseconds: 0), there: Instant(microseconds: 0), speed: 1)

    /// - Precondition: `speed` is above 0.
    package init(here: Instant, there: Instant, speed: Double) {
        precondition(speed > 0, "a speed of \(speed)")
        (self.here, self.there, self.speed) = (here, there, speed)
    }

    func inSignals(_ instant: Instant) -> Instant {
        there + inSignals(instant - here)
    }

    package func inSignals(_ time: Microseconds) -> Microseconds {
        speed == 1 ? time : Microseconds(rounded(Double(time.count) * speed))
    }

    func here(_ instant: Instant) -> Instant {
        here + here(instant - there)
    }

    func here(_ time: Microseconds) -> Microseconds {
        speed == 1 ? time : Microseconds(rounded(Double(time.count) / speed))
    }

    private func rounded(_ number: Double) -> Int64 {
        Int64(exactly: number.rounded()) ?? (number < 0 ? .min : .max)
    }
}
