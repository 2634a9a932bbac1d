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
    /// How it was found when it was opened.
    package let opening: Opening
    private let disk: Disk
    private let segmentSize: Int
    /// The last segment.
    var file: Disk.File
    /// Of the records before the last segment.
    private var start: MerkleFrontier
    private var durableLength: Int
    private var frontier: MerkleFrontier
    private var poison: SystemFault?

    package struct Opening: Hashable, Sendable {
        package var tornTail: TornTail?
        /// The records before this number were not read one by one: a snapshot stood for them.
        package var restored: Int?
        /// The newest first.
        package var unusedSnapshots: [UnusedSnapshot] = []
    }

    /// The sequence number of the next record.
    package var nextSequence: Int { frontier.size }
    /// Of all records on disk.
    package var head: TreeHead { TreeHead(size: frontier.size, root: frontier.root) }
    package var tornTail: TornTail? { opening.tornTail }

    /// Where the current segment starts, if nothing is in it yet: a snapshot of what all records
    /// up to now amount to may stand here.
    package var segmentStart: MerkleFrontier? { start == frontier ? start : nil }
    /// Where to put it.
    package var shelf: SnapshotShelf<Disk> { SnapshotShelf(on: disk) }

    /// - Parameters:
    ///   - file: the last segment, and where it starts.
    ///   - length: of the file, in bytes, all of them on disk.
    init(
        _ disk: Disk, file: Disk.File, start: MerkleFrontier, length: Int, end: MerkleFrontier,
        _ opening: Opening, segmentSize: Int
    ) {
        self.disk = disk
        self.file = file
        self.start = start
        durableLength = length
        frontier = end
        self.opening = opening
        self.segmentSize = segmentSize
    }

    /// Appends the records as one group: all of them are on disk when this returns.
    /// - Returns: their sequence numbers.
    /// - Throws: `system` if writing fails: none of the group may be acknowledged. If the disk is
    ///   full (`isFull`) the group is as if it never was, and the same one or another may be
    ///   appended later. After any other fault it is `poisoned` ever after, and whether the group
    ///   is on disk shows when the log is opened again.
    /// - Precondition: each is 1 to 65,535 bytes.
    package func append(_ payloads: [[UInt8]]) throws(LogFault) -> Range<Int> {
        if let poison { throw .poisoned(poison) }
        let first = nextSequence
        guard !payloads.isEmpty else { return first..<first }
        let group = payloads.enumerated().flatMap { place, payload in
            Frame.bytes(payload, sequence: first + place)
        }
        try write(group)
        durableLength += group.count
        for payload in payloads { frontier.append(leafHash(payload)) }
        try beginSegmentIfFull()
        return first..<nextSequence
    }

    private func write(_ group: [UInt8]) throws(LogFault) {
        do throws(SystemFault) { try file.write(group, at: durableLength) } catch {
            if cutBack(), error.isFull { throw .system(error) }
            throw poisoned(by: error)
        }
        do throws(SystemFault) { try file.syncContent() } catch {
            _ = cutBack()
            throw poisoned(by: error)
        }
    }

    private func poisoned(by fault: SystemFault) -> LogFault {
        poison = poison ?? fault
        return .system(fault)
    }

    /// So that the group is gone also after a restart.
    /// - Returns: false if this failed too: then that is the fault that is told from now on.
    private func cutBack() -> Bool {
        do throws(SystemFault) {
            try file.truncate(to: durableLength)
            return true
        } catch {
            poison = error
            return false
        }
    }

    /// After a group and not before the next: so whoever has taken in all groups up to now stands
    /// exactly at the start of the segment.
    private func beginSegmentIfFull() throws(LogFault) {
        guard durableLength >= segmentSize else { return }
        do throws(SystemFault) {
            file = try disk.startSegment(at: frontier)
            start = frontier
            durableLength = SegmentHeader(frontier: frontier).count
        } catch {
            // Without room the current one is gone on with, and the next group tries again.
            guard error.isFull, removeBegunSegment() else { throw poisoned(by: error) }
        }
    }

    /// If more comes into the current segment no other may be there that starts before it.
    private func removeBegunSegment() -> Bool {
        do throws(SystemFault) {
            try disk.remove(segmentName(first: frontier.size))
            try disk.syncFolder()
            return true
        } catch { return false }
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

extension LogDisk {
    /// A segment that follows on `frontier`; with its header it appears at once or not at all.
    func startSegment(at frontier: MerkleFrontier) throws(SystemFault) -> File {
        let name = segmentName(first: frontier.size)
        try replace(name, with: SegmentHeader(frontier: frontier).bytes)
        return try openKnown(name)
    }
}
