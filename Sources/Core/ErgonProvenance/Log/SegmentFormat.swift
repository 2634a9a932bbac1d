import ErgonModel

/// The start of a segment file (`docs/LOG.md`, "Segments"): which record comes first, and the
/// Merkle frontier of all before it, so that every segment is chained to the one before it.
struct SegmentHeader: Equatable {
    private static let magic = Array("ergonlog".utf8)
    private static let version: UInt32 = 1

    /// Of the records before this segment; its size is the first record's sequence number.
    var frontier: MerkleFrontier

    var bytes: [UInt8] {
        var bytes = Self.magic + Self.version.littleEndianBytes
        bytes += UInt32(frontier.peaks.count).littleEndianBytes
        bytes += UInt64(frontier.size).littleEndianBytes
        bytes += frontier.peaks.flatMap(\.bytes)
        var checksum = Checksum()
        checksum.update(bytes)
        return bytes + checksum.value.littleEndianBytes
    }

    var count: Int { 28 + 32 * frontier.peaks.count }

    init(frontier: MerkleFrontier) { self.frontier = frontier }

    /// `nil` unless `bytes` starts with a whole and undamaged header.
    init?(parsing bytes: [UInt8]) {
        guard bytes.count >= 28 else { return nil }
        let peakCount = Int(UInt32(littleEndianBytes: bytes[12..<16]))
        guard let size = Int(exactly: UInt64(littleEndianBytes: bytes[16..<24])),
            peakCount == size.nonzeroBitCount, bytes.count >= 28 + 32 * peakCount
        else { return nil }
        let peaks = (0..<peakCount).compactMap { peak in
            Digest(bytes: bytes[(24 + 32 * peak)..<(56 + 32 * peak)])
        }
        guard let frontier = MerkleFrontier(size: size, peaks: peaks) else { return nil }
        self.frontier = frontier
        guard bytes.starts(with: self.bytes) else { return nil }
    }
}

/// The name of the segment whose first record is `sequence`.
func segmentName(first sequence: Int) -> String {
    let digits = String(sequence)
    return "segment-\(String(repeating: "0", count: max(0, 12 - digits.count)))\(digits).log"
}

/// The inverse of `segmentName(first:)`.
func firstSequence(ofSegment name: String) -> Int? {
    guard name.hasPrefix("segment-"), name.hasSuffix(".log"),
        let first = Int(name.dropFirst(8).dropLast(4)), first >= 0,
        segmentName(first: first) == name
    else { return nil }
    return first
}

/// One record in a segment: length, its complement, checksum, payload. The complement tells a
/// damaged length from a frame that was not written to its end.
enum Frame {
    static let headerCount = 8

    /// - Precondition: 1 to 65,535 bytes.
    static func bytes(_ payload: [UInt8], sequence: Int) -> [UInt8] {
        precondition(
            (1...recordLimit).contains(payload.count), "a record of \(payload.count) bytes")
        let length = UInt16(payload.count)
        return length.littleEndianBytes + (~length).littleEndianBytes
            + checksum(payload[...], sequence: sequence).littleEndianBytes + payload
    }

    private static func checksum(_ payload: ArraySlice<UInt8>, sequence: Int) -> UInt32 {
        var checksum = Checksum()
        checksum.update(UInt64(sequence).littleEndianBytes)
        checksum.update(payload)
        return checksum.value
    }

    enum Reading: Equatable {
        case payload(Range<Int>)
        /// The file ends within the frame, or holds nothing but zeros from here on: what a crash
        /// leaves.
        case incomplete
        /// The length is impossible: where the next frame starts is not known.
        case badLength
        case badChecksum(next: Int)
    }

    /// The frame at `offset`, which is below the number of bytes.
    static func read(_ bytes: [UInt8], at offset: Int, sequence: Int) -> Reading {
        let start = offset + headerCount
        let rest = bytes[offset...]
        if rest.allSatisfy({ $0 == 0 }) { return .incomplete }
        guard rest.count >= 4 else { return .incomplete }
        let length = UInt16(littleEndianBytes: rest.prefix(2))
        let complement = UInt16(littleEndianBytes: rest.dropFirst(2).prefix(2))
        guard length > 0, complement == ~length else { return .badLength }
        let end = start + Int(length)
        guard end <= bytes.count else { return .incomplete }
        let stored = UInt32(littleEndianBytes: bytes[(offset + 4)..<start])
        guard stored == checksum(bytes[start..<end], sequence: sequence) else {
            return .badChecksum(next: end)
        }
        return .payload(start..<end)
    }
}
