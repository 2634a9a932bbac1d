import ErgonProvenance

/// A disk in memory that knows what a power loss would leave of it, and fails as disks do.
final class SimulatedDisk {
    /// A change of a file's content that is not on disk yet.
    fileprivate enum Change {
        case write(offset: Int, [UInt8])
        case truncate(Int)
    }

    final class Inode {
        /// What programs see.
        var content: [UInt8] = []
        fileprivate var durable: [UInt8] = []
        fileprivate var pending: [Change] = []
        /// The system dropped changes after a failed sync: it believes them on disk.
        fileprivate var forgotten = false
    }

    /// How the next operations fail.
    struct Weather {
        /// Of a thousand writes or syncs, how many fail.
        var failures = 0
        /// Of a thousand operations, how many are the process's last.
        var crashes = 0
        var isFull = false
        /// There is little room, and whoever asks is told.
        var isLow = false
    }

    var weather = Weather()
    private(set) var counts = FaultCounts()
    /// The process was killed within an operation: nothing more reaches the disk.
    private(set) var isCrashed = false
    private var dice: Dice
    private var files: [String: Inode] = [:]
    private var durableFiles: [String: Inode] = [:]
    /// Whole views of the folder since it was last synced, the oldest first.
    private var pendingFolders: [[String: Inode]] = []
    /// Where a hole was left by the last power loss: what may be cut off by hand.
    private(set) var hole: String?

    init(dice: Dice) { self.dice = dice }

    // MARK: The machine

    /// A process that was killed is started again; what the system has in memory is still there.
    func restart() { isCrashed = false }

    /// What was not synced is gone, or partly there.
    func losePower() {
        let views = [durableFiles] + pendingFolders
        let view = views[dice.roll(0...views.count - 1)]
        if view.count != files.count || view.keys.contains(where: { files[$0] !== view[$0] }) {
            counts[.lostName] += 1
        }
        files = view
        for name in files.keys.sorted() {
            if let inode = files[name] { losePower(inode, name) }
        }
        durableFiles = files
        pendingFolders = []
        isCrashed = false
    }

    private func losePower(_ inode: Inode, _ name: String) {
        defer {
            inode.content = inode.durable
            inode.pending = []
            inode.forgotten = false
        }
        guard !inode.pending.isEmpty, !dice.happens(1, in: 6) else {
            if inode.content != inode.durable { counts[.lostTail] += 1 }
            return
        }
        let done = dice.roll(0...inode.pending.count - 1)
        for change in inode.pending.prefix(done) { Self.apply(change, to: &inode.durable) }
        guard case .write(let offset, let bytes) = inode.pending[done], bytes.count > 1 else {
            return
        }
        // Of what was written over the same bytes nothing can be torn.
        let old = min(max(inode.durable.count - offset, 0), bytes.count)
        Self.apply(.write(offset: offset, Array(bytes.prefix(old))), to: &inode.durable)
        tear(inode, name, Array(bytes.dropFirst(old)), at: offset + old)
    }

    private func tear(_ inode: Inode, _ name: String, _ bytes: [UInt8], at offset: Int) {
        let kept = dice.roll(0...bytes.count)
        switch dice.roll(1...3) {
        case 1:
            // The size was written, the content was not.
            counts[.zeroTail] += 1
            let zeros = [UInt8](repeating: 0, count: kept)
            Self.apply(.write(offset: offset, zeros), to: &inode.durable)
        case 2 where kept > 0 && kept < bytes.count && bytes[kept...].contains { $0 != 0 }:
            // A later page was written, an earlier one was not.
            counts[.hole] += 1
            if name.hasSuffix(".log") { hole = name }
            let holed = [UInt8](repeating: 0, count: kept) + bytes[kept...]
            Self.apply(.write(offset: offset, holed), to: &inode.durable)
        default:
            counts[.tornTail] += 1
            Self.apply(.write(offset: offset, Array(bytes.prefix(kept))), to: &inode.durable)
        }
    }

    /// What the remedy for damage says: cut the file off where it was never finished.
    func truncateByHand(_ name: String, to size: Int) {
        guard let inode = files[name] else { return }
        Self.apply(.truncate(size), to: &inode.content)
        inode.durable = inode.content
        hole = nil
    }

    /// A bit of a snapshot, if there is one, is no longer what it was.
    func rotSnapshot() {
        let names = files.keys.filter { $0.hasPrefix("snapshot-") }.sorted()
        guard let name = dice.pick(names), let inode = files[name], !inode.content.isEmpty else {
            return
        }
        counts[.rottenSnapshot] += 1
        inode.content[dice.roll(0...inode.content.count - 1)] ^= 1 << dice.roll(0...7)
        inode.durable = inode.content
        inode.pending = []
    }

    private static func apply(_ change: Change, to bytes: inout [UInt8]) {
        switch change {
        case .truncate(let size):
            if size < bytes.count { bytes.removeSubrange(size...) }
            if size > bytes.count {
                bytes += [UInt8](repeating: 0, count: size - bytes.count)
            }
        case .write(let offset, let new):
            if offset > bytes.count {
                bytes += [UInt8](repeating: 0, count: offset - bytes.count)
            }
            bytes.replaceSubrange(offset..<min(offset + new.count, bytes.count), with: new)
        }
    }

    // MARK: Operations that may fail

    private static let (noSuchFile, inputOutputError, noRoom): (CInt, CInt, CInt) = (2, 5, 28)

    fileprivate func fault(_ action: String, _ name: String, _ code: CInt) -> SystemFault {
        SystemFault(
            action: action, path: path(of: name), code: code, reason: "simulated error \(code)",
            isFull: code == Self.noRoom)
    }

    private func path(of name: String) -> String { "\(folder)/\(name)" }

    /// - Returns: true if the process dies within this operation.
    private func begin(_ action: String, _ name: String) throws(SystemFault) -> Bool {
        if isCrashed { throw fault(action, name, Self.inputOutputError) }
        guard dice.happens(weather.crashes, in: 1000) else { return false }
        isCrashed = true
        counts[.crashInGroup] += 1
        return true
    }

    fileprivate func write(
        _ bytes: [UInt8], at offset: Int, to inode: Inode, _ name: String
    ) throws(SystemFault) {
        let dies = try begin("write", name)
        let isFull = weather.isFull && offset + bytes.count > inode.content.count
        let fails = dies || isFull || dice.happens(weather.failures, in: 1000)
        guard fails else { return change(inode, .write(offset: offset, bytes)) }
        let way = dice.roll(1...3)
        if way == 2 {
            let part = Array(bytes.prefix(dice.roll(0...bytes.count)))
            change(inode, .write(offset: offset, part))
        } else if way == 3, !isFull {
            change(inode, .write(offset: offset, bytes))
        }
        if !dies {
            counts[
                isFull
                    ? .fullDisk : way == 1 ? .failedWrite : way == 2 ? .tornWrite : .falseFailure
            ] += 1
        }
        throw fault("write", name, isFull ? Self.noRoom : Self.inputOutputError)
    }

    fileprivate func truncate(
        to size: Int, _ inode: Inode, _ name: String
    ) throws(SystemFault) {
        let dies = try begin("truncate", name)
        let fails = dice.happens(weather.failures, in: 1000)
        if !fails, !dies || dice.happens(1, in: 2) { change(inode, .truncate(size)) }
        if dies || fails { throw fault("truncate", name, Self.inputOutputError) }
    }

    fileprivate func sync(_ inode: Inode, _ name: String) throws(SystemFault) {
        let dies = try begin("sync", name)
        let fails = dice.happens(weather.failures, in: 1000)
        if dies {
            if dice.happens(1, in: 2) { settle(inode) }
        } else if !fails {
            return settle(inode)
        } else if dice.happens(1, in: 3) {
            // The system marks what it could not write as written (Rebello et al., ATC 2020).
            counts[.lostSync] += 1
            inode.pending.removeAll { if case .write = $0 { true } else { false } }
            inode.forgotten = true
        } else {
            counts[.failedSync] += 1
            if dice.happens(1, in: 2) { settle(inode) }
        }
        throw fault("sync", name, Self.inputOutputError)
    }

    private func change(_ inode: Inode, _ change: Change) {
        Self.apply(change, to: &inode.content)
        inode.pending.append(change)
    }

    private func settle(_ inode: Inode) {
        if inode.forgotten {
            for change in inode.pending { Self.apply(change, to: &inode.durable) }
        } else {
            inode.durable = inode.content
        }
        inode.pending = []
    }

    private func changeFolder(
        _ action: String, _ name: String, _ change: () -> Void
    ) throws(SystemFault) {
        let dies = try begin(action, name)
        let fails = dice.happens(weather.failures, in: 1000)
        if !fails, !dies || dice.happens(1, in: 2) {
            change()
            pendingFolders.append(files)
        }
        if dies || fails { throw fault(action, name, Self.inputOutputError) }
    }
}

extension SimulatedDisk: LogDisk {
    var folder: String { "log" }

    func names() throws(SystemFault) -> [String] { files.keys.sorted() }

    func open(_ name: String) throws(SystemFault) -> SimulatedFile? {
        if isCrashed { throw fault("open", name, Self.inputOutputError) }
        return files[name].map { SimulatedFile(disk: self, inode: $0, name: name) }
    }

    func create(_ name: String) throws(SystemFault) -> SimulatedFile {
        let inode = Inode()
        try changeFolder("create", name) { files[name] = inode }
        return SimulatedFile(disk: self, inode: inode, name: name)
    }

    func rename(_ old: String, to new: String) throws(SystemFault) {
        guard let inode = files[old] else { throw fault("rename", old, Self.noSuchFile) }
        try changeFolder("rename", new) {
            files[old] = nil
            files[new] = inode
        }
    }

    func remove(_ name: String) throws(SystemFault) {
        try changeFolder("remove", name) { files[name] = nil }
    }

    func syncFolder() throws(SystemFault) {
        let dies = try begin("sync", "")
        let fails = dice.happens(weather.failures, in: 1000)
        if !fails, !dies || dice.happens(1, in: 2) {
            durableFiles = files
            pendingFolders = []
        }
        if dies || fails { throw fault("sync", "", Self.inputOutputError) }
    }
}

struct SimulatedFile: LogFile {
    fileprivate let disk: SimulatedDisk
    fileprivate let inode: SimulatedDisk.Inode
    fileprivate let name: String

    func size() throws(SystemFault) -> Int { inode.content.count }

    func read(_ count: Int, at offset: Int) throws(SystemFault) -> [UInt8] {
        Array(inode.content.dropFirst(offset).prefix(count))
    }

    func write(_ bytes: [UInt8], at offset: Int) throws(SystemFault) {
        try disk.write(bytes, at: offset, to: inode, name)
    }

    func truncate(to size: Int) throws(SystemFault) { try disk.truncate(to: size, inode, name) }
    func syncContent() throws(SystemFault) { try disk.sync(inode, name) }
    func syncAll() throws(SystemFault) { try disk.sync(inode, name) }
}
