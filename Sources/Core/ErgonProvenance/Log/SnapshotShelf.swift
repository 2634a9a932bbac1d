/// A snapshot that could not be used. Nothing is lost by that: the one before it, or the whole
/// log, says the same.
package struct UnusedSnapshot: Hashable, Sendable {
    package var path: String
    package var reason: String
}

/// Keeps snapshots beside the log: what all records before a segment amount to, in whatever form
/// its owner gave it (`docs/LOG.md`, "Snapshots"). They are a cache; each may be removed at any
/// time.
package struct SnapshotShelf<Disk: LogDisk> {
    private let disk: Disk

    package init(on disk: Disk) { self.disk = disk }

    /// Puts a snapshot on disk, and takes away all but it and the newest before it. This may be
    /// done on another thread than the log's, while the log grows; but only on one at a time.
    /// - Parameters:
    ///   - payload: what the records before `start` amount to.
    ///   - start: `RecordLog.segmentStart`, when the records were all there were.
    /// - Throws: `system`; there is no snapshot then, and the earlier ones are as they were.
    package func write(_ payload: [UInt8], at start: MerkleFrontier) throws(LogFault) {
        try system { () throws(SystemFault) in
            let header = SnapshotHeader(frontier: start, payload)
            try disk.replace(snapshotName(at: start.size)) { file throws(SystemFault) in
                try file.write(header.bytes, at: 0)
                try write(payload, to: file, at: header.count)
            }
            let earlier = try sequences().last { $0 < start.size }
            try removeAll { $0 != start.size && $0 != earlier }
        }
    }

    /// A long one bit by bit: a log on the same disk may have to wait while a bit is synced.
    private func write(
        _ payload: [UInt8], to file: Disk.File, at start: Int
    ) throws(SystemFault) {
        var done = 0
        while done < payload.count {
            let piece = payload[done..<min(done + snapshotPiece, payload.count)]
            try file.write(Array(piece), at: start + done)
            try file.syncContent()
            done = piece.endIndex
        }
    }

    /// Of the snapshots that are there, in ascending order.
    func sequences() throws(SystemFault) -> [Int] {
        try disk.names().compactMap(snapshotSequence).sorted()
    }

    func removeAll(where isUnwanted: (Int) -> Bool) throws(SystemFault) {
        for sequence in try sequences() where isUnwanted(sequence) {
            try disk.remove(snapshotName(at: sequence))
        }
    }

    // MARK: Reading

    /// Offers snapshots to `restore`, the newest first, until it takes one.
    /// - Returns: how many records the one that it took stands for.
    func restore(
        _ unused: inout [UnusedSnapshot],
        by restore: ([UInt8], Int) throws(LogFault) -> Bool
    ) throws(LogFault) -> Int? {
        for sequence in try newestFirst() {
            var reason = "it is of another version"
            switch read(sequence) {
            case .payload(let payload): if try restore(payload, sequence) { return sequence }
            case .unusable(let problem): reason = problem
            }
            unused.append(UnusedSnapshot(path: path(sequence), reason: reason))
        }
        return nil
    }

    /// The snapshots that cannot be used, and of how many records those are that can be; the
    /// newest first.
    package func survey() throws(LogFault) -> (usable: [Int], unusable: [UnusedSnapshot]) {
        var (usable, unusable): ([Int], [UnusedSnapshot]) = ([], [])
        for sequence in try newestFirst() {
            switch read(sequence) {
            case .payload: usable.append(sequence)
            case .unusable(let problem):
                unusable.append(UnusedSnapshot(path: path(sequence), reason: problem))
            }
        }
        return (usable, unusable)
    }

    private func path(_ sequence: Int) -> String { disk.path(snapshotName(at: sequence)) }

    private func newestFirst() throws(LogFault) -> [Int] {
        try system { () throws(SystemFault) in try sequences().reversed() }
    }

    private enum Reading {
        case payload([UInt8])
        case unusable(String)
    }

    private func read(_ sequence: Int) -> Reading {
        do throws(SystemFault) {
            let file = try disk.openKnown(snapshotName(at: sequence))
            let first = try file.read(SnapshotHeader.longest, at: 0)
            guard let header = SnapshotHeader(parsing: first),
                header.frontier.size == sequence,
                header.count + header.payloadCount == (try file.size())
            else { return .unusable("it is damaged") }
            guard try disk.frontier(ofSegment: segmentName(first: sequence)) == header.frontier
            else { return .unusable("it is not of this log") }
            let payload = try file.read(header.payloadCount, at: header.count)
            return header.fits(payload) ? .payload(payload) : .unusable("it is damaged")
        } catch { return .unusable(error.description) }
    }
}

extension LogDisk {
    /// Of the records before a segment; `nil` if its header is damaged, or if it is not there.
    func frontier(ofSegment name: String) throws(SystemFault) -> MerkleFrontier? {
        guard let file = try open(name) else { return nil }
        return SegmentHeader(parsing: try file.read(SegmentHeader.longest, at: 0))?.frontier
    }
}

extension SnapshotShelf: Sendable where Disk: Sendable {}

/// So many bytes of a snapshot are synced at a time.
private let snapshotPiece = 8 << 20

/// The start of a snapshot file: the Merkle frontier of the records that it stands for, as the
/// header of the segment behind them has it, and the payload's length; then the checksum of
/// everything before it and of the payload.
struct SnapshotHeader: Equatable {
    /// The most bytes that a header can have.
    static let longest = Preamble.longest + 12

    let frontier: MerkleFrontier
    let payloadCount: Int
    private let checksum: UInt32

    init(frontier: MerkleFrontier, _ payload: [UInt8]) {
        self.frontier = frontier
        payloadCount = payload.count
        checksum = Self.checksum(frontier, payload)
    }

    /// `nil` unless `bytes` starts with a whole header. Whether it is undamaged shows with the
    /// payload: `fits`.
    init?(parsing bytes: [UInt8]) {
        guard let preamble = Preamble(.snapshot, parsing: bytes) else { return nil }
        let rest = bytes[preamble.count...].prefix(12)
        guard rest.count == 12,
            let count = Int(exactly: UInt64(littleEndianBytes: rest.prefix(8))),
            count <= Int.max - Self.longest
        else { return nil }
        frontier = preamble.frontier
        payloadCount = count
        checksum = UInt32(littleEndianBytes: rest.suffix(4))
    }

    var count: Int { Preamble(.snapshot, frontier).count + 12 }

    var bytes: [UInt8] {
        Self.checked(frontier, payloadCount) + checksum.littleEndianBytes
    }

    func fits(_ payload: [UInt8]) -> Bool {
        payload.count == payloadCount && checksum == Self.checksum(frontier, payload)
    }

    private static func checksum(_ frontier: MerkleFrontier, _ payload: [UInt8]) -> UInt32 {
        var checksum = Checksum()
        checksum.update(checked(frontier, payload.count))
        checksum.update(payload)
        return checksum.value
    }

    private static func checked(_ frontier: MerkleFrontier, _ count: Int) -> [UInt8] {
        Preamble(.snapshot, frontier).bytes + UInt64(count).littleEndianBytes
    }
}
