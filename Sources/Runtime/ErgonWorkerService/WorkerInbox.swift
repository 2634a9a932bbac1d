import ErgonModel
import ErgonSystem
import ErgonTransfer
import ErgonWireMessages
import ErgonWorker
import Synchronization

/// What reaches the worker's loop: events for its core, and what has to be kept beside them.
enum WorkerNews: Sendable {
    case core(Worker.Event)
    /// The text of the manifest that the next lease names.
    case manifest([UInt8])
    case prepared(Worker.Attempt, Workplace.Staged)
    case collected(Worker.Attempt, Workplace.Left)
    case linkOpened(AsyncStream<Ergon_V1_FromWorker>.Continuation)
    case linkClosed
    /// The coordinator said where content is.
    case dataPort(Int)
    /// Nobody wants the worker any more.
    case cancelled
}

/// From all threads to the one of the worker's loop. What is in it is bounded by what the worker
/// has in hand and by what the coordinator sends against it.
final class WorkerInbox: Sendable {
    /// Rings when there is news.
    let bell = Bell()
    private let news = Mutex<[WorkerNews]>([])

    func post(_ item: WorkerNews) {
        news.withLock { news in
            news.append(item)
            // Whoever comes first rings for all that come before it is heard.
            if news.count == 1 { bell.ring() }
        }
    }

    /// The bell has rung once for what there is, and is heard once with it: both under the lock,
    /// since a ring between the two would be lost.
    func take() -> [WorkerNews] {
        news.withLock { news in
            if news.isEmpty { return [] }
            bell.hear()
            defer { news = [] }
            return news
        }
    }
}
