import ErgonModel
import Testing

@Suite struct `Nouns` {
    @Test func `a digest is its bytes and its digits`() throws {
        let bytes = (0..<32).map { UInt8($0 * 8) }
        let digest = try #require(Digest(bytes: bytes))
        #expect(digest.bytes == bytes)
        #expect(digest.hex.hasPrefix("0008101820"))
        #expect(Digest(hex: digest.hex) == digest)
        #expect(Digest(bytes: bytes.dropLast()) == nil)
        #expect(Digest(hex: digest.hex.uppercased()) == nil)
        #expect(Digest(hex: String(digest.hex.dropLast())) == nil)
        let next = try #require(Digest(bytes: bytes.dropLast() + [255]))
        #expect(digest < next)
        #expect(digest != next)
    }

    @Test func `power times time is energy, rounded down`() {
        #expect(Watts(milliwatts: 1500) * .seconds(2) == Joules(microjoules: 3_000_000))
        #expect(Watts(milliwatts: 1) * Microseconds(999) == .zero)
        #expect(Watts(milliwatts: 3999) * Microseconds(1) == Joules(microjoules: 3))
        // A thousand watts for a thousand hours of a thousand cores still fit.
        #expect(
            Watts(milliwatts: 1_000_000) * .seconds(3_600_000)
                == Joules(microjoules: 3_600_000_000_000_000))
    }

    @Test func `a seed hashes campaign, step and number, and leaves 53 bits`() throws {
        let digest = try #require(Digest(bytes: [UInt8](repeating: 0xFF, count: 32)))
        var asked: [String] = []
        func seed(_ number: Int?) -> Int64 {
            ErgonModel.seed(campaign: 42, step: "gen", number: number) { bytes in
                asked.append(String(decoding: bytes, as: UTF8.self))
                return digest
            }
        }
        #expect(seed(7) == 1 << 53 - 1)
        _ = seed(nil)
        #expect(asked == ["ergon-seed-v1\n42\ngen\n7", "ergon-seed-v1\n42\ngen\n"])
    }

    @Test func `coverage is complete when nothing is missing`() {
        var coverage = Coverage(
            step: "s", source: "f", unit: "events", declared: 0..<10,
            covered: IntervalSet(0..<10), gaps: [])
        #expect(coverage.isComplete)
        coverage.covered.remove(3..<4)
        #expect(!coverage.isComplete)
    }
}
