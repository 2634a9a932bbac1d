import ErgonCoordinator
import ErgonModel

/// What a witness of everything that became visible knows, beside the coordinator: who was given
/// what, how each task stands, and what it cost. It holds the coordinator to its promises.
struct Ledger {
    struct Key: Hashable, Comparable {
        var campaign: CampaignID
        var stage: Stage
        var task: Int

        static func < (left: Key, right: Key) -> Bool {
            (left.campaign, left.stage, left.task) < (right.campaign, right.stage, right.task)
        }
    }

    struct Grant {
        var worker: WorkerID
        var campaign: CampaignID
        var stage: Stage
        var tasks: Range<Int>
    }

    struct ReportKey: Hashable {
        var worker: WorkerID
        var id: ReportID
    }

    struct Attempt: Hashable {
        var worker: WorkerID
        var lease: LeaseID
        var task: Int
    }

    struct Cost: Equatable {
        var wall: Microseconds
        var cpu: Microseconds
    }

    /// The first promise that was broken.
    private(set) var violation: String?
    /// Ever sent to a worker.
    var grants: [LeaseID: Grant] = [:]
    var lastEpoch = 0
    /// Every report that a worker ever wrote to its disk.
    var kept: [ReportKey: WorkerReport] = [:]
    /// What attempts cost that have ended and are in no report yet.
    var spent: [Attempt: Cost] = [:]
    /// What each attempt was given to read of earlier steps.
    var reads: [Attempt: [Digest]] = [:]
    /// After which mishap a task was granted again. It need not wait for that one once more: a
    /// snapshot may know it, though the log alone would not.
    var waited: [Key: Instant] = [:]

    /// Forgotten when the coordinator stops, and folded anew from its log.
    var books = Books()
    /// Forgotten with the process.
    var hands = Hands()

    mutating func fail(_ text: String) {
        if violation == nil { violation = text }
    }

    /// Somebody may have heard of this epoch: it must never come again.
    mutating func confirm(epoch: Int) { lastEpoch = max(epoch, lastEpoch) }

    /// The coordinator's process ended, and with it all that was not on record.
    mutating func forget() {
        books = Books()
        hands = Hands()
    }

    // MARK: What the coordinator does

    mutating func start(
        _ effects: [Coordinator.Effect], grace: Microseconds, now: Instant,
        campaign: (Digest) -> Campaign?
    ) {
        hands.settlesUntil = now + grace
        for effect in effects { witness(effect, by: nil, now, campaign) }
    }

    /// - Parameters:
    ///   - now: by the coordinator's clock.
    ///   - absent: the worker, not back since the coordinator's start, that has the task in its
    ///     hands or its result on its disk.
    mutating func follow(
        _ event: Coordinator.Event, _ effects: [Coordinator.Effect], grace: Microseconds,
        now: Instant, campaign: (Digest) -> Campaign?, absent: (Key) -> WorkerID?
    ) {
        begin(event, effects, grace, now)
        for effect in effects {
            witness(effect, by: event, now, campaign)
            if case .send(let worker, .lease(let lease)) = effect {
                checkNobodyIsAwaited(lease, to: worker, absent)
            }
        }
        end(event, effects)
    }

    private mutating func witness(
        _ effect: Coordinator.Effect, by event: Coordinator.Event?, _ now: Instant,
        _ campaign: (Digest) -> Campaign?
    ) {
        switch effect {
        case .record(let record): take(record, campaign: campaign, isReplay: false)
        case .send(let worker, .lease(let lease)): grant(lease, to: worker, by: event, now)
        case .send(_, .withdraw(let ids)): hands.drop { ids.contains($1.lease) }
        case .send(_, .withdrawTasks(let id, let tasks)):
            hands.drop { $1.lease == id && tasks.contains($0.task) }
        case .reply(_, .accepted): if let trouble = hands.trouble { fail("accepted: \(trouble)") }
        case .send, .reply, .countLines, .plan, .keepStatement: break
        }
    }

    // MARK: For others

    var campaigns: [CampaignID: Campaign] { books.campaigns }
    var sealed: [CampaignID: SealedCampaign] { books.sealed }

    /// Nothing on record waits for an end.
    var isAllSealed: Bool { books.campaigns.count == books.sealed.count }

    var heldCampaigns: [CampaignID] {
        books.held.keys.filter { books.sealed[$0] == nil }.sorted()
    }

    var workersOutOfService: [WorkerID] {
        books.standings.filter { $0.value != .active }.keys.sorted()
    }
}
