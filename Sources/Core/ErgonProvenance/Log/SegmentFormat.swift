import ErgonModel

/// What the files of the log begin with: what they are, and the Merkle frontier of all records
/// before them (`docs/LOG.md`, "Segments").
struct Preamble: Equatable {
    enum Kind: String {
        case segment = "ergonlog"
        case snapshot = "ergonsnp"
    }

    private static let version: UInt32 = 1
    /// The most bytes that a preamble can have.
    static let longest = 24 + 32 * 64

    var kind: Kind
    /// Its size is the sequence number of the first record behind.
    var frontier: MerkleFrontier

    var bytes: [UInt8] {
        Array(kind.rawValue.utf8) + Self.version.littleEndianBytes
            + UInt32(frontier.peaks.count).littleEndianBytes
            + UInt64(frontier.size).littleEndianBytes + frontier.peaks.flatMap(\.bytes)
    }

    var count: Int { 24 + 32 * frontier.peaks.count }

    init(_ kind: Kind, _ frontier: MerkleFrontier) {
        self.kind = kind
        self.frontier = frontier
    }

    /// `nil` unless `bytes` starts with a whole one of that kind. What follows has the checksum.
    init?(_ kind: Kind, parsing bytes: [UInt8]) {
        guard bytes.count >= 24 else { return nil }
        let peakCount = Int(UInt32(littleEndianBytes: bytes[12..<16]))
        guard let size = Int(exactly: UInt64(littleEndianBytes: bytes[16..<24])),
            peakCount == size.nonzeroBitCount, bytes.count >= 24 + 32 * peakCount
        else { return nil }
        let peaks = (0..<peakCount).compactMap { peak in
            Digest(bytes: bytes[(24 + 32 * peak)..<(56 + 32 * peak)])
        }
        guard let frontier = MerkleFrontier(size: size, peaks: peaks) else { return nil }
        self.init(kind, frontier)
        guard bytes.starts(with: self.bytes) else { return nil }
    }
}

/// The start of a segment file: which record comes first, and the Merkle frontier of all before
/// it, so that every segment is chained to the one before it.
struct SegmentHeader: Equatable {
    /// The most bytes that a header can have.
    static let longest = Preamble.longest + 4

    /// Of the records before this segment; its size is the first record's sequence number.
    var frontier: MerkleFrontier

    var bytes: [UInt8] {
        let preamble = Preamble(.segment, frontier).bytes
        var checksum = Checksum()
        checksum.update(preamble)
        return preamble + checksum.value.littleEndianBytes
    }

    var count: Int { Preamble(.segment, frontier).count + 4 }

    init(frontier: MerkleFrontier) { self.frontier = frontier }

    /// `nil` unless `bytes` starts with a whole and undamaged header.
    init?(parsing bytes: [UInt8]) {
        guard let preamble = Preamble(.segment, parsing: bytes) else { return nil }
        frontier = preamble.frontier
        guard bytes.starts(with: self.bytes) else { return nil }
    }
}

/// The name of the segment whose first record is `sequence`.
func segmentName(first sequence: Int) -> String { fileName("segment", sequence, "log") }

/// The inverse of `segmentName(first:)`.
func firstSequence(ofSegment name: String) -> Int? { sequence(in: name, "segment", "log") }

/// The name of the snapshot of all records before `sequence`.
func snapshotName(at sequence: Int) -> String { fileName("snapshot", sequence, "bin") }

/// The inverse of `snapshotName(at:)`.
func snapshotSequence(of name: String) -> Int? { sequence(in: name, "snapshot", "bin") }

private func fileName(_ kind: String, _ sequence: Int, _ ending: String) -> String {
    let digits = String(sequence)
    return "\(kind)-\(String(repeating: "0", count: max(0, 12 - digits.count)))\(digits).\(ending)"
}

private func sequence(in name: String, _ kind: String, _ ending: String) -> Int? {
    guard name.hasPrefix("\(kind)-"), name.hasSuffix(".\(ending)"),
        let number = Int(name.dropFirst(kind.utf8.count + 1).dropLast(ending.utf8.count + 1)),
        number >= 0, fileName(kind, number, ending) == name
    else { return nil }
    return number
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
        let checksum = payload.withUnsafeBytes { Self.checksum($0, sequence: sequence) }
        return length.littleEndianBytes + (~length).littleEndianBytes
            + checksum.littleEndianBytes + payload
    }

    private static func checksum(_ payload: UnsafeRawBufferPointer, sequence: Int) -> UInt32 {
        var checksum = Checksum()
        checksum.update(UInt64(sequence))
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
    static func read(
        _ bytes: UnsafeRawBufferPointer, at offset: Int, sequence: Int
    ) -> Reading {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
        if rest.allSatisfy({ $0 == 0 }) { return .incomplete }
        guard rest.count >= 4 else { return .incomplete }
        let word = UInt32(littleEndian: rest.loadUnaligned(as: UInt32.self))
        let length = UInt16(truncatingIfNeeded: word)
        guard length > 0, UInt16(truncatingIfNeeded: word >> 16) == ~length else {
            return .badLength
        }
        let end = headerCount + Int(length)
        guard end <= rest.count else { return .incomplete }
        let stored = rest.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
        let payload = UnsafeRawBufferPointer(rebasing: rest[headerCount..<end])
        guard UInt32(littleEndian: stored) == checksum(payload, sequence: sequence) else {
            return .badChecksum(next: offset + end)
        }
        return .payload(offset + headerCount..<offset + end)
    }
}
