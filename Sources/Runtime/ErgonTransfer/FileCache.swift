package import ErgonModel
import Glibc

/// The worker's content by digest, bounded in bytes: what was used longest ago goes first, and
/// what a task has pinned never goes. One process owns a folder.
///
/// Content left by an earlier run is read and checked when it is first asked for.
package actor FileCache {
    /// The right to use a path until `release`.
    package struct Pin: Hashable, Sendable {
        package let path: String
        fileprivate let digest: Digest
        fileprivate let serial: Int
    }

    private typealias Waiter = CheckedContinuation<TransferFault?, Never>

    private enum State {
        /// Left by an earlier run; nobody has looked at the bytes.
        case unchecked
        /// Someone downloads or checks it; the others wait for the outcome.
        case arriving([Waiter])
        case ready
    }

    private struct Entry {
        /// Bytes taken or promised: none while it waits for room.
        var size: ByteCount
        var state: State
        var lastUse: Int
        var pins: Set<Int> = []

        var mayGo: Bool {
            if case .arriving = state { return false }
            return pins.isEmpty
        }
    }

    private let folder: CacheFolder
    private let limit: ByteCount
    private let client: TransferClient
    private var entries: [Digest: Entry] = [:]
    /// Counts uses and pins: the larger, the later.
    private var serial = 0
    /// Rung for those who wait for room, when there may be some.
    private var bells: [Int: AsyncStream<Void>.Continuation] = [:]
    private let patience: @Sendable () async -> Void

    /// How long a call waits for room while too much is pinned.
    package static let longestWait = Duration.seconds(600)

    /// - Parameters:
    ///   - limit: the most the content may take, without the file system's own overhead.
    ///   - patience: returns when a call has waited long enough for room.
    /// - Throws: `.file` if `path` cannot be made or read.
    package init(
        path: String, limit: ByteCount, client: TransferClient,
        patience: @escaping @Sendable () async -> Void = {
            try? await Task.sleep(for: FileCache.longestWait)
        }
    ) throws(TransferFault) {
        folder = try CacheFolder(path: path)
        self.patience = patience
        self.limit = limit
        self.client = client
        for found in try folder.takeStock() {
            serial += 1
            entries[found.digest] = Entry(size: found.size, state: .unchecked, lastUse: serial)
        }
    }

    /// Bytes taken or promised.
    package var size: ByteCount { ByteCount(entries.values.reduce(0) { $0 + $1.size.bytes }) }

    /// The content under a name that programs can read suffixes from; downloads it if need be.
    /// Any number of calls for one digest cause one download and share its outcome. Waits for room
    /// while too much is pinned.
    /// - Throws: `.badName`, `.cacheFull` if there is no room in time, or what the download met.
    package func path(
        for file: StoredFile, named name: String, from endpoint: Endpoint
    ) async throws(TransferFault) -> Pin {
        guard isFileName(name) else { throw TransferFault(.badName, at: name) }
        var hasVanished = false
        while true {
            switch entries[file.digest]?.state {
            case .ready:
                do throws(TransferFault) { return try pin(file.digest, name) } catch {
                    // Somebody has cleaned the folder: it is fetched again, but not for ever.
                    guard error.isAbsence, !hasVanished else { throw error }
                    hasVanished = true
                    entries[file.digest] = nil
                }
            case .arriving: try await join(file.digest)
            case .unchecked, nil: try await obtain(file, from: endpoint)
            }
        }
    }

    /// Ends the use; the second release of a pin does nothing.
    package func release(_ pin: Pin) {
        guard entries[pin.digest]?.pins.remove(pin.serial) != nil else { return }
        use(pin.digest)
        ringBells()
    }

    private func pin(_ digest: Digest, _ name: String) throws(TransferFault) -> Pin {
        let path = try folder.link(digest, as: name)
        use(digest)
        entries[digest]?.pins.insert(serial)
        return Pin(path: path, digest: digest, serial: serial)
    }

    private func use(_ digest: Digest) {
        serial += 1
        entries[digest]?.lastUse = serial
        folder.markUsed(digest)
    }

    /// Waits for who brings the content. If that one was cancelled, nothing is said about us: the
    /// caller looks again and one of those who waited takes over.
    private func join(_ digest: Digest) async throws(TransferFault) {
        let fault: TransferFault? = await withCheckedContinuation { waiter in
            guard case .arriving(let waiters) = entries[digest]?.state else {
                return waiter.resume(returning: nil)
            }
            entries[digest]?.state = .arriving(waiters + [waiter])
        }
        if Task.isCancelled { throw TransferFault(.cancelled, at: digest.hex) }
        if let fault, fault.cause != .cancelled { throw fault }
    }

    private func obtain(_ file: StoredFile, from endpoint: Endpoint) async throws(TransferFault) {
        let isLeft = entries[file.digest] != nil
        serial += 1
        entries[file.digest] = Entry(
            size: isLeft ? file.size : ByteCount(0), state: .arriving([]), lastUse: serial)
        do throws(TransferFault) {
            let isIntact = isLeft ? await folder.isIntact(file) : false
            if !isIntact { try await download(file, from: endpoint) }
        } catch {
            folder.remove(file.digest)
            settle(entries.removeValue(forKey: file.digest)?.state, error)
            throw error
        }
        let arriving = entries[file.digest]?.state
        entries[file.digest]?.state = .ready
        settle(arriving, nil)
    }

    private func settle(_ state: State?, _ fault: TransferFault?) {
        guard case .arriving(let waiters) = state else { return }
        for waiter in waiters { waiter.resume(returning: fault) }
        ringBells()
    }

    private func download(_ file: StoredFile, from endpoint: Endpoint) async throws(TransferFault) {
        folder.remove(file.digest)
        entries[file.digest]?.size = ByteCount(0)
        try await waitForRoom(for: file)
        try folder.prepare(file.digest)
        let path = folder.contentPath(of: file.digest)
        try await client.fetch(file.digest, size: file.size, from: endpoint, to: path)
        try folder.protect(file.digest)
    }

    // MARK: Room

    private func waitForRoom(for file: StoredFile) async throws(TransferFault) {
        let full = TransferFault(.cacheFull(needed: file.size, limit: limit), at: folder.path)
        guard file.size <= limit else { throw full }
        if makeRoom(for: file) { return }
        let isThere = await withTaskGroup(of: Bool.self) { group in
            group.addTask { await self.makeRoomLater(for: file) }
            group.addTask { [patience] in
                await patience()
                return false
            }
            defer { group.cancelAll() }
            return await group.next() ?? false
        }
        if Task.isCancelled { throw TransferFault(.cancelled, at: file.digest.hex) }
        guard isThere else { throw full }
    }

    /// - Returns: false if the task was cancelled first.
    private func makeRoomLater(for file: StoredFile) async -> Bool {
        let (rings, bell) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        serial += 1
        let ticket = serial
        bells[ticket] = bell
        defer { bells[ticket] = nil }
        // Something may have been released before there was a bell.
        bell.yield()
        for await _ in rings where makeRoom(for: file) { return true }
        return false
    }

    private func ringBells() {
        for bell in bells.values { bell.yield() }
    }

    /// Evicts until the cache keeps its bound with `file`, whose room is promised then.
    /// - Returns: false, and nothing has changed, if too much is pinned.
    private func makeRoom(for file: StoredFile) -> Bool {
        var excess = size.bytes + file.size.bytes - limit.bytes
        let candidates = excess > 0 ? entries.filter(\.value.mayGo) : [:]
        guard candidates.values.reduce(0, { $0 + $1.size.bytes }) >= excess else { return false }
        for (digest, entry) in candidates.sorted(by: { $0.value.lastUse < $1.value.lastUse }) {
            guard excess > 0 else { break }
            folder.remove(digest)
            entries[digest] = nil
            excess -= entry.size.bytes
        }
        entries[file.digest]?.size = file.size
        return true
    }
}

extension TransferFault {
    /// A file of ours is not where it was.
    fileprivate var isAbsence: Bool {
        if case .file(_, ENOENT) = cause { true } else { false }
    }
}
