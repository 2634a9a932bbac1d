import ErgonModel

/// What happens in a world, by its seed.
struct Dice: RandomNumberGenerator {
    private var numbers: SplitMix

    init(seed: UInt64) { numbers = SplitMix(seed: seed) }

    /// Dice of their own for one purpose, so that more throws here do not change those there.
    init(seed: UInt64, purpose: UInt64) {
        self.init(seed: mixed(seed &+ purpose &* 0xA076_1D64_78BD_642F))
    }

    mutating func next() -> UInt64 { numbers.next() }

    /// The bias of a plain remainder, below 2^-32 here, does not matter.
    mutating func roll(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() % UInt64(range.upperBound - range.lowerBound + 1))
    }

    mutating func happens(_ count: Int, in total: Int) -> Bool { roll(1...total) <= count }

    mutating func span(_ range: ClosedRange<Int>) -> Int64 { Int64(roll(range)) }

    mutating func pick<Element>(_ elements: [Element]) -> Element? {
        elements.isEmpty ? nil : elements[roll(0...elements.count - 1)]
    }
}

/// A hash of `bytes` that is the same in every process.
func stableHash(_ bytes: some Sequence<UInt8>) -> UInt64 {
    var (state, word, count): (UInt64, UInt64, Int) = (0xCBF2_9CE4_8422_2325, 0, 0)
    for byte in bytes {
        word = word << 8 | UInt64(byte)
        count += 1
        if count % 8 == 0 {
            state = mixed(state ^ word)
            word = 0
        }
    }
    return mixed(state ^ word &+ UInt64(count))
}
