/// CRC-32C (Castagnoli; RFC 3720 §B.4), reflected polynomial 0x82F63B78, sixteen bytes at a time by
/// tables (Kounavis and Berry, "Novel table lookup-based algorithms for high-performance CRC
/// generation", IEEE Transactions on Computers 57, 2008).
struct Checksum {
    /// Sixteen tables of 256: what a byte does to the checksum when 0, 1, … 15 bytes follow it.
    private static let tables: [UInt32] = {
        var tables = (UInt32(0)..<256).map { byte in
            (0..<8).reduce(byte) { value, _ in value & 1 == 1 ? value >> 1 ^ polynomial : value >> 1
            }
        }
        for place in 0..<15 * 256 {
            tables.append(tables[Int(tables[place] & 255)] ^ tables[place] >> 8)
        }
        return tables
    }()
    private static let polynomial: UInt32 = 0x82F6_3B78

    private var state = UInt32.max

    var value: UInt32 { ~state }

    mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

    /// As its eight bytes, the lowest first.
    mutating func update(_ number: UInt64) {
        Self.tables.withUnsafeBufferPointer { tables in
            state = Self.folded(number ^ UInt64(state), tables, before: 0)
        }
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        Self.tables.withUnsafeBufferPointer { tables in
            var (state, offset) = (state, 0)
            while bytes.count - offset >= 16 {
                let low = Self.word(bytes, offset) ^ UInt64(state)
                let high = Self.word(bytes, offset + 8)
                // First what does not wait for the state.
                state = Self.folded(high, tables, before: 0) ^ Self.folded(low, tables, before: 8)
                offset += 16
            }
            if bytes.count - offset >= 8 {
                let word = Self.word(bytes, offset) ^ UInt64(state)
                state = Self.folded(word, tables, before: 0)
                offset += 8
            }
            for byte in bytes[offset...] {
                state = tables[Int(UInt8(truncatingIfNeeded: state) ^ byte)] ^ state >> 8
            }
            self.state = state
        }
    }

    @inline(__always)
    private static func word(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// What the eight bytes of `word`, the lowest first, do when `count` bytes follow them.
    @inline(__always)
    private static func folded(
        _ word: UInt64, _ tables: UnsafeBufferPointer<UInt32>, before count: Int
    ) -> UInt32 {
        @inline(__always)
        func entry(_ byte: Int) -> UInt32 {
            let value = Int(truncatingIfNeeded: word &>> UInt64(byte &* 8)) & 255
            return tables[(7 &- byte &+ count) &* 256 &+ value]
        }
        let (first, second) = (entry(0) ^ entry(1), entry(2) ^ entry(3))
        let (third, fourth) = (entry(4) ^ entry(5), entry(6) ^ entry(7))
        return first ^ second ^ third ^ fourth
    }
}

extension FixedWidthInteger {
    var littleEndianBytes: [UInt8] { withUnsafeBytes(of: littleEndian) { Array($0) } }

    /// - Precondition: `bytes` has as many bytes as the integer.
    init(littleEndianBytes bytes: ArraySlice<UInt8>) {
        precondition(bytes.count == Self.bitWidth / 8, "\(bytes.count) bytes for \(Self.self)")
        self = bytes.reversed().reduce(0) { $0 << 8 | Self($1) }
    }
}
