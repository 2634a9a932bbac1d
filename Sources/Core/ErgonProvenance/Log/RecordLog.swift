/// What was cut off the end when the log was opened: a record that was never acknowledged.
package struct TornTail: Hashable, Sendable {
    package var place: LogPlace
    /// Bytes cut off.
    package var count: Int

    package init(place: LogPlace, count: Int) {
        self.place = place
        self.count = count
    }
}

/// The log: a folder of append-only segments, written by one coordinator at a time
/// (`docs/LOG.md`). Whoever hands the disk in has seen to it that nobody else writes there, for as
/// long as the disk is held.
package final class RecordLog<Disk: LogDisk> {
    package let tornTail: TornTail?
    private let disk: Disk
    private let segmentSize: Int
    /// The last segment.
    var file: Disk.File
    private var durableLength: Int
    private var frontier: MerkleFrontier
    private var poison: SystemFault?

    /// The sequence number of the next record.
    package var nextSequence: Int { frontier.size }
    /// Of all records on disk.
    package var head: TreeHead { TreeHead(size: frontier.size, root: frontier.root) }

    private init(
        _ disk: Disk, _ file: Disk.File, _ length: Int, _ frontier: MerkleFrontier,
        _ tornTail: TornTail?, _ segmentSize: Int
    ) {
        self.disk = disk
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
        on disk: Disk, segmentSize: Int,
        recover: (LogPlace, [UInt8]) throws(LogFault) -> Void
    ) throws(LogFault) -> RecordLog {
        let (reader, tornTail) = try recoverAll(disk, recover)
        let frontier = reader.endFrontier
        return try system { () throws(SystemFault) in
            let file: Disk.File
            if let lastSegment = reader.segments.last {
                file = try openSegment(disk, lastSegment)
                if let tornTail { try file.truncate(to: tornTail.place.offset) }
                try makeDurable(file, reader.unconfirmed(upTo: tornTail), disk)
            } else {
                file = try startSegment(disk, frontier)
            }
            let length = try file.size()
            return RecordLog(disk, file, length, frontier, tornTail, segmentSize)
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
        file = try Self.startSegment(disk, frontier)
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
        guard let checkpoint = try? Checkpoint(parsing: note.text), checkpoint.head == head else {
            throw .notACheckpoint(disk.path(checkpointName))
        }
        try system { () throws(SystemFault) in
            try disk.replace(checkpointName, with: Array(note.note.utf8))
        }
    }
}

// MARK: Opening

extension RecordLog {
    private static func recoverAll(
        _ disk: Disk, _ recover: (LogPlace, [UInt8]) throws(LogFault) -> Void
    ) throws(LogFault) -> (RecordLogReader<Disk>, TornTail?) {
        try system { () throws(SystemFault) in
            for name in try disk.names() where name.hasSuffix(".new") { try disk.remove(name) }
        }
        var reader = try RecordLogReader(of: disk)
        var tornTail: TornTail?
        while let item = try reader.next() {
            switch item {
            case .record(let place, let bytes): try recover(place, bytes)
            case .damage(let damage): throw .damaged(damage)
            case .unfinished(let place, let count): tornTail = TornTail(place: place, count: count)
            }
        }
        return (reader, tornTail)
    }

    /// A process that was killed before its sync, or whose sync failed, left records that the
    /// system has and the disk has not; from now on they count. They are written once more, since
    /// the system may take what it failed to write for written (Rebello et al., USENIX ATC 2020).
    private static func makeDurable(
        _ file: Disk.File, _ unconfirmed: (offset: Int, bytes: [UInt8]), _ disk: Disk
    ) throws(SystemFault) {
        if !unconfirmed.bytes.isEmpty {
            try file.write(unconfirmed.bytes, at: unconfirmed.offset)
        }
        try file.syncContent()
        try disk.syncFolder()
    }

    /// A segment that follows on `frontier`; with its header it appears at once or not at all.
    private static func startSegment(
        _ disk: Disk, _ frontier: MerkleFrontier
    ) throws(SystemFault) -> Disk.File {
        let name = segmentName(first: frontier.size)
        try disk.replace(name, with: SegmentHeader(frontier: frontier).bytes)
        return try openSegment(disk, name)
    }

    private static func openSegment(
        _ disk: Disk, _ name: String
    ) throws(SystemFault) -> Disk.File {
        guard let file = try disk.open(name) else {
            throw SystemFault(
                action: "open", path: disk.path(name), code: 2,
                reason: "it was there a moment ago", isFull: false)
        }
        return file
    }
}
