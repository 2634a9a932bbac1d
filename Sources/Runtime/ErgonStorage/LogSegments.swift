import ErgonModel
package import ErgonProvenance
import Glibc

/// The log on disk: a folder of append-only segments, written by one coordinator at a time
/// (`docs/LOG.md`). Calls block; they belong on a thread of their own.
package final class LogSegments {
    /// What was cut off the end when the log was opened: a record that was never acknowledged.
    package struct TornTail: Hashable, Sendable {
        package var place: LogPlace
        /// Bytes cut off.
        package var count: Int
    }

    /// The size at which a segment is followed by a new one, in bytes.
    package static let usualSegmentSize = 64 << 20

    package let folder: String
    package let tornTail: TornTail?
    private let segmentSize: Int
    /// Held for as long as the log is open.
    private let lock: OpenFile
    /// The last segment.
    var file: OpenFile
    private var durableLength: Int
    private var frontier: MerkleFrontier
    private var poison: SystemFault?

    /// The sequence number of the next record.
    package var nextSequence: Int { frontier.size }
    /// Of all records on disk.
    package var head: TreeHead { TreeHead(size: frontier.size, root: frontier.root) }

    private init(
        _ folder: String, _ lock: OpenFile, _ file: OpenFile, _ length: Int,
        _ frontier: MerkleFrontier, _ tornTail: TornTail?, _ segmentSize: Int
    ) {
        self.folder = folder
        self.lock = lock
        self.file = file
        self.durableLength = length
        self.frontier = frontier
        self.tornTail = tornTail
        self.segmentSize = segmentSize
    }

    /// Opens the log, or starts one; every record in it goes to `recover` first, in order.
    /// An incomplete record at the very end is cut off (`tornTail`).
    /// - Throws: `locked`; `damaged` for anything else that is not as it was written, and then
    ///   nothing is changed; `system`; what `recover` throws.
    package static func open(
        _ folder: String, segmentSize: Int = usualSegmentSize,
        recover: (LogPlace, [UInt8]) throws(LogFault) -> Void
    ) throws(LogFault) -> LogSegments {
        let lock = try takeLock(folder)
        let (frontier, lastSegment, tornTail) = try recoverAll(folder, recover)
        let name = lastSegment ?? segmentName(first: frontier.size)
        return try system { () throws(SystemFault) in
            if lastSegment == nil { try startSegment(folder, frontier) }
            let file = try OpenFile("\(folder)/\(name)", O_RDWR)
            if let tornTail {
                try file.truncate(to: tornTail.place.offset)
                try file.syncContent()
            }
            let length = try file.size()
            return LogSegments(folder, lock, file, length, frontier, tornTail, segmentSize)
        }
    }

    /// Appends the records as one group: all of them are on disk when this returns.
    /// - Returns: their sequence numbers.
    /// - Throws: `system` if writing fails, and `poisoned` ever after: none of the group may be
    ///   acknowledged, and whether it is on disk shows when the log is opened again.
    /// - Precondition: each is 1 to 65,535 bytes.
    package func append(_ payloads: [[UInt8]]) throws(LogFault) -> Range<Int> {
        if let poison { throw .poisoned(poison) }
        let first = nextSequence
        guard !payloads.isEmpty else { return first..<first }
        let group = payloads.enumerated().flatMap { place, payload in
            Frame.bytes(payload, sequence: first + place)
        }
        do {
            try rollIfFull()
            try file.write(group, at: durableLength)
            try file.syncContent()
        } catch {
            poison = error
            cutBack()
            throw .system(error)
        }
        durableLength += group.count
        for payload in payloads { frontier.append(leafHash(payload)) }
        return first..<nextSequence
    }

    /// So that the group is gone also after a restart. If this fails too, the fault says so.
    private func cutBack() {
        do {
            try file.truncate(to: durableLength)
        } catch {
            poison = error
        }
    }

    private func rollIfFull() throws(SystemFault) {
        guard durableLength >= segmentSize else { return }
        try Self.startSegment(folder, frontier)
        file = try OpenFile("\(folder)/\(segmentName(first: frontier.size))", O_RDWR)
        durableLength = try file.size()
    }

    // MARK: Checkpoint

    /// What a checkpoint of the log as it is now says; it extends every earlier one.
    package func checkpoint(origin: String) -> Checkpoint {
        Checkpoint(origin: origin, head: head)
    }

    /// Puts a signed checkpoint in the place of the last one.
    /// - Throws: `notACheckpoint` unless it is that of the log as it is now. The last one was
    ///   compared with the records when the log was opened, and records are only added: so the new
    ///   one extends it.
    package func writeCheckpoint(_ note: SignedNote) throws(LogFault) {
        if let poison { throw .poisoned(poison) }
        let path = "\(folder)/\(checkpointName)"
        guard let checkpoint = try? Checkpoint(parsing: note.text), checkpoint.head == head else {
            throw .notACheckpoint(path)
        }
        try system { () throws(SystemFault) in
            try replaceFile(path, with: Array(note.note.utf8), in: folder)
        }
    }
}

// MARK: Opening

extension LogSegments {
    private static func takeLock(_ folder: String) throws(LogFault) -> OpenFile {
        let lock = try system { () throws(SystemFault) in
            try makeFolders(folder)
            return try OpenFile("\(folder)/lock", O_RDWR | O_CREAT)
        }
        guard try system({ () throws(SystemFault) in try lock.tryLock() }) else {
            throw .locked(folder)
        }
        return lock
    }

    private static func recoverAll(
        _ folder: String, _ recover: (LogPlace, [UInt8]) throws(LogFault) -> Void
    ) throws(LogFault) -> (MerkleFrontier, String?, TornTail?) {
        try system { () throws(SystemFault) in
            for name in try names(in: folder) where name.hasSuffix(".new") {
                try removeFile("\(folder)/\(name)")
            }
        }
        var reader = try LogReader(folder)
        var tornTail: TornTail?
        while let item = try reader.next() {
            switch item {
            case .record(let place, let bytes): try recover(place, bytes)
            case .damage(let damage): throw .damaged(damage)
            case .unfinished(let place, let count): tornTail = TornTail(place: place, count: count)
            }
        }
        return (reader.endFrontier, reader.segments.last, tornTail)
    }

    /// A segment that follows on `frontier`; with its header it appears at once or not at all.
    private static func startSegment(
        _ folder: String, _ frontier: MerkleFrontier
    ) throws(SystemFault) {
        let path = "\(folder)/\(segmentName(first: frontier.size))"
        try replaceFile(path, with: SegmentHeader(frontier: frontier).bytes, in: folder)
    }
}
