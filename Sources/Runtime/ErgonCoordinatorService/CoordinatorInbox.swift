import ErgonCoordinator
import ErgonModel
import ErgonSystem
import ErgonWireMessages
import Synchronization

/// What reaches the coordinator's loop: events for its core, and whom to answer.
enum CoordinatorNews: Sendable {
    typealias Outbox = AsyncStream<Ergon_V1_ToWorker>.Continuation
    typealias Answer = CheckedContinuation<Coordinator.Reply?, Never>
    typealias Look = CheckedContinuation<Result<Coordinator, Unseen>, Never>

    case core(Coordinator.Event)
    /// A worker's stream opened; `session` tells it from the worker's other streams.
    case linkOpened(WorkerFacts, life: Int, [HeldLease], session: Int, Outbox)
    case linkClosed(WorkerID, session: Int)
    /// `taken` is resumed when the loop has it: a stream brings no second report before that.
    case report(WorkerID, WorkerReport, taken: CheckedContinuation<Void, Never>)
    /// The lines that a step is split over could not be counted.
    case uncounted(Counting)
    /// `event` makes the core's event of the request's name.
    case request(@Sendable (Coordinator.RequestID) -> Coordinator.Event, Answer)
    /// Somebody wants to see how things stand, as far as it is on disk.
    case look(Look)
    case stop
}

extension CoordinatorNews {
    /// Whether it is something that whoever did it will want to see done.
    var isChange: Bool {
        switch self {
        case .core(.tick), .report, .look: false
        case .core, .linkOpened, .linkClosed, .uncounted, .request, .stop: true
        }
    }
}

/// Why nobody can see how things stand.
enum Unseen: Error {
    case isStopping
    /// What was decided last is not on record.
    case diskIsFull
}

/// Lines that are being counted: of a file that a step is split over.
struct Counting: Hashable, Sendable {
    var campaign: CampaignID
    var step: Int
    var file: StoredFile
}

/// The one way into the coordinator's thread. Whatever arrives while it writes is taken together
/// next time: that is what makes a group of records of it.
///
/// Bounded by what peers may have under way: a stream waits until its report is taken before it
/// reads on, and people wait for their answers.
final class CoordinatorInbox: Sendable {
    private struct State {
        var waiting: [CoordinatorNews] = []
        /// How many things somebody has done; what results change is not counted.
        var changes = 0
        var isClosed = false
    }

    /// What had arrived, and how many changes had until then.
    struct Group {
        var news: [CoordinatorNews]
        var changes: Int
    }

    private let state = Mutex(State())
    private let bell = Bell()

    func push(_ news: CoordinatorNews) {
        let isTaken = state.withLock { state in
            if !state.isClosed {
                state.waiting.append(news)
                if news.isChange { state.changes += 1 }
            }
            return !state.isClosed
        }
        if isTaken { bell.ring() } else { refuse(news) }
    }

    /// Waits until something is there; to be called on the coordinator's thread.
    func takeAll() -> Group {
        bell.hear()
        return state.withLock { state in
            let taken = Group(news: state.waiting, changes: state.changes)
            state.waiting = []
            return taken
        }
    }

    /// How many changes there were until now, taken or not.
    var changes: Int { state.withLock { $0.changes } }

    /// Nothing is taken any more; what waits is answered with nothing.
    func close() {
        let rest = state.withLock { state in
            state.isClosed = true
            let rest = state.waiting
            state.waiting = []
            return rest
        }
        for news in rest { refuse(news) }
    }

    func refuse(_ news: CoordinatorNews) {
        switch news {
        case .request(_, let answer): answer.resume(returning: nil)
        case .look(let look): look.resume(returning: .failure(.isStopping))
        case .linkOpened(_, _, _, _, let outbox): outbox.finish()
        case .report(_, _, let taken): taken.resume()
        case .core, .linkClosed, .uncounted, .stop: break
        }
    }

    /// Returns when the loop has taken the report.
    func deliver(_ report: WorkerReport, from worker: WorkerID) async {
        await withCheckedContinuation { push(.report(worker, report, taken: $0)) }
    }

    /// - Returns: `nil` if the coordinator stops.
    func ask(
        _ event: @escaping @Sendable (Coordinator.RequestID) -> Coordinator.Event
    ) async -> Coordinator.Reply? {
        await withCheckedContinuation { push(.request(event, $0)) }
    }

    /// The state as a value: whoever asks it holds up nobody.
    func look() async -> Result<Coordinator, Unseen> {
        await withCheckedContinuation { push(.look($0)) }
    }
}
