/// What a reader of the log meets.
package enum LogItem: Hashable, Sendable {
    case record(LogPlace, [UInt8])
    case damage(LogDamage)
    /// The last segment ends within a record that was never acknowledged: `count` bytes of it.
    case unfinished(LogPlace, count: Int)
}

/// Goes through the records of a log in their order, and past whatever is damaged in between.
/// It takes no lock: the log may be growing meanwhile. One segment at a time is in memory.
package struct RecordLogReader<Disk: LogDisk> {
    private let disk: Disk
    /// The last signed checkpoint, if there is one that can be read.
    package let checkpoint: SignedNote?
    /// Names of the segments in order.
    let segments: [String]
    /// Where in `segments` it began.
    let start: Int

    private let checkpointHead: TreeHead?
    private var frontier = MerkleFrontier()
    /// Of the records before the segment in which it began.
    private(set) var startFrontier = MerkleFrontier()
    /// Of the records before the segment that was read last.
    private(set) var segmentFrontier = MerkleFrontier()
    /// False after damage, until a segment's header says where we are.
    private var knowsFrontier = true
    /// Of the next record.
    private(set) var sequence = 0
    private var segmentsRead: Int
    private var (bytes, offset): ([UInt8], Int) = ([], 0)
    /// Of the segment that is being read.
    private var path: String
    /// Up to where the segment that is being read was on disk when the checkpoint was written.
    private var confirmed = 0
    private var isAtEnd = false
    /// Met, but not yet handed out.
    private var found: [LogItem] = []

    /// From the first record on.
    /// - Throws: `system` if the folder or its checkpoint cannot be read.
    package init(of disk: Disk) throws(LogFault) {
        try self.init(of: disk) { _, _ in 0 }
    }

    /// From the segment that has record `sequence`, or the last.
    /// - Throws: as `init(of:)`.
    package init(of disk: Disk, near sequence: Int) throws(LogFault) {
        try self.init(of: disk) { segments, _ in
            segments.lastIndex { (firstSequence(ofSegment: $0) ?? 0) <= sequence } ?? 0
        }
    }

    /// From the segment in which `choose` says to begin, given their names and the number of
    /// records that the checkpoint is of.
    /// - Throws: as `init(of:)`.
    init(
        of disk: Disk, from choose: ([String], Int?) -> Int
    ) throws(LogFault) {
        self.disk = disk
        // In this order: a log that grows meanwhile has at least what the checkpoint says.
        let note = try system { () throws(SystemFault) in
            try disk.content(of: checkpointName)
        }
        let (checkpoint, head, damage) = Self.readCheckpoint(note, of: disk)
        segments = try system { () throws(SystemFault) in
            try disk.names().filter { firstSequence(ofSegment: $0) != nil }
        }
        start = choose(segments, head?.size)
        (self.checkpoint, checkpointHead) = (checkpoint, head)
        segmentsRead = start
        path = disk.path(segments.isEmpty ? segmentName(first: 0) : segments[start])
        if start > 0 {
            sequence = firstSequence(ofSegment: segments[start]) ?? 0
            knowsFrontier = false
        }
        found += damage.map { [.damage($0)] } ?? []
        compareWithCheckpoint()
    }

    /// Of the log as it was read; not to be relied on after damage.
    package var head: TreeHead { TreeHead(size: frontier.size, root: frontier.root) }
    var endFrontier: MerkleFrontier { frontier }
    /// How many records the checkpoint is of.
    package var checkpointSize: Int? { checkpointHead?.size }

    /// What of the last segment no checkpoint vouches for; to be asked at the end.
    func unconfirmed(upTo tornTail: TornTail?) -> (offset: Int, bytes: [UInt8]) {
        (confirmed, Array(bytes[confirmed..<(tornTail?.place.offset ?? bytes.count)]))
    }

    /// - Returns: `nil` at the end of the log.
    /// - Throws: `system` if a segment cannot be read.
    package mutating func next() throws(LogFault) -> LogItem? {
        while found.isEmpty, !isAtEnd {
            if offset < bytes.count {
                readFrame()
            } else if segmentsRead < segments.count {
                try readSegment()
            } else {
                finish()
            }
        }
        return found.isEmpty ? nil : found.removeFirst()
    }

    /// In the segment that is being read, or at the start of the first.
    private var place: LogPlace { LogPlace(segment: path, offset: offset, sequence: sequence) }

    private mutating func report(_ problem: LogDamage.Problem, at place: LogPlace) {
        found.append(.damage(LogDamage(place: place, problem: problem)))
    }

    // MARK: Segments

    private mutating func readSegment() throws(LogFault) {
        let name = segments[segmentsRead]
        segmentsRead += 1
        (bytes, offset, confirmed, path) = ([], 0, 0, disk.path(name))
        let content = try system { () throws(SystemFault) in try disk.content(of: name) ?? [] }
        guard let header = SegmentHeader(parsing: content) else {
            knowsFrontier = false
            return report(.badHeader, at: place)
        }
        check(header, name)
        (frontier, sequence, knowsFrontier) = (header.frontier, header.frontier.size, true)
        (bytes, offset, confirmed) = (content, header.count, header.count)
        segmentFrontier = header.frontier
        if start > 0, segmentsRead == start + 1 {
            startFrontier = header.frontier
            compareWithCheckpoint()
        }
    }

    /// Against the segment's name and against what came before.
    private mutating func check(_ header: SegmentHeader, _ name: String) {
        let first = header.frontier.size
        if first != firstSequence(ofSegment: name) { report(.misnamed, at: place) }
        if first > sequence {
            report(.missing(upTo: first), at: place)
        } else if first < sequence || knowsFrontier && header.frontier != frontier {
            report(.notChained, at: place)
        }
    }

    private mutating func readFrame() {
        let place = place
        let frame = bytes.withUnsafeBytes { Frame.read($0, at: offset, sequence: sequence) }
        switch frame {
        case .payload(let range):
            let payload = Array(bytes[range])
            found.append(.record(place, payload))
            if knowsFrontier { frontier.append(leafHash(payload)) }
            sequence += 1
            offset = range.upperBound
            if let checkpointHead, sequence <= checkpointHead.size { confirmed = offset }
            compareWithCheckpoint()
        case .badChecksum(let next):
            knowsFrontier = false
            report(.badChecksum, at: place)
            sequence += 1
            offset = next
        case .badLength:
            report(.badLength, at: place)
            abandonSegment()
        case .incomplete where segmentsRead == segments.count:
            found.append(.unfinished(place, count: bytes.count - offset))
            offset = bytes.count
        case .incomplete:
            report(.endsEarly, at: place)
            abandonSegment()
        }
    }

    private mutating func abandonSegment() {
        knowsFrontier = false
        offset = bytes.count
    }

    private mutating func finish() {
        isAtEnd = true
        if let size = checkpointHead?.size, size > sequence {
            report(.shorterThanCheckpoint(size: size), at: place)
        }
    }

    // MARK: Checkpoint

    private static func checkpointPlace(on disk: Disk, _ sequence: Int) -> LogPlace {
        LogPlace(segment: disk.path(checkpointName), offset: 0, sequence: sequence)
    }

    private static func readCheckpoint(
        _ bytes: [UInt8]?, of disk: Disk
    ) -> (SignedNote?, TreeHead?, LogDamage?) {
        guard let bytes else { return (nil, nil, nil) }
        do {
            let note = try SignedNote(parsing: bytes)
            return (note, try Checkpoint(parsing: note.text).head, nil)
        } catch {
            let problem = LogDamage.Problem.unreadableCheckpoint(error.description)
            return (nil, nil, LogDamage(place: checkpointPlace(on: disk, 0), problem: problem))
        }
    }

    private mutating func compareWithCheckpoint() {
        guard knowsFrontier, let checkpointHead, checkpointHead.size == frontier.size,
            checkpointHead.root != frontier.root
        else { return }
        report(
            .differsFromCheckpoint(size: checkpointHead.size),
            at: Self.checkpointPlace(on: disk, sequence))
    }
}

let checkpointName = "checkpoint"

/// A system fault as a fault of the log.
func system<Result>(
    _ body: () throws(SystemFault) -> Result
) throws(LogFault) -> Result {
    do {
        return try body()
    } catch {
        throw .system(error)
    }
}
