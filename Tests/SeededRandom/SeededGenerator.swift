import ErgonModel

/// What tests draw: the same from the same seed everywhere.
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var numbers: SplitMix

    package init(seed: UInt64) { numbers = SplitMix(seed: seed) }

    package mutating func next() -> UInt64 { numbers.next() }

    package mutating func roll(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &self)
    }

    /// True in so many cases of a hundred.
    package mutating func happens(_ percent: Int) -> Bool { roll(1...100) <= percent }
}
