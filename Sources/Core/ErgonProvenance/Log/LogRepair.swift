import ErgonModel

/// A disk on which a damaged log can be repaired: what is cut off is put into a folder there.
package protocol RepairableDisk: LogDisk {
    /// Within the folder; files are then renamed to `name/…`. It must not be there yet.
    func makeFolder(_ name: String) throws(SystemFault)
    /// What was put into such a folder stays there.
    func syncFolder(_ name: String) throws(SystemFault)
}

/// Keeps the first records of a log and puts everything behind them aside. What is wrong may be
/// behind them, or be the checkpoint. Nothing is removed; and a crash leaves a log as it was, or
/// one that is refused until the repair is done again, or one that says what was given up.
package struct LogRepair<Disk: RepairableDisk> {
    /// How many records stay.
    package let kept: Int
    /// What does not, as far as it is known: by the records, or by the checkpoint.
    package let records: Range<Int>
    /// Bytes in segments.
    package let bytes: Int
    /// The signed checkpoint is of more records than stay, or is no good.
    package let givesUpCheckpoint: Bool

    private let disk: Disk
    /// The last segment of which something stays, and how many bytes of it.
    private let last: (name: String, length: Int)?
    private let segments: [String]
    private let snapshots: [String]

    /// Finds out what would be cut off; changes nothing.
    /// - Parameter kept: how many records shall stay: the number of the first that shall not.
    package init(of disk: Disk, keeping kept: Int) throws(RepairFault) {
        let survey = try Survey(of: disk, keeping: kept)
        let cut = try survey.cut(keeping: kept, in: disk.folder)
        self.disk = disk
        self.kept = kept
        records = kept..<max(kept, survey.end, survey.checkpointSize ?? 0)
        givesUpCheckpoint = survey.isCheckpointBad || survey.checkpointSize ?? 0 > kept
        do throws(SystemFault) {
            let names = survey.segments
            let place = names.firstIndex { disk.path($0) == cut.segment } ?? names.count
            // A cut at a header leaves nothing of its segment.
            let stays = place < names.count && cut.offset > 0 ? place + 1 : place
            segments = Array(names[stays...])
            last = try Self.last(of: names[..<stays], cut: stays > place ? cut.offset : nil, disk)
            bytes = try Self.bytes(disk, segments, last)
            let starts = Set(names[..<stays].compactMap(firstSequence))
            snapshots = try SnapshotShelf(on: disk).sequences()
                .filter { !starts.contains($0) }.map(snapshotName)
        } catch { throw .log(.system(error)) }
    }

    private static func last(
        of segments: ArraySlice<String>, cut: Int?, _ disk: Disk
    ) throws(SystemFault) -> (name: String, length: Int)? {
        guard let name = segments.last else { return nil }
        return if let cut { (name, cut) } else { (name, try disk.openKnown(name).size()) }
    }

    private static func bytes(
        _ disk: Disk, _ segments: [String], _ last: (name: String, length: Int)?
    ) throws(SystemFault) -> Int {
        var bytes = 0
        for name in segments { bytes += try disk.openKnown(name).size() }
        if let last { bytes += try disk.openKnown(last.name).size() - last.length }
        return bytes
    }

    /// - Parameters:
    ///   - folder: where what is cut off is put; it must not be there yet.
    ///   - record: says what was given up; it becomes the last record of the log.
    /// - Throws: `system`. It can be tried again, with another folder.
    package func carryOut(into folder: String, record: [UInt8]) throws(LogFault) {
        try system { () throws(SystemFault) in try move(into: folder, record) }
    }

    private func move(into folder: String, _ record: [UInt8]) throws(SystemFault) {
        try disk.makeFolder(folder)
        // Without a snapshot behind the cut, all that is there is hashed when the log is opened.
        for name in snapshots { try disk.rename(name, to: "\(folder)/\(name)") }
        let frame = Frame.bytes(record, sequence: kept)
        if let last { try replace(last, frame, folder) }
        for name in segments.reversed() { try disk.rename(name, to: "\(folder)/\(name)") }
        if last == nil {
            try sync(folder)
            let header = SegmentHeader(frontier: MerkleFrontier()).bytes
            try disk.replace(segmentName(first: 0), with: header + frame)
        }
        if givesUpCheckpoint { try disk.rename(checkpointName, to: "\(folder)/\(checkpointName)") }
        try sync(folder)
    }

    /// From then on the segments behind it do not follow: until all are put aside the log is
    /// refused.
    private func replace(
        _ last: (name: String, length: Int), _ frame: [UInt8], _ folder: String
    ) throws(SystemFault) {
        let content = try disk.content(of: last.name) ?? []
        if content.count > last.length {
            let rest = "\(folder)/\(last.name).from-\(last.length)"
            try disk.replace(rest, with: Array(content[last.length...]))
        }
        try sync(folder)
        try disk.replace(last.name, with: content.prefix(last.length) + frame)
    }

    private func sync(_ folder: String) throws(SystemFault) {
        try disk.syncFolder(folder)
        try disk.syncFolder()
    }
}

/// A log read from end to end, with an eye on one place in it.
private struct Survey {
    let segments: [String]
    /// How many records the checkpoint is of, if it can be read.
    let checkpointSize: Int?
    private(set) var isCheckpointBad = false
    /// How many records there are, with those that are missing in between.
    private(set) var end = 0
    /// Where the first record that shall not stay stands, if it was met before any damage.
    private var cut: LogPlace?
    private var firstDamage: LogDamage?

    init(of disk: some LogDisk, keeping kept: Int) throws(RepairFault) {
        do throws(LogFault) {
            var reader = try RecordLogReader(of: disk)
            (segments, checkpointSize) = (reader.segments, reader.checkpointSize)
            while let item = try reader.next() {
                meet(item, kept)
                end = max(end, reader.sequence)
            }
        } catch { throw .log(error) }
    }

    private mutating func meet(_ item: LogItem, _ kept: Int) {
        switch item {
        case .record(let place, _), .unfinished(let place, _): mark(place, kept)
        case .damage(let damage) where damage.isOfCheckpoint: isCheckpointBad = true
        case .damage(let damage):
            mark(damage.place, kept)
            firstDamage = firstDamage ?? damage
        }
    }

    private mutating func mark(_ place: LogPlace, _ kept: Int) {
        if cut == nil, firstDamage == nil, place.sequence == kept { cut = place }
    }

    /// Where to cut.
    func cut(
        keeping kept: Int, in folder: String
    ) throws(RepairFault) -> (segment: String, offset: Int) {
        if let cut { return (cut.segment, cut.offset) }
        if let firstDamage { throw .behindDamage(firstDamage, kept: kept) }
        guard kept == end else { throw .behindEnd(folder, count: end, kept: kept) }
        guard isCheckpointBad else { throw .nothingToGiveUp(folder, count: end) }
        return (folder, 0)
    }
}

/// Why a log is not repaired; nothing was changed.
package enum RepairFault: Actionable, Hashable, Sendable {
    case log(LogFault)
    /// What should stay would be damaged still.
    case behindDamage(LogDamage, kept: Int)
    /// There are only so many records in that folder.
    case behindEnd(String, count: Int, kept: Int)
    case nothingToGiveUp(String, count: Int)

    package var place: String {
        switch self {
        case .log(let fault): fault.place
        case .behindDamage(let damage, _): LogFault.damaged(damage).place
        case .behindEnd(let folder, _, _), .nothingToGiveUp(let folder, _): folder
        }
    }

    package var problem: String {
        switch self {
        case .log(let fault): fault.problem
        case .behindDamage(let damage, let kept):
            "with \(kept) records kept, this would still be there: \(damage)"
        case .behindEnd(_, let count, let kept):
            "\(kept) records cannot be kept: there are \(count)"
        case .nothingToGiveUp(_, let count): "the log is whole: it has \(count) records"
        }
    }

    package var remedy: String {
        switch self {
        case .log(let fault): fault.remedy
        case .behindDamage(let damage, _): "keep at most \(damage.place.sequence)"
        case .behindEnd(_, let count, _): "keep at most \(count)"
        case .nothingToGiveUp: "start the coordinator"
        }
    }
}
