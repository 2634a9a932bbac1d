import ErgonModel

/// The way to a worker that is connected.
struct WorkerStream {
    /// Tells it from the worker's other streams.
    let session: Int
    let outbox: CoordinatorNews.Outbox
    /// Of the manifests that it has named.
    private var named: Set<Digest> = []

    /// So many are remembered: whatever comes again then is sent again.
    private static let mostNamed = 1024

    init(session: Int, outbox: CoordinatorNews.Outbox) {
        self.session = session
        self.outbox = outbox
    }

    /// Whether nothing that was sent over it has named the manifest yet.
    mutating func isFirst(_ manifest: Digest) -> Bool {
        if named.count == Self.mostNamed { named = [] }
        return named.insert(manifest).inserted
    }
}
