/// What takes time, beside the worker's loop: children of the task that runs them, and cancelled
/// with it.
struct Errands: Sendable {
    typealias Errand = @Sendable () async -> Void

    private let stream: AsyncStream<Errand>
    private let continuation: AsyncStream<Errand>.Continuation

    init() { (stream, continuation) = AsyncStream.makeStream(of: Errand.self) }

    func add(_ errand: @escaping Errand) { continuation.yield(errand) }

    /// Until it is cancelled.
    func run() async {
        await withDiscardingTaskGroup { group in
            for await errand in stream { group.addTask { await errand() } }
            group.cancelAll()
        }
    }
}
