/// The few things the log asks of the folder it lives in, so that one code writes it to a real
/// disk and, in simulations, to one that fails.
package protocol LogDisk {
    associatedtype File: LogFile

    /// The folder's path, for messages.
    var folder: String { get }
    /// Names of the files in the folder, sorted.
    func names() throws(SystemFault) -> [String]
    /// A file that is there, to be read and written; `nil` if there is none.
    func open(_ name: String) throws(SystemFault) -> File?
    /// An empty file, in the place of one that may be there.
    func create(_ name: String) throws(SystemFault) -> File
    /// In the place of another, if there is one: readers find the old file or the new one.
    func rename(_ old: String, to new: String) throws(SystemFault)
    /// Nothing happens if there is no such file.
    func remove(_ name: String) throws(SystemFault)
    /// What a rename or a new file needs before a crash can no longer undo it.
    func syncFolder() throws(SystemFault)
}

/// An open file, closed when its owner lets go of it. Offsets and sizes are in bytes.
package protocol LogFile {
    func size() throws(SystemFault) -> Int
    /// At most `count` bytes from `offset` on; fewer only at the end of the file.
    func read(_ count: Int, at offset: Int) throws(SystemFault) -> [UInt8]
    /// After a fault any part of it may have been written.
    func write(_ bytes: [UInt8], at offset: Int) throws(SystemFault)
    func truncate(to size: Int) throws(SystemFault)
    /// The content is on disk, and as much of its metadata as it takes to read it.
    func syncContent() throws(SystemFault)
    /// The content and all its metadata are on disk.
    func syncAll() throws(SystemFault)
}

extension LogDisk {
    func path(_ name: String) -> String { "\(folder)/\(name)" }

    /// The file's content, or `nil` if there is no such file.
    package func content(of name: String) throws(SystemFault) -> [UInt8]? {
        guard let file = try open(name) else { return nil }
        return try file.read(try file.size(), at: 0)
    }

    /// Puts a whole file in the place of another: after a crash there is the old one or the new
    /// one.
    package func replace(_ name: String, with bytes: [UInt8]) throws(SystemFault) {
        try replace(name) { file throws(SystemFault) in try file.write(bytes, at: 0) }
    }

    func replace(
        _ name: String, writing: (File) throws(SystemFault) -> Void
    ) throws(SystemFault) {
        let draft = name + draftSuffix
        do throws(SystemFault) {
            let file = try create(draft)
            try writing(file)
            try file.syncAll()
            try rename(draft, to: name)
            try syncFolder()
        } catch {
            // On a full disk it must not take up room. One that stays is removed at the next start.
            try? remove(draft)
            throw error
        }
    }

    /// A file that `open` must find.
    func openKnown(_ name: String) throws(SystemFault) -> File {
        guard let file = try open(name) else {
            throw SystemFault(
                action: "open", path: path(name), code: 2,
                reason: "it was there a moment ago", isFull: false)
        }
        return file
    }
}

/// What the names of unfinished files end in.
let draftSuffix = ".new"

/// Something asked of the system that failed.
package struct SystemFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was tried: `write`, `sync`, …
    package var action: String
    package var path: String
    /// The value of `errno`.
    package var code: CInt
    /// What the code means, in words.
    package var reason: String
    /// The disk, or what we may use of it, is full.
    package var isFull: Bool

    package init(action: String, path: String, code: CInt, reason: String, isFull: Bool) {
        self.action = action
        self.path = path
        self.code = code
        self.reason = reason
        self.isFull = isFull
    }

    package var description: String { "cannot \(action) \(path): \(reason)" }
}
