import ErgonModel

/// Open tasks between two attempts, in the order in which they may be started again.
struct RetryQueue: Sendable {
    struct Entry: Hashable, Sendable {
        var task: Int
        /// When the last attempt was on record as failed.
        var failed: Instant
        /// When it may start again.
        var due: Instant
        /// What it is given of a worker's memory.
        var memory: ByteCount
        /// Where it went wrong before.
        var avoid: [WorkerID]

        /// A clock that was set back to before the failure makes nobody wait for it to come round.
        func isDue(_ now: Instant) -> Bool { due <= now || now < failed }
    }

    /// Entries by `due`, then by task, in pieces of which none is empty or long: what waits may be
    /// a whole campaign, and entries come and go in the midst of it.
    private var pieces: [[Entry]] = []
    private var dues: [Int: Instant] = [:]

    private static let longestPiece = 512

    var isEmpty: Bool { pieces.isEmpty }
    var count: Int { dues.count }
    var first: Entry? { pieces.first?.first }
    /// In the order in which they may be started.
    var entries: FlattenSequence<[[Entry]]> { pieces.joined() }

    func entry(of task: Int) -> Entry? {
        dues[task].map { due in
            let (piece, index) = place(of: (due, task))
            return pieces[piece][index]
        }
    }

    /// The tasks among `range`.
    func tasks(in range: Range<Int>) -> IntervalSet {
        var tasks = IntervalSet()
        if dues.count < range.count {
            for task in dues.keys where range.contains(task) { tasks.insert(task..<task + 1) }
        } else {
            for task in range where dues[task] != nil { tasks.insert(task..<task + 1) }
        }
        return tasks
    }

    mutating func insert(_ entry: Entry) {
        remove(entry.task)
        dues[entry.task] = entry.due
        if pieces.isEmpty { return pieces.append([entry]) }
        let (piece, index) = place(of: (entry.due, entry.task))
        pieces[piece].insert(entry, at: index)
        guard pieces[piece].count > Self.longestPiece else { return }
        let half = pieces[piece].count / 2
        pieces.insert(Array(pieces[piece][half...]), at: piece + 1)
        pieces[piece].removeLast(pieces[piece].count - half)
    }

    mutating func remove(_ tasks: Range<Int>) {
        guard !isEmpty else { return }
        for range in self.tasks(in: tasks).ranges { for task in range { remove(task) } }
    }

    mutating func remove(_ task: Int) {
        guard let due = dues.removeValue(forKey: task) else { return }
        let (piece, index) = place(of: (due, task))
        pieces[piece].remove(at: index)
        if pieces[piece].isEmpty { pieces.remove(at: piece) }
    }

    /// Where an entry stands, or would, if there is any at all.
    private func place(of key: (Instant, Int)) -> (piece: Int, index: Int) {
        let later = firstIndex(in: pieces) { $0.last.map { ($0.due, $0.task) >= key } ?? false }
        let piece = min(later, pieces.count - 1)
        return (piece, firstIndex(in: pieces[piece]) { ($0.due, $0.task) >= key })
    }

    /// The first index from which on `isSo` holds.
    private func firstIndex<Item>(in items: [Item], where isSo: (Item) -> Bool) -> Int {
        var (low, high) = (0, items.count)
        while low < high {
            let middle = (low + high) / 2
            if isSo(items[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
