import ErgonProvenance

/// A disk in memory, fast enough to open a log thousands of times; it fails where it is told to.
final class MemoryDisk: RepairableDisk {
    enum Action: String {
        case write, truncate, sync, rename, syncFolder = "sync folder", makeFolder = "make folder"
    }

    final class Inode {
        var content: [UInt8]

        init(_ content: [UInt8]) { self.content = content }
    }

    struct File: LogFile {
        let disk: MemoryDisk
        let inode: Inode
        let name: String
    }

    let folder = "log"
    private var files: [String: Inode] = [:]
    private var folders: Set<String> = []
    /// How many bytes all files may have together.
    var room = Int.max
    /// These fail, and the code says how: `ENOSPC` or another one.
    var failing: [Action: CInt] = [:]
    /// After so many changes more the machine is off.
    var changesLeft = Int.max

    subscript(name: String) -> [UInt8]? {
        get { files[name]?.content }
        set { files[name] = newValue.map { Inode($0) } }
    }

    /// Those in folders too.
    var allNames: [String] { files.keys.sorted() }
    var size: Int { files.values.reduce(0) { $0 + $1.content.count } }

    func copy() -> MemoryDisk {
        let copy = MemoryDisk()
        for (name, inode) in files { copy[name] = inode.content }
        copy.folders = folders
        return copy
    }

    static let (noRoom, broken): (CInt, CInt) = (28, 5)

    fileprivate func fault(_ action: Action, _ name: String, _ code: CInt) -> SystemFault {
        SystemFault(
            action: action.rawValue, path: "\(folder)/\(name)", code: code, reason: "as told",
            isFull: code == Self.noRoom)
    }

    fileprivate func begin(_ action: Action, _ name: String) throws(SystemFault) {
        guard changesLeft > 0 else { throw fault(action, name, Self.broken) }
        changesLeft -= 1
        if let code = failing[action] { throw fault(action, name, code) }
    }

    // MARK: LogDisk

    func names() throws(SystemFault) -> [String] {
        files.keys.filter { !$0.contains("/") }.sorted()
    }

    func open(_ name: String) throws(SystemFault) -> File? {
        files[name].map { File(disk: self, inode: $0, name: name) }
    }

    func create(_ name: String) throws(SystemFault) -> File {
        try begin(.write, name)
        let inode = Inode([])
        files[name] = inode
        return File(disk: self, inode: inode, name: name)
    }

    func rename(_ old: String, to new: String) throws(SystemFault) {
        try begin(.rename, new)
        files[new] = files.removeValue(forKey: old)
    }

    func remove(_ name: String) throws(SystemFault) {
        try begin(.rename, name)
        files[name] = nil
    }

    /// A sync that fails may have come to pass all the same.
    func syncFolder() throws(SystemFault) { try begin(.syncFolder, "") }

    func makeFolder(_ name: String) throws(SystemFault) {
        try begin(.makeFolder, name)
        guard folders.insert(name).inserted else { throw fault(.makeFolder, name, Self.broken) }
    }

    func syncFolder(_ name: String) throws(SystemFault) { try begin(.syncFolder, name) }
}

extension MemoryDisk.File {
    func size() throws(SystemFault) -> Int { inode.content.count }

    func read(_ count: Int, at offset: Int) throws(SystemFault) -> [UInt8] {
        Array(inode.content.dropFirst(offset).prefix(count))
    }

    /// On a full disk a part is written.
    func write(_ bytes: [UInt8], at offset: Int) throws(SystemFault) {
        try disk.begin(.write, name)
        let grown = max(offset + bytes.count - inode.content.count, 0)
        let lacking = max(grown - (disk.room - disk.size), 0)
        let written = bytes.dropLast(lacking)
        inode.content += Array(repeating: 0, count: max(offset - inode.content.count, 0))
        let end = min(offset + written.count, inode.content.count)
        inode.content.replaceSubrange(offset..<end, with: written)
        if lacking > 0 { throw disk.fault(.write, name, MemoryDisk.noRoom) }
    }

    func truncate(to size: Int) throws(SystemFault) {
        try disk.begin(.truncate, name)
        inode.content = Array(inode.content.prefix(size))
    }

    func syncContent() throws(SystemFault) { try disk.begin(.sync, name) }
    func syncAll() throws(SystemFault) { try disk.begin(.sync, name) }
}
