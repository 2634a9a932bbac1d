package import ErgonModel
import ErgonProvenance
import Glibc
import Synchronization

/// Immutable files by what they contain: `<two digits>/<62 digits>` of their SHA-256, mode 0444.
/// Several processes may share a folder. Calls block.
package final class ContentStore: Sendable {
    /// Whether the source of adopted content stays where it is.
    package enum Adoption: Sendable {
        case copy
        /// The source is moved; nobody may have it open for writing.
        case move
    }

    package let folder: String
    /// Of more files than this, the whole file system is synced at once.
    private static let singlySynced = 8
    /// Written by `put`, but maybe not on disk yet.
    private let unsynced = Mutex<Set<Digest>>([])

    /// Opens a store, or starts one; what an earlier process left half-written is removed.
    package init(_ folder: String) throws(StoreFault) {
        self.folder = folder
        let drafts = "\(folder)/incoming"
        try stored { () throws(SystemFault) in
            try makeFolders(drafts)
            for name in try names(in: drafts) { try Self.removeOrphan("\(drafts)/\(name)") }
        }
    }

    /// A store that is only read, as it lies there; writing into it fails if nobody started it.
    package init(reading folder: String) { self.folder = folder }

    /// A draft that is locked is being written by somebody.
    private static func removeOrphan(_ path: String) throws(SystemFault) {
        do {
            let draft = try OpenFile(path, O_RDONLY)
            guard try draft.tryLock() else { return }
        } catch {
            if error.code == ENOENT { return }
            throw error
        }
        try removeFile(path)
    }

    package func path(of digest: Digest) -> String {
        let hex = digest.hex
        return "\(folder)/\(hex.prefix(2))/\(hex.dropFirst(2))"
    }

    package func has(_ digest: Digest) -> Bool { access(path(of: digest), F_OK) == 0 }

    /// - Throws: `absent`, `system`.
    package func size(of digest: Digest) throws(StoreFault) -> ByteCount {
        let file = try open(digest)
        return ByteCount(Int64(try stored { () throws(SystemFault) in try file.size() }))
    }

    /// The whole content, verified.
    /// - Throws: `absent`, `damaged`, `system`.
    package func read(_ digest: Digest) throws(StoreFault) -> [UInt8] {
        let file = try open(digest)
        let bytes = try stored { () throws(SystemFault) in try file.read(try file.size(), at: 0) }
        let found = Digest(of: bytes)
        guard found == digest else { throw .damaged(digest, found: found, path: file.path) }
        return bytes
    }

    /// Reads through the content without keeping it.
    /// - Throws: `absent`, `damaged`, `system`.
    package func verify(_ digest: Digest) throws(StoreFault) {
        let file = try open(digest)
        let found = try stored { () throws(SystemFault) in try hash(file) }.digest
        guard found == digest else { throw .damaged(digest, found: found, path: file.path) }
    }

    private func open(_ digest: Digest) throws(StoreFault) -> OpenFile {
        let path = path(of: digest)
        do {
            return try OpenFile(path, O_RDONLY)
        } catch {
            throw error.code == ENOENT ? .absent(digest, path: path) : StoreFault(error)
        }
    }

    // MARK: Writing

    /// Stores small content. It is there for every reader at once, but survives a crash only after
    /// `sync()`: call that once for a group of them, before anything that names them goes on
    /// record.
    package func put(_ bytes: [UInt8]) throws(StoreFault) -> StoredFile {
        let digest = Digest(of: bytes)
        let file = StoredFile(digest: digest, size: ByteCount(Int64(bytes.count)))
        // A crash may have left another content under the name: only what is equal may stay.
        let isThere = try stored { () throws(SystemFault) in
            try readFile(path(of: digest)) == bytes
        }
        if !isThere {
            var draft = try Incoming(into: self)
            try draft.append(bytes)
            try draft.publish(as: digest)
        }
        unsynced.withLock { _ = $0.insert(digest) }
        return file
    }

    /// Everything that `put` stored so far is on disk when this returns.
    /// - Throws: `full`, `system`: then none of it may go on record.
    package func sync() throws(StoreFault) {
        let pending = unsynced.withLock { $0 }
        try stored { () throws(SystemFault) in
            guard pending.count <= Self.singlySynced else {
                return try OpenFile(folder, O_RDONLY | O_DIRECTORY).syncFileSystem()
            }
            for digest in pending { try OpenFile(path(of: digest), O_RDONLY).syncContent() }
            for name in Set(pending.map { $0.hex.prefix(2) }).sorted() {
                try syncFolder("\(folder)/\(name)")
            }
            if !pending.isEmpty { try syncFolder(folder) }
        }
        unsynced.withLock { $0.subtract(pending) }
    }

    /// Content that comes in pieces.
    package func incoming() throws(StoreFault) -> Incoming { try Incoming(into: self) }

    /// Stores what is in the file at `path`; it is on disk when this returns.
    package func adopt(_ path: String, by adoption: Adoption) throws(StoreFault) -> StoredFile {
        if case .move = adoption, let file = try move(path) { return file }
        var draft = try Incoming(into: self)
        let source = try stored { () throws(SystemFault) in try OpenFile(path, O_RDONLY) }
        var offset = 0
        while true {
            let piece = try stored { () throws(SystemFault) in
                try source.read(pieceSize, at: offset)
            }
            if piece.isEmpty { break }
            try draft.append(piece)
            offset += piece.count
        }
        let file = try draft.finish()
        if case .move = adoption { try stored { () throws(SystemFault) in try removeFile(path) } }
        return file
    }

    /// `nil` if the file is on another file system.
    private func move(_ path: String) throws(StoreFault) -> StoredFile? {
        try stored { () throws(SystemFault) in
            let source = try OpenFile(path, O_RDONLY)
            let (digest, size) = try hash(source)
            try retrying("protect", path) { fchmod(source.descriptor, 0o444) }
            try source.syncAll()
            guard try isPlaced(path, digest) else { return nil }
            try syncPlace(of: digest)
            return StoredFile(digest: digest, size: ByteCount(Int64(size)))
        }
    }

    /// False if the file is on another file system.
    private func isPlaced(_ path: String, _ digest: Digest) throws(SystemFault) -> Bool {
        do {
            try place(path, digest)
            return true
        } catch {
            if error.code == EXDEV { return false }
            throw error
        }
    }

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
