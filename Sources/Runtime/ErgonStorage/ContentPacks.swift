import ErgonModel
import ErgonProvenance
import Glibc
import Synchronization

/// Small content that is many a run and seldom read, such as what tasks said: in a few files that
/// grow at their ends, instead of a file for each.
///
/// A pack is a file with a number for a name. An entry is the length of the content in four bytes,
/// the most significant first, its SHA-256, and the content; the last one may be cut off. One
/// process at a time writes packs, each into new ones. Where content is, is found out when it is
/// first asked for, from the entries' heads.
final class ContentPacks: Sendable {
    private struct Entry {
        var pack: Int
        var offset: Int
        var size: Int
    }

    private struct State {
        /// By their numbers, opened for reading.
        var packs: [Int: OpenFile] = [:]
        /// How far each has been looked through.
        var seen: [Int: Int] = [:]
        /// By the first 8 bytes of the digest; what else has the same ones comes after it.
        var entries: [UInt64: [Entry]] = [:]
        /// The pack that this process writes.
        var current: (file: OpenFile, end: Int)?
        var isSynced = true
        var isFolderSynced = true
    }

    private static let headSize = 4 + 32
    /// After so many bytes the next pack is begun.
    private static let usualSize = 256 << 20
    private let folder: String
    private let state = Mutex(State())

    init(_ folder: String) { self.folder = folder }

    // MARK: Writing

    /// It survives a crash only after `sync()`.
    func append(_ bytes: [UInt8], _ digest: Digest) throws(SystemFault) {
        let size = UInt32(bytes.count)
        let head = withUnsafeBytes(of: size.bigEndian) { Array($0) } + digest.bytes
        try state.withLock { state throws(SystemFault) in
            let (file, end) = try current(&state)
            try file.write(head + bytes, at: end)
            state.current = (file, end + head.count + bytes.count)
            state.isSynced = false
        }
    }

    private func current(_ state: inout State) throws(SystemFault) -> (file: OpenFile, end: Int) {
        if let current = state.current, current.end < Self.usualSize { return current }
        try makeFolders(folder)
        let last = try names(in: folder).compactMap { Int($0) }.max() ?? 0
        if let full = state.current { try full.file.syncContent() }
        let file = try OpenFile("\(folder)/\(last + 1)", O_RDWR | O_CREAT | O_EXCL)
        state.isFolderSynced = false
        state.current = (file, 0)
        return (file, 0)
    }

    func sync() throws(SystemFault) {
        try state.withLock { state throws(SystemFault) in
            guard !state.isSynced else { return }
            try state.current?.file.syncContent()
            if !state.isFolderSynced { try syncFolder(folder) }
            (state.isSynced, state.isFolderSynced) = (true, true)
        }
    }

    // MARK: Reading

    /// Where the content is; `nil` if it is in no pack.
    func location(of digest: Digest) throws(SystemFault) -> ContentStore.Location? {
        try find(digest).map { entry, file in
            ContentStore.Location(
                path: file.path, bytes: entry.offset..<entry.offset + entry.size)
        }
    }

    /// As it lies there, which is not looked at; `nil` if it is in no pack.
    func read(_ digest: Digest) throws(SystemFault) -> [UInt8]? {
        guard let (entry, file) = try find(digest) else { return nil }
        return try file.read(entry.size, at: entry.offset)
    }

    private func find(_ digest: Digest) throws(SystemFault) -> (entry: Entry, file: OpenFile)? {
        try state.withLock { state throws(SystemFault) in
            try lookThrough(&state)
            for entry in state.entries[digest.key] ?? [] {
                guard let file = state.packs[entry.pack] else { continue }
                let head = try file.read(Self.headSize, at: entry.offset - Self.headSize)
                if head.dropFirst(4).elementsEqual(digest.bytes) { return (entry, file) }
            }
            return nil
        }
    }

    private func open(_ number: Int) throws(SystemFault) -> OpenFile {
        try OpenFile("\(folder)/\(number)", O_RDONLY)
    }

    /// What has come since the last look.
    private func lookThrough(_ state: inout State) throws(SystemFault) {
        guard access(folder, F_OK) == 0 else { return }
        for number in try names(in: folder).compactMap({ Int($0) }) {
            let known = state.packs[number]
            let file = if let known { known } else { try open(number) }
            state.packs[number] = file
            var place = state.seen[number] ?? 0
            let end = try file.size()
            while place + Self.headSize <= end {
                let head = try file.read(Self.headSize, at: place)
                let size = head.prefix(4).reduce(0) { $0 << 8 | Int($1) }
                let content = place + Self.headSize
                guard content + size <= end, let digest = Digest(bytes: head.dropFirst(4)) else {
                    break
                }
                let entry = Entry(pack: number, offset: content, size: size)
                state.entries[digest.key, default: []].append(entry)
                place = content + size
            }
            state.seen[number] = place
        }
    }
}

extension Digest {
    fileprivate var key: UInt64 { bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) } }
}
