/// Of the segments whose records a snapshot stands for, so many bytes are read again at each
/// start, the newest first; of older ones only the headers. `ergon log check` reads all.
package let usualSweep = 4 << 30

/// A fast look at segments that nobody folds: their headers, and of each record the length, the
/// checksum and the number. Whether the Merkle tree is that of the records is not looked at.
struct SegmentSweep<Disk: LogDisk> {
    let disk: Disk
    /// Names of all segments, in order.
    let segments: [String]

    /// - Parameters:
    ///   - count: how many segments are looked at, from the first one.
    ///   - end: of the records in them.
    ///   - limit: of how many bytes the records are read.
    /// - Throws: `damaged`, `system`.
    func check(first count: Int, upTo end: MerkleFrontier, limit: Int) throws(LogFault) {
        var left = limit
        var next = end
        for place in (0..<count).reversed() {
            let sound = try system { () throws(SystemFault) in
                try check(place, before: next, readingFrames: left > 0)
            }
            guard let sound, place > 0 || sound.start.size == 0 else {
                throw .damaged(try damage(from: place))
            }
            left -= sound.bytes
            next = sound.start
        }
    }

    /// - Returns: what comes before the segment, and the file's size, if what was looked at is as
    ///   it should be.
    private func check(
        _ place: Int, before next: MerkleFrontier, readingFrames: Bool
    ) throws(SystemFault) -> (start: MerkleFrontier, bytes: Int)? {
        let file = try disk.openKnown(segments[place])
        let size = try file.size()
        guard
            let header = SegmentHeader(parsing: try file.read(SegmentHeader.longest, at: 0)),
            header.frontier.size == firstSequence(ofSegment: segments[place]),
            header.frontier.mayGrow(to: next)
        else { return nil }
        let (first, count) = (header.frontier.size, next.size - header.frontier.size)
        let content = size - header.count
        guard content >= count * Frame.leastCount, content <= count * Frame.mostCount else {
            return nil
        }
        guard readingFrames else { return (header.frontier, size) }
        let end = try read(file, header.count..<size, first: first)
        return end == next.size ? (header.frontier, size) : nil
    }

    /// - Returns: the number of the record that follows, if all are as they should be.
    private func read(
        _ file: Disk.File, _ range: Range<Int>, first sequence: Int
    ) throws(SystemFault) -> Int? {
        var (offset, sequence) = (range.lowerBound, sequence)
        while offset < range.upperBound {
            let block = try file.read(min(blockSize, range.upperBound - offset), at: offset)
            let whole = block.withUnsafeBytes { Frame.countWhole($0, first: sequence) }
            guard whole.records > 0 else { return nil }
            offset += whole.bytes
            sequence += whole.records
        }
        return sequence
    }

    /// What a careful reader says that is wrong there.
    private func damage(from place: Int) throws(LogFault) -> LogDamage {
        var reader = try RecordLogReader(of: disk) { _, _ in place }
        while let item = try reader.next() {
            if case .damage(let damage) = item { return damage }
        }
        let first = firstSequence(ofSegment: segments[place]) ?? 0
        let start = LogPlace(segment: disk.path(segments[place]), offset: 0, sequence: first)
        return LogDamage(place: start, problem: .notChained)
    }
}

/// How much of a segment is in memory at a time: it must be more than a frame.
private let blockSize = 1 << 20

extension Frame {
    static let leastCount = headerCount + 1
    static let mostCount = headerCount + recordLimit

    /// How many frames `bytes` begin with that are whole and undamaged, and their bytes.
    static func countWhole(
        _ bytes: UnsafeRawBufferPointer, first sequence: Int
    ) -> (records: Int, bytes: Int) {
        var (records, offset) = (0, 0)
        while offset < bytes.count,
            case .payload(let range) = read(bytes, at: offset, sequence: sequence + records)
        {
            records += 1
            offset = range.upperBound
        }
        return (records, offset)
    }
}

extension MerkleFrontier {
    /// False if no records could lead from here to `later`: the subtrees that were complete, and
    /// have not become part of larger ones, must be the same.
    func mayGrow(to later: MerkleFrontier) -> Bool {
        guard size <= later.size else { return false }
        let changed = Int.bitWidth - (size ^ later.size).leadingZeroBitCount
        let kept = changed == Int.bitWidth ? 0 : (size >> changed).nonzeroBitCount
        return peaks.prefix(kept) == later.peaks.prefix(kept)
    }
}
