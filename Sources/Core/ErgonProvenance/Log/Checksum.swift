/// CRC-32C (Castagnoli; RFC 3720 §B.4), reflected polynomial 0x82F63B78.
struct Checksum {
    private static let table: [UInt32] = (0..<256).map { byte in
        (0..<8).reduce(UInt32(byte)) { value, _ in
            value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1
        }
    }

    private var state = UInt32.max

    mutating func update(_ bytes: some Sequence<UInt8>) {
        Self.table.withUnsafeBufferPointer { table in
            for byte in bytes {
                state = table[Int(UInt8(truncatingIfNeeded: state) ^ byte)] ^ state >> 8
            }
        }
    }

    var value: UInt32 { ~state }
}

extension FixedWidthInteger {
    var littleEndianBytes: [UInt8] { withUnsafeBytes(of: littleEndian) { Array($0) } }

    /// - Precondition: `bytes` has as many bytes as the integer.
    init(littleEndianBytes bytes: ArraySlice<UInt8>) {
        precondition(bytes.count == Self.bitWidth / 8, "\(bytes.count) bytes for \(Self.self)")
        self = bytes.reversed().reduce(0) { $0 << 8 | Self($1) }
    }
}
