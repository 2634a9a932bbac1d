package import ErgonProvenance
import Glibc

/// The log on this machine's disk. Calls block; they belong on a thread of their own.
package typealias LogSegments = RecordLog<LogFolder>
/// Takes no lock: the log may be growing meanwhile.
package typealias LogReader = RecordLogReader<LogFolder>

/// The size at which a segment is followed by a new one, in bytes.
package let usualSegmentSize = 64 << 20

extension RecordLog where Disk == LogFolder {
    /// Opens the log, or starts one, as `open(on:segmentSize:restore:recover:)` does, and keeps
    /// others out for as long as it is open or its shelf is held.
    /// - Throws: `locked`, and as the other.
    package static func open(
        _ folder: String, segmentSize: Int = usualSegmentSize,
        restore: ([UInt8], Int) throws(LogFault) -> Bool = { _, _ in false },
        recover: (LogPlace, [UInt8]) throws(LogFault) -> Void
    ) throws(LogFault) -> LogSegments {
        let disk = try LogFolder(locking: folder)
        return try open(on: disk, segmentSize: segmentSize, restore: restore, recover: recover)
    }
}

extension RecordLogReader where Disk == LogFolder {
    /// - Throws: `system` if the folder or its checkpoint cannot be read.
    package init(_ folder: String) throws(LogFault) { try self.init(of: LogFolder(folder)) }

    /// From the segment that has record `sequence`, or the last.
    package init(_ folder: String, near sequence: Int) throws(LogFault) {
        try self.init(of: LogFolder(folder), near: sequence)
    }
}

extension SnapshotShelf where Disk == LogFolder {
    /// Of a log that is only looked at.
    package init(_ folder: String) { self.init(on: LogFolder(folder)) }
}

extension LogRepair where Disk == LogFolder {
    /// Keeps everybody else out of the log. Finds out what would be cut off; changes nothing.
    /// - Throws: as the other, and `locked`.
    package init(_ folder: String, keeping kept: Int) throws(RepairFault) {
        let disk: LogFolder
        do throws(LogFault) { disk = try LogFolder(locking: folder) } catch { throw .log(error) }
        try self.init(of: disk, keeping: kept)
    }
}

/// A folder of this machine, as the log asks for it.
package struct LogFolder: RepairableDisk, Sendable {
    package let folder: String
    /// Held for as long as the folder is written to.
    private let lock: OpenFile?

    /// To be read only.
    init(_ folder: String) {
        self.folder = folder
        lock = nil
    }

    /// To be written to, by nobody else meanwhile. The folder is made if need be.
    /// - Throws: `locked`, `system`.
    package init(locking folder: String) throws(LogFault) {
        self.folder = folder
        do {
            try makeFolders(folder)
            let lock = try OpenFile("\(folder)/lock", O_RDWR | O_CREAT)
            self.lock = try lock.tryLock() ? lock : nil
        } catch {
            throw .system(error)
        }
        if lock == nil { throw .locked(folder) }
    }

    private func path(_ name: String) -> String { "\(folder)/\(name)" }

    package func names() throws(SystemFault) -> [String] {
        try ErgonStorage.names(in: folder)
    }

    package func open(_ name: String) throws(SystemFault) -> OpenFile? {
        do {
            return try OpenFile(path(name), lock == nil ? O_RDONLY : O_RDWR)
        } catch {
            if error.code == ENOENT { return nil }
            throw error
        }
    }

    package func create(_ name: String) throws(SystemFault) -> OpenFile {
        try OpenFile(path(name), O_RDWR | O_CREAT | O_TRUNC)
    }

    package func rename(_ old: String, to new: String) throws(SystemFault) {
        try ErgonStorage.rename(path(old), to: path(new))
    }

    package func remove(_ name: String) throws(SystemFault) { try removeFile(path(name)) }

    package func syncFolder() throws(SystemFault) { try ErgonStorage.syncFolder(folder) }

    package func makeFolder(_ name: String) throws(SystemFault) {
        try retrying("make the folder", path(name)) { mkdir(path(name), 0o755) }
        try syncFolder()
    }

    package func syncFolder(_ name: String) throws(SystemFault) {
        try ErgonStorage.syncFolder(path(name))
    }
}
