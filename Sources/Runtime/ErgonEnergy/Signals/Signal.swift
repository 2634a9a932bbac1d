package import ErgonModel

/// A quantity that signals are of, in whole units.
package protocol SignalQuantity: Hashable, Sendable {
    init(units: Int64)
    var units: Int64 { get }
}

extension CarbonIntensity: SignalQuantity {
    package init(units: Int64) { self.init(microgramsPerKilowattHour: units) }
    package var units: Int64 { microgramsPerKilowattHour }
}

extension EnergyPrice: SignalQuantity {
    package init(units: Int64) { self.init(millionthsPerKilowattHour: units) }
    package var units: Int64 { millionthsPerKilowattHour }
}

/// What is known of a quantity over time: values that hold each for a while, perhaps with gaps.
package struct Signal<Quantity: SignalQuantity>: Hashable, Sendable {
    package struct Sample: Hashable, Sendable {
        package var start: Instant
        package var end: Instant
        package var value: Quantity

        package init(start: Instant, end: Instant, value: Quantity) {
            self.start = start
            self.end = end
            self.value = value
        }
    }

    /// Ascending, none overlapping the next.
    package private(set) var samples: [Sample]

    /// In any order. Of two that begin together the later in the list counts; one that reaches
    /// into the next ends there.
    package init(_ samples: [Sample]) {
        var latest: [Instant: Sample] = [:]
        for sample in samples where sample.start < sample.end { latest[sample.start] = sample }
        var sorted = latest.values.sorted { $0.start < $1.start }
        for index in sorted.indices.dropLast() {
            sorted[index].end = min(sorted[index].end, sorted[index + 1].start)
        }
        self.samples = sorted
    }

    /// Values of which only the beginning is known: each holds until the next, but no longer than
    /// most do, so that a gap stays one.
    package init(starts: [(start: Instant, value: Quantity)]) {
        let sorted = starts.sorted { $0.start < $1.start }
        let spans = zip(sorted, sorted.dropFirst()).map { $1.start - $0.start }
            .filter { $0 > .zero }.sorted()
        let usual = spans.isEmpty ? Microseconds.seconds(3600) : spans[(spans.count - 1) / 2]
        self.init(
            sorted.map { Sample(start: $0.start, end: $0.start + usual, value: $0.value) })
    }

    package var span: Range<Instant>? {
        guard let first = samples.first, let last = samples.last else { return nil }
        return first.start..<last.end
    }

    /// The mean over what is known of a stretch of time, rounded towards zero; `nil` if that is
    /// less than half of it.
    package func mean(from start: Instant, to end: Instant) -> Quantity? {
        var (sum, covered) = (Int128(0), Int128(0))
        for sample in samples[first(endingAfter: start)...] {
            guard sample.start < end else { break }
            let part = Int128((min(end, sample.end) - max(start, sample.start)).count)
            sum += part * Int128(sample.value.units)
            covered += part
        }
        guard covered > 0, covered * 2 >= Int128((end - start).count) else { return nil }
        return Quantity(units: Int64(clamping: sum / covered))
    }

    private func first(endingAfter instant: Instant) -> Int {
        var (low, high) = (0, samples.count)
        while low < high {
            let middle = (low + high) / 2
            if samples[middle].end <= instant { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// Why a file is no signal.
package struct SignalFault: Actionable, Hashable {
    package var place: String
    package var problem: String
    package var remedy: String
}
