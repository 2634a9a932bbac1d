import ErgonModel

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): the same numbers from the same seed everywhere.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    mutating func roll(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &self) }

    /// True in so many cases of a hundred.
    mutating func happens(_ percent: Int) -> Bool { roll(1...100) <= percent }
}

/// A digest for tests, in place of SHA-256.
func digest(_ bytes: [UInt8]) -> Digest {
    var (state, words): (UInt64, [UInt8]) = (0xCBF2_9CE4_8422_2325, [])
    for position in 0..<32 {
        for byte in bytes + [UInt8(position)] {
            state = (state ^ UInt64(byte)) &* 0x100_0000_01B3
        }
        words.append(UInt8(truncatingIfNeeded: state >> 32))
    }
    guard let digest = Digest(bytes: words) else { fatalError("32 bytes are a digest") }
    return digest
}

/// Content for tests, different for different words.
func content(_ word: String) -> StoredFile {
    StoredFile(digest: digest(Array(word.utf8)), size: ByteCount(Int64(word.utf8.count)))
}
