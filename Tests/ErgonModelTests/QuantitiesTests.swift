import ErgonModel
import Testing

/// What peers choose never stops us, however absurd it is.
struct QuantitiesTests {
    @Test func `energy does not pass the end of its scale`() {
        #expect(Watts(milliwatts: 1500) * .seconds(2) == Joules(microjoules: 3_000_000))
        #expect(Watts(milliwatts: 3) * Microseconds(333) == .zero)
        #expect(Watts(milliwatts: .max) * Microseconds(1000) == Joules(microjoules: .max))
        #expect(Watts(milliwatts: .max) * Microseconds(.max) == Joules(microjoules: .max))
        #expect(Watts(milliwatts: .max) * Microseconds(.min) == Joules(microjoules: .min))
        #expect(Joules(microjoules: .max) + Joules(microjoules: 1) == Joules(microjoules: .max))
    }

    @Test func `time does not pass the end of its scale`() {
        let (first, last) = (Instant(microseconds: .min), Instant(microseconds: .max))
        #expect(last + Microseconds(1) == last)
        #expect(first + Microseconds(-1) == first)
        #expect(last - first == Microseconds(.max))
        #expect(first - last == Microseconds(.min))
        #expect(Microseconds.seconds(.max) == Microseconds(.max))
        #expect(Microseconds(.max) + Microseconds(1) == Microseconds(.max))
    }
}
