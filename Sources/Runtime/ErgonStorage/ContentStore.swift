package import ErgonModel
import ErgonProvenance
import Glibc
import Synchronization

/// Immutable files by what they contain: `<two digits>/<62 digits>` of their SHA-256, mode 0444.
/// A file is under its name only when it is on disk, so that what a crash leaves there is whole.
/// Several processes may share a folder. Calls block.
package final class ContentStore: Sendable {
    package let folder: String
    private let packs: ContentPacks
    /// Of more files than this, the whole file system is synced at once.
    private static let singlySynced = 8
    /// Stored by `put`, but maybe not on disk yet: in the place of a draft, or in its own.
    private let unsynced = Mutex<Set<Digest>>([])
    /// Locked as long as this store, or another one of the folder, may have drafts; `nil` if it is
    /// only read.
    private let drafts: OpenFile?

    /// Opens a store, or starts one; what an earlier process left half-written is removed.
    package init(_ folder: String) throws(StoreFault) {
        self.folder = folder
        packs = ContentPacks("\(folder)/packs")
        drafts = try stored { () throws(SystemFault) in
            let path = "\(folder)/incoming"
            try makeFolders(path)
            let drafts = try OpenFile(path, O_RDONLY | O_DIRECTORY)
            // Else somebody is at work, whose drafts they may be.
            if try drafts.tryLock() {
                for name in try names(in: path) { try removeFile("\(path)/\(name)") }
            }
            try drafts.shareLock()
            try makePlaces(in: folder)
            return drafts
        }
    }

    /// A store that is only read, as it lies there.
    package init(reading folder: String) {
        self.folder = folder
        packs = ContentPacks("\(folder)/packs")
        drafts = nil
    }

    package func path(of digest: Digest) -> String {
        let hex = digest.hex
        return "\(folder)/\(hex.prefix(2))/\(hex.dropFirst(2))"
    }

    private func draftPath(of digest: Digest) -> String { "\(folder)/incoming/\(digest.hex)" }

    package func has(_ digest: Digest) -> Bool {
        unsynced.withLock { $0.contains(digest) } || access(path(of: digest), F_OK) == 0
    }

    /// The whole content, verified.
    /// - Throws: `absent`, `damaged`, `system`.
    package func read(_ digest: Digest) throws(StoreFault) -> [UInt8] {
        if let packed = try packed(digest) { return packed }
        let file = try open(digest)
        let bytes = try stored { () throws(SystemFault) in try file.read(try file.size(), at: 0) }
        let found = Digest(of: bytes)
        guard found == digest else { throw .damaged(digest, found: found, path: file.path) }
        return bytes
    }

    /// Reads through the content without keeping it.
    /// - Throws: `absent`, `damaged`, `system`.
    package func verify(_ digest: Digest) throws(StoreFault) {
        if try packed(digest) != nil { return }
        let file = try open(digest)
        let found = try stored { () throws(SystemFault) in try hash(file) }.digest
        guard found == digest else { throw .damaged(digest, found: found, path: file.path) }
    }

    /// Content as it lies on the disk.
    package struct Location: Hashable, Sendable {
        package let path: String
        /// Which part of the file it is; all of it, if there is none.
        package let bytes: Range<Int>?
    }

    /// Where the content is; if it is nowhere, where it would be.
    /// - Throws: `system`.
    package func location(of digest: Digest) throws(StoreFault) -> Location {
        let path = path(of: digest)
        let packed =
            access(path, F_OK) == 0
            ? nil : try stored { () throws(SystemFault) in try packs.location(of: digest) }
        return packed ?? Location(path: path, bytes: nil)
    }

    /// What is in a pack and has no file of its own.
    private func packed(_ digest: Digest) throws(StoreFault) -> [UInt8]? {
        guard access(path(of: digest), F_OK) != 0, !unsynced.withLock({ $0.contains(digest) })
        else { return nil }
        let bytes = try stored { () throws(SystemFault) in try packs.read(digest) }
        guard let bytes else { return nil }
        let found = Digest(of: bytes)
        guard found == digest else {
            throw .damaged(digest, found: found, path: "\(folder)/packs")
        }
        return bytes
    }

    private func open(_ digest: Digest) throws(StoreFault) -> OpenFile {
        let path = path(of: digest)
        do {
            // What is not a draft any more is in its place.
            if unsynced.withLock({ $0.contains(digest) }),
                let draft = try openIfThere(draftPath(of: digest))
            {
                return draft
            }
            return try OpenFile(path, O_RDONLY)
        } catch {
            throw error.code == ENOENT ? .absent(digest, path: path) : StoreFault(error)
        }
    }

    // MARK: Writing

    /// Stores small content. This store has it at once; others have it, and it survives a crash,
    /// only after `sync()`: call that once for a group of them, before anything that names them
    /// goes on record.
    package func put(_ bytes: [UInt8]) throws(StoreFault) -> StoredFile {
        let digest = Digest(of: bytes)
        let file = StoredFile(digest: digest, size: ByteCount(Int64(bytes.count)))
        // Content that changed on the disk is healed so.
        let isThere = try stored { () throws(SystemFault) in
            try readFile(path(of: digest)) == bytes
        }
        if isThere {
            unsynced.withLock { _ = $0.insert(digest) }
        } else if !unsynced.withLock({ $0.contains(digest) }) {
            var draft = try Incoming(into: self)
            try draft.append(bytes)
            try keep(draft, digest)
        }
        return file
    }

    /// Stores small content that is seldom read, together with other such content. As with `put`,
    /// others have it, and it survives a crash, after `sync()`.
    package func pack(_ bytes: [UInt8]) throws(StoreFault) -> StoredFile {
        let digest = Digest(of: bytes)
        try stored { () throws(SystemFault) in try packs.append(bytes, digest) }
        return StoredFile(digest: digest, size: ByteCount(Int64(bytes.count)))
    }

    /// A draft that `sync()` may be looking at is not replaced.
    private func keep(_ draft: consuming Incoming, _ digest: Digest) throws(StoreFault) {
        let path = draft.path
        try unsynced.withLock { unsynced throws(StoreFault) in
            guard !unsynced.contains(digest) else { return }
            try stored { () throws(SystemFault) in try rename(path, to: draftPath(of: digest)) }
            unsynced.insert(digest)
        }
    }

    /// Everything that `put` stored so far is on disk when this returns.
    /// - Throws: `full`, `system`: then none of it may go on record.
    package func sync() throws(StoreFault) {
        try stored { () throws(SystemFault) in try packs.sync() }
        let pending = unsynced.withLock { $0 }
        guard !pending.isEmpty else { return }
        for digest in pending where pending.count <= Self.singlySynced {
            let file = try open(digest)
            try stored { () throws(SystemFault) in try file.syncContent() }
        }
        try stored { () throws(SystemFault) in
            if pending.count > Self.singlySynced { try syncFileSystem() }
            for digest in pending { try placeDraft(of: digest) }
            if pending.count > Self.singlySynced { return try syncFileSystem() }
            for digest in pending { try syncPlace(of: digest) }
        }
        unsynced.withLock { $0.subtract(pending) }
    }

    private func syncFileSystem() throws(SystemFault) {
        try OpenFile(folder, O_RDONLY | O_DIRECTORY).syncFileSystem()
    }

    /// Nothing happens if it is in its place.
    private func placeDraft(of digest: Digest) throws(SystemFault) {
        do {
            try place(draftPath(of: digest), digest)
        } catch {
            guard error.code == ENOENT, access(path(of: digest), F_OK) == 0 else { throw error }
        }
    }

    /// Content that comes in pieces.
    package func incoming() throws(StoreFault) -> Incoming { try Incoming(into: self) }

    /// Renames a file to its place in the store.
    func place(_ draft: String, _ digest: Digest) throws(SystemFault) {
        do {
            try rename(draft, to: path(of: digest))
        } catch {
            guard error.code == ENOENT else { throw error }
            try makeFolders("\(folder)/\(digest.hex.prefix(2))")
            try rename(draft, to: path(of: digest))
        }
    }

    func syncPlace(of digest: Digest) throws(SystemFault) {
        try syncFolder("\(folder)/\(digest.hex.prefix(2))")
    }
}

/// A folder for each first byte of a digest: made all at once, since each that is made later holds
/// up whoever waits for what is put there.
private func makePlaces(in folder: String) throws(SystemFault) {
    let names = (0..<256).map { hexadecimal([UInt8($0)]) }
    guard access("\(folder)/\(names[255])", F_OK) != 0 else { return }
    for name in names where mkdir("\(folder)/\(name)", 0o755) != 0 && errno != EEXIST {
        throw SystemFault(action: "make the folder", path: "\(folder)/\(name)", code: errno)
    }
    try syncFolder(folder)
}

/// How much of a file is in memory at once, in bytes.
private let pieceSize = 1 << 20

/// The digest of a file's content, and its size in bytes.
private func hash(_ file: OpenFile) throws(SystemFault) -> (digest: Digest, size: Int) {
    var (hasher, offset) = (ContentHasher(), 0)
    while true {
        let piece = try file.read(pieceSize, at: offset)
        if piece.isEmpty { return (hasher.finish(), offset) }
        hasher.update(piece)
        offset += piece.count
    }
}
