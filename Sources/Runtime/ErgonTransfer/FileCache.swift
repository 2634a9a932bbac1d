package import ErgonModel

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

    /// - Parameter limit: the most the content may take, without the file system's own overhead.
    /// - Throws: `.file` if `path` cannot be made or read.
    package init(path: String, limit: ByteCount, client: TransferClient) throws(TransferFault) {
        folder = try CacheFolder(path: path)
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
    /// Any number of calls for one digest cause one download and share its outcome.
    /// - Throws: `.badName`, `.cacheFull` while too much is pinned, or what the download met.
    package func path(
        for file: StoredFile, named name: String, from endpoint: Endpoint
    ) async throws(TransferFault) -> Pin {
        guard isFileName(name) else { throw TransferFault(.badName, at: name) }
        while true {
            switch entries[file.digest]?.state {
            case .ready: return try pin(file.digest, name)
            case .arriving: try await join(file.digest)
            case .unchecked, nil: try await obtain(file, from: endpoint)
            }
        }
    }

    /// Ends the use; the second release of a pin does nothing.
    package func release(_ pin: Pin) {
        guard entries[pin.digest]?.pins.remove(pin.serial) != nil else { return }
        use(pin.digest)
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
        entries[file.digest] = Entry(size: file.size, state: .arriving([]), lastUse: serial)
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
    }

    private func download(_ file: StoredFile, from endpoint: Endpoint) async throws(TransferFault) {
        folder.remove(file.digest)
        try makeRoom(for: file)
        try folder.prepare(file.digest)
        let path = folder.contentPath(of: file.digest)
        try await client.fetch(file.digest, size: file.size, from: endpoint, to: path)
        try folder.protect(file.digest)
    }

    /// Evicts until the cache, with `file` already counted, keeps its bound.
    private func makeRoom(for file: StoredFile) throws(TransferFault) {
        var excess = size.bytes - limit.bytes
        guard excess > 0 else { return }
        let candidates = entries.filter(\.value.mayGo)
        guard candidates.values.reduce(0, { $0 + $1.size.bytes }) >= excess else {
            throw TransferFault(.cacheFull(needed: file.size, limit: limit), at: folder.path)
        }
        for (digest, entry) in candidates.sorted(by: { $0.value.lastUse < $1.value.lastUse }) {
            guard excess > 0 else { break }
            folder.remove(digest)
            entries[digest] = nil
            excess -= entry.size.bytes
        }
    }
}
