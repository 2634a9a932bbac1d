extension RecordLog {
    /// Opens the log, or starts one. A snapshot that `restore` takes stands for all records before
    /// its sequence number; every record from there on goes to `recover`, in order. An incomplete
    /// record at the very end is cut off (`tornTail`).
    /// - Parameters:
    ///   - sweep: of how many bytes of earlier segments every record is looked at.
    ///   - restore: offered the newest snapshot, with the number of records that it stands for;
    ///     false if it is of no use, and then the one before is offered, and then there is none.
    /// - Throws: `locked`; `damaged` for anything else that is not as it was written, and then
    ///   nothing is changed; `system`; what `restore` and `recover` throw.
    package static func open(
        on disk: Disk, segmentSize: Int, sweep: Int = usualSweep,
        restore: ([UInt8], Int) throws(LogFault) -> Bool = { _, _ in false },
        recover: (LogPlace, [UInt8]) throws(LogFault) -> Void
    ) throws(LogFault) -> RecordLog {
        try system { () throws(SystemFault) in
            for name in try disk.names() where name.hasSuffix(draftSuffix) {
                try disk.remove(name)
            }
        }
        var opening = Opening()
        opening.restored = try SnapshotShelf(on: disk)
            .restore(&opening.unusedSnapshots, by: restore)
        let reader = try disk.readRecords(&opening, recover)
        try SegmentSweep(disk: disk, segments: reader.segments)
            .check(first: reader.start, upTo: reader.startFrontier, limit: sweep)
        return try system { () throws(SystemFault) in
            try begin(disk, reader, opening, segmentSize)
        }
    }

    private static func begin(
        _ disk: Disk, _ reader: RecordLogReader<Disk>, _ opening: Opening, _ segmentSize: Int
    ) throws(SystemFault) -> RecordLog {
        let (file, start): (Disk.File, MerkleFrontier)
        if let last = reader.segments.last {
            (file, start) = (try disk.openKnown(last), reader.segmentFrontier)
            if let tornTail = opening.tornTail { try file.truncate(to: tornTail.place.offset) }
            try makeDurable(file, reader.unconfirmed(upTo: opening.tornTail), disk)
        } else {
            (file, start) = (try disk.startSegment(at: reader.endFrontier), reader.endFrontier)
        }
        let starts = Set(reader.segments.compactMap(firstSequence))
        try SnapshotShelf(on: disk).removeAll { !starts.contains($0) }
        return RecordLog(
            disk, file: file, start: start, length: try file.size(), end: reader.endFrontier,
            opening, segmentSize: segmentSize)
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
}

extension LogDisk {
    /// The records behind the snapshot go to `recover`. The checkpoint may be of fewer records:
    /// then reading begins where they end, for its sake.
    fileprivate func readRecords(
        _ opening: inout RecordLog<Self>.Opening,
        _ recover: (LogPlace, [UInt8]) throws(LogFault) -> Void
    ) throws(LogFault) -> RecordLogReader<Self> {
        let restored = opening.restored ?? 0
        var reader = try RecordLogReader(of: self) { segments, checkpoint in
            let first = min(restored, checkpoint ?? restored)
            return segments.lastIndex { (firstSequence(ofSegment: $0) ?? 0) <= first } ?? 0
        }
        while let item = try reader.next() {
            switch item {
            case .record(let place, let bytes):
                if place.sequence >= restored { try recover(place, bytes) }
            case .damage(let damage): throw .damaged(damage)
            case .unfinished(let place, let count):
                opening.tornTail = TornTail(place: place, count: count)
            }
        }
        return reader
    }
}
