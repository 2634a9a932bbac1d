/// The exact sum of any doubles in any order, rounded once when it is read.
///
/// A small superaccumulator (R. M. Neal, "Fast exact summation using small and large
/// superaccumulators", arXiv 1505.05571): the sum is an integer in units of 2^-1074, the smallest
/// double, kept in 67 signed chunks of which each weighs 2^32 times the one before. The halves of
/// a chunk overlap, so that a thousand additions need no carry.
struct ExactSum {
    private static let chunkCount = 67
    /// An addition changes a chunk by less than 2^52 + 2^32: so many, after a carry, fit into 63
    /// bits.
    private static let additionsBetweenCarries = 1 << 10

    private var chunks = [Int64](repeating: 0, count: chunkCount)
    private var additionsLeft = additionsBetweenCarries

    /// - Precondition: `value` is finite.
    mutating func add(_ value: Double) {
        precondition(value.isFinite, "\(value) has no exact sum")
        if additionsLeft == 0 { carry() }
        additionsLeft -= 1
        let exponent = Int(value.exponentBitPattern)
        // IEEE 754: a subnormal has the lowest exponent and no hidden bit.
        let significand = value.significandBitPattern | (exponent == 0 ? 0 : 1 << 52)
        let shift = max(exponent, 1) - 1
        let (chunk, offset) = (shift / 32, UInt64(shift % 32))
        let low = Int64(significand << offset & 0xFFFF_FFFF)
        let high = Int64(significand >> (32 - offset))
        chunks[chunk] += value.sign == .minus ? -low : low
        chunks[chunk + 1] += value.sign == .minus ? -high : high
    }

    /// Back to zero.
    mutating func clear() {
        for index in chunks.indices { chunks[index] = 0 }
        additionsLeft = Self.additionsBetweenCarries
    }

    /// The double nearest to the sum, to the even one between two; infinite beyond the largest.
    mutating func rounded() -> Double {
        carry()
        guard chunks[Self.chunkCount - 1] < 0 else { return Self.rounded(chunks) }
        var opposite = self
        for index in chunks.indices { opposite.chunks[index] = -chunks[index] }
        opposite.carry()
        return -Self.rounded(opposite.chunks)
    }

    /// The sum as doubles that add up to it exactly: the nearest double, then the nearest to what
    /// is left, and so on; none for zero. They depend on the sum alone, not on how it came about.
    /// The sum is zero afterwards.
    mutating func takeParts() -> [Double] {
        var parts: [Double] = []
        while true {
            let nearest = rounded()
            if nearest == 0 { return parts }
            let part =
                nearest.isFinite
                ? nearest
                : Double(signOf: nearest, magnitudeOf: .greatestFiniteMagnitude)
            parts.append(part)
            add(-part)
        }
    }

    /// Leaves every chunk but the last between 0 and 2^32 - 1; the last has the sign.
    private mutating func carry() {
        for index in 0..<Self.chunkCount - 1 {
            chunks[index + 1] += chunks[index] >> 32
            chunks[index] &= 0xFFFF_FFFF
        }
        additionsLeft = Self.additionsBetweenCarries
    }

    /// - Parameter chunks: carried and not negative.
    private static func rounded(_ chunks: [Int64]) -> Double {
        guard let top = chunks.lastIndex(where: { $0 != 0 }) else { return 0 }
        let length = 32 * top + Int64.bitWidth - chunks[top].leadingZeroBitCount
        // Up to 53 bits the integer is the bit pattern of the double it counts 2^-1074 of.
        guard length > 53 else { return Double(bitPattern: bits(of: chunks, from: 0)) }
        let shift = length - 53
        guard shift < 2046 else { return .infinity }
        // The hidden bit adds the 1 that the exponent field of a normal number has over its shift.
        var pattern = UInt64(shift) << 52 + bits(of: chunks, from: shift)
        let (chunk, offset) = ((shift - 1) / 32, (shift - 1) % 32)
        let isHalf = chunks[chunk] >> offset & 1 == 1
        let isMore =
            chunks[chunk] & (1 << offset - 1) != 0 || chunks[..<chunk].contains { $0 != 0 }
        if isHalf && (isMore || pattern & 1 == 1) { pattern += 1 }
        return Double(bitPattern: pattern)
    }

    /// The 64 bits from `position` on.
    private static func bits(of chunks: [Int64], from position: Int) -> UInt64 {
        let (first, offset) = (position / 32, position % 32)
        return (0..<3).reduce(0) { bits, index in
            guard first + index < chunks.count else { return bits }
            let chunk = UInt64(chunks[first + index])
            // A shift by a negative number is one to the right.
            return bits | chunk << (32 * index - offset)
        }
    }
}
