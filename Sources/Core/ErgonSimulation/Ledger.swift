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

    struct Holder: Equatable {
        var lease: LeaseID
        var worker: WorkerID
    }

    private struct Grant {
        var worker: WorkerID
        var campaign: CampaignID
        var stage: Stage
        var tasks: Range<Int>
    }

    /// The first promise that was broken.
    private(set) var violation: String?
    /// Ever sent to a worker.
    private var grants: [LeaseID: Grant] = [:]
    private(set) var lastEpoch = 0

    // What follows is forgotten when the coordinator stops, and folded anew from its log.
    private var states: [Key: TaskState] = [:]
    private var failures: [Key: [LeaseID]] = [:]
    private(set) var accounts: [CampaignID: Account] = [:]
    private(set) var campaigns: [CampaignID: Campaign] = [:]
    private(set) var sealed: [CampaignID: SealedCampaign] = [:]
    private var cancelled: Set<CampaignID> = []
    /// Campaigns in which something failed for good, or had nothing to do.
    private var lost: Set<CampaignID> = []
    /// Outputs that committed records name.
    private(set) var committed: Set<Digest> = []
    /// In whose hands the coordinator considers a task.
    private var holders: [Key: Holder] = [:]
    /// Until when the coordinator waits for a worker that is away.
    private var awayUntil: [WorkerID: Instant] = [:]
    private var connected: Set<WorkerID> = []

    mutating func fail(_ text: String) {
        if violation == nil { violation = text }
    }

    /// Somebody may have heard of this epoch: it must never come again.
    mutating func confirm(epoch: Int) { lastEpoch = max(epoch, lastEpoch) }

    /// The coordinator's process ended, and with it all that was not on record.
    mutating func forget() {
        let (violation, grants, lastEpoch) = (violation, grants, lastEpoch)
        self = Ledger()
        self.violation = violation
        self.grants = grants
        self.lastEpoch = lastEpoch
    }

    // MARK: Records

    mutating func take(_ record: Record, campaign: (Digest) -> Campaign?, isReplay: Bool) {
        switch record.event {
        case .coordinatorStarted(let epoch, _):
            if epoch <= lastEpoch, !isReplay { fail("epoch \(epoch) after epoch \(lastEpoch)") }
        case .campaignAccepted(let accepted):
            campaigns[accepted.id] = campaign(accepted.manifest)
            if campaigns[accepted.id].map(Self.hasEmptyStep) == true { lost.insert(accepted.id) }
            accounts[accepted.id] = Account()
        case .results(let batch): take(batch, isReplay: isReplay)
        case .campaignCancelled(let id, _):
            cancelled.insert(id)
            dropHolders { key, _ in key.campaign == id }
        case .campaignSealed(let seal): take(seal)
        case .stageSized(let id, _, let count): if count == 0 { lost.insert(id) }
        case .workerJoined: break
        }
    }

    /// A step without tasks leaves nothing, and those that read it wait for ever.
    private static func hasEmptyStep(_ campaign: Campaign) -> Bool {
        campaign.steps.contains { Shards(of: $0, in: campaign, upstream: nil)?.count == 0 }
    }

    private mutating func take(_ batch: ResultBatch, isReplay: Bool) {
        guard let campaign = campaigns[batch.campaign],
            let stage = Stage(name: batch.stage, in: campaign)
        else { return fail("results of unknown work: campaign \(batch.campaign), \(batch.stage)") }
        for result in batch.results {
            let key = Key(campaign: batch.campaign, stage: stage, task: result.task)
            let name = "task \(result.task) of \(batch.stage), campaign \(batch.campaign)"
            checkGrant(batch.lease, batch.worker, key, name)
            if !isReplay { checkHolder(batch.lease, batch.worker, key, name) }
            do throws(IllegalTransition) {
                states[key] = try states[key, default: .open(failures: 0)].after(result.outcome)
            } catch {
                fail("\(name) has a second result on record, after `\(error.from)`")
            }
            if result.outcome != .succeeded { failures[key, default: []].append(batch.lease) }
            if case .failed(_, isFinal: true) = result.outcome { lost.insert(batch.campaign) }
            for file in result.outputs { committed.insert(file.digest) }
            accounts[batch.campaign, default: Account()].add(result)
        }
    }

    private mutating func checkGrant(
        _ lease: LeaseID, _ worker: WorkerID, _ key: Key, _ name: String
    ) {
        guard let grant = grants[lease], grant.worker == worker, grant.stage == key.stage,
            grant.campaign == key.campaign, grant.tasks.contains(key.task)
        else { return fail("\(name): a result of \(worker) under foreign lease \(lease)") }
    }

    private mutating func checkHolder(
        _ lease: LeaseID, _ worker: WorkerID, _ key: Key, _ name: String
    ) {
        let holder = holders.removeValue(forKey: key)
        guard holder != Holder(lease: lease, worker: worker) else { return }
        let current = holder.map { "\($0.lease) of \($0.worker)" } ?? "nobody's"
        fail("\(name): a result under superseded lease \(lease); the task is \(current)")
    }

    private mutating func take(_ seal: SealedCampaign) {
        if sealed[seal.id] != nil { fail("campaign \(seal.id) was sealed twice") }
        sealed[seal.id] = seal
        dropHolders { key, _ in key.campaign == seal.id }
        if seal.account != accounts[seal.id] {
            fail("the seal of campaign \(seal.id) has another account than its results add up to")
        }
        let isWhole = seal.ending == .complete && seal.coverage.allSatisfy(\.isComplete)
        if !cancelled.contains(seal.id), !lost.contains(seal.id), !isWhole {
            fail("nothing of campaign \(seal.id) failed for good, but it is \(seal.ending)")
        }
        if seal.ending == .complete, !seal.coverage.allSatisfy(\.isComplete) {
            fail("campaign \(seal.id) is complete, its coverage is not")
        }
    }

    private mutating func dropHolders(_ isDropped: (Key, Holder) -> Bool) {
        holders = holders.filter { !isDropped($0.key, $0.value) }
    }

    // MARK: Leases

    /// What the coordinator now considers whose.
    mutating func follow(
        _ event: Coordinator.Event, _ effects: [Coordinator.Effect], grace: Microseconds,
        now: Instant
    ) {
        switch event {
        case .workerConnected(let facts, let held): connect(facts.worker, held, effects)
        case .workerDisconnected(let worker):
            connected.remove(worker)
            awayUntil[worker] = now + grace
        case .tick:
            let gone = awayUntil.filter { $0.value <= now }
            for worker in gone.keys {
                awayUntil[worker] = nil
                dropHolders { $1.worker == worker }
            }
        case .decline(_, let lease, _): giveBack(lease, effects)
        case .report, .submit, .cancel, .ask, .linesCounted: break
        }
    }

    private mutating func connect(
        _ worker: WorkerID, _ held: [HeldLease], _ effects: [Coordinator.Effect]
    ) {
        connected.insert(worker)
        awayUntil[worker] = nil
        var refused: Set<LeaseID> = []
        for case .send(worker, .withdraw(let ids)) in effects { refused.formUnion(ids) }
        let remaining = Dictionary(held.map { ($0.id, $0.remaining) }) { first, _ in first }
        dropHolders { key, holder in
            holder.worker == worker && remaining[holder.lease]?.contains(key.task) != true
        }
        for lease in held where !refused.contains(lease.id) && sealed[lease.campaign] == nil {
            for task in lease.remaining.ranges.joined() {
                let key = Key(campaign: lease.campaign, stage: lease.stage, task: task)
                guard holders[key] == nil, failures[key]?.contains(lease.id) != true,
                    case .open = states[key, default: .open(failures: 0)]
                else { continue }
                holders[key] = Holder(lease: lease.id, worker: worker)
            }
        }
    }

    /// A lease was declined: what is not on record as failed is nobody's.
    private mutating func giveBack(_ lease: LeaseID, _ effects: [Coordinator.Effect]) {
        var recorded: Set<Int> = []
        for case .record(let record) in effects {
            if case .results(let batch) = record.event, batch.lease == lease {
                recorded.formUnion(batch.results.map(\.task))
            }
        }
        dropHolders { $1.lease == lease && !recorded.contains($0.task) }
    }

    mutating func withdraw(_ ids: [LeaseID]) {
        dropHolders { ids.contains($1.lease) }
    }

    /// - Parameter now: by the coordinator's clock.
    mutating func grant(_ lease: Lease, to worker: WorkerID, now: Instant) {
        if grants[lease.id] != nil { fail("lease \(lease.id) was granted twice") }
        if !connected.contains(worker) { fail("lease \(lease.id) granted to absent \(worker)") }
        grants[lease.id] = Grant(
            worker: worker, campaign: lease.campaign, stage: lease.stage, tasks: lease.tasks)
        for task in lease.tasks {
            let key = Key(campaign: lease.campaign, stage: lease.stage, task: task)
            if let holder = holders[key] {
                fail(
                    "task \(task) of stage \(lease.stage) was granted to \(worker) as \(lease.id) "
                        + "while \(holder.worker) holds it under \(holder.lease)")
            }
            if let state = states[key], case .open = state {
            } else if states[key] != nil {
                fail("task \(task) of stage \(lease.stage) was granted after its end")
            }
            holders[key] = Holder(lease: lease.id, worker: worker)
        }
    }
}
