import ErgonModel

extension Ledger {
    /// What is on record.
    struct Books {
        var campaigns: [CampaignID: Campaign] = [:]
        var states: [Key: TaskState] = [:]
        /// What tasks that are done have left.
        var outputs: [Key: [StoredFile]] = [:]
        /// Leases under which a worker has answered for a task that it did not do.
        var answers: [Key: Set<LeaseID>] = [:]
        var accounts: [CampaignID: Account] = [:]
        /// Lines of earlier outputs, by campaign and step.
        var lines: [CampaignID: [Int: Int]] = [:]
        var sealed: [CampaignID: SealedCampaign] = [:]
        var cancelled: Set<CampaignID> = []
        var held: [CampaignID: String] = [:]
        var reopenings: [CampaignID: [Reopening]] = [:]
        var standings: [WorkerID: Standing] = [:]
        /// Of open tasks.
        var mishaps: [Key: Mishaps] = [:]
        /// The tasks of each report that are on record.
        var counted: [ReportKey: IntervalSet] = [:]
    }

    struct Reopening {
        /// The last one granted before.
        var lease: LeaseID
        var tasks: Set<Key>
    }

    mutating func take(_ record: Record, campaign: (Digest) -> Campaign?, isReplay: Bool) {
        switch record.event {
        case .coordinatorStarted(let epoch, _):
            if epoch <= lastEpoch, !isReplay { fail("epoch \(epoch) after epoch \(lastEpoch)") }
        case .workerJoined, .energyMetered: break
        case .campaignAccepted(let accepted):
            if books.campaigns[accepted.id] != nil { fail("campaign \(accepted.id) came twice") }
            books.campaigns[accepted.id] = campaign(accepted.manifest)
            books.accounts[accepted.id] = Account()
        case .resultsReused(let reused): fail("campaign \(reused.id) reuses what nobody offered")
        case .stageSized(let id, let stage, let count): size(id, stage, count)
        case .results(let batch): take(batch, at: record.time, isReplay: isReplay)
        case .superseded(let batch): takeSuperseded(batch)
        case .campaignHeld(let id, let reason, _):
            if books.held.updateValue(reason, forKey: id) != nil { fail("\(id) was held twice") }
        case .campaignReleased(let id, _):
            if books.held.removeValue(forKey: id) == nil { fail("\(id) was not held") }
        case .campaignReopened(let reopened): reopen(reopened, isReplay: isReplay)
        case .campaignCancelled(let id, _):
            books.cancelled.insert(id)
            hands.drop { key, _ in key.campaign == id }
        case .campaignSealed(let seal): take(seal)
        case .campaignForgotten(let id, _): fail("campaign \(id) was forgotten, by nobody")
        case .workerStands(let worker, let standing, _):
            books.standings[worker] = standing
            if case .quarantined = standing { takeAll(from: worker) }
        case .policyInForce, .policyDecided, .approved: fail("a policy, and nobody has one")
        case .planAdopted: break
        case .logRepaired: fail("the log was repaired, and nobody did it")
        }
    }

    // MARK: Results

    private mutating func take(_ batch: ResultBatch, at time: Instant, isReplay: Bool) {
        guard let campaign = books.campaigns[batch.campaign],
            let stage = Stage(name: batch.stage, in: campaign)
        else { return fail("results of unknown work: campaign \(batch.campaign), \(batch.stage)") }
        count(batch)
        for result in batch.results.flatMap(\.singly) {
            let key = Key(campaign: batch.campaign, stage: stage, task: result.task)
            checkGrant(batch, key)
            if !isReplay {
                checkHand(batch, key, result)
                if result.outcome == .succeeded { checkReads(batch, key) }
            }
            apply(result, to: key, batch, at: time)
        }
    }

    private mutating func apply(
        _ result: TaskResult, to key: Key, _ batch: ResultBatch, at time: Instant
    ) {
        do throws(IllegalTransition) {
            books.states[key] = try state(of: key).after(result.outcome, on: batch.worker)
        } catch {
            fail("\(name(of: key)) has a second result on record, after `\(error.from)`")
        }
        switch result.outcome {
        case .succeeded:
            books.outputs[key] = result.outputs
            books.mishaps[key] = nil
        case .failed(let failure, let isFinal):
            noteMishap(failure, isFinal: isFinal, to: key, on: batch.worker, at: time)
            if failure != .workerLost { books.answers[key, default: []].insert(batch.lease) }
        }
        books.accounts[key.campaign, default: Account()].add(result)
    }

    func state(of key: Key) -> TaskState { books.states[key] ?? .open(Setbacks()) }

    func name(of key: Key) -> String {
        let stage = books.campaigns[key.campaign].map(key.stage.name) ?? "?"
        return "task \(key.task) of \(stage), campaign \(key.campaign)"
    }

    private mutating func takeSuperseded(_ batch: ResultBatch) {
        guard let campaign = books.campaigns[batch.campaign],
            let stage = Stage(name: batch.stage, in: campaign)
        else { return fail("costs of unknown work: campaign \(batch.campaign), \(batch.stage)") }
        count(batch)
        for result in batch.results.flatMap(\.singly) {
            let key = Key(campaign: batch.campaign, stage: stage, task: result.task)
            checkGrant(batch, key)
            books.answers[key, default: []].insert(batch.lease)
            books.accounts[batch.campaign, default: Account()].superseded.add(result)
        }
    }

    private mutating func checkGrant(_ batch: ResultBatch, _ key: Key) {
        guard let grant = grants[batch.lease], grant.worker == batch.worker,
            grant.stage == key.stage, grant.campaign == key.campaign,
            grant.tasks.contains(key.task)
        else {
            return fail(
                "\(name(of: key)): a result of \(batch.worker) under foreign lease \(batch.lease)")
        }
    }

    // MARK: Campaigns

    private mutating func size(_ id: CampaignID, _ stage: String, _ count: Int) {
        guard let step = books.campaigns[id]?.stepIndex(named: stage) else {
            return fail("campaign \(id) has no step \(stage) to size")
        }
        let old = books.lines[id, default: [:]].updateValue(count, forKey: step)
        if old != nil { fail("\(stage) of campaign \(id) was sized twice") }
    }

    private mutating func reopen(_ reopened: ReopenedCampaign, isReplay: Bool) {
        let id = reopened.id
        guard let campaign = books.campaigns[id] else { return fail("reopened: unknown \(id)") }
        if let grant = grants.keys.max(), !isReplay, reopened.lease < grant {
            fail("lease \(grant) was granted before campaign \(id) was reopened")
        }
        var tasks: Set<Key> = []
        for part in reopened.tasks {
            guard let stage = Stage(name: part.stage, in: campaign) else {
                return fail("reopened: unknown stage \(part.stage)")
            }
            for task in part.tasks.ranges.joined() {
                tasks.insert(Key(campaign: id, stage: stage, task: task))
            }
        }
        books.reopenings[id, default: []].append(Reopening(lease: reopened.lease, tasks: tasks))
        // What is to be made of other inputs has waited long enough.
        for key in books.mishaps.keys where key.campaign == id && books.reads(key, oneOf: tasks) {
            books.mishaps[key]?.wait = .zero
        }
        if !isReplay { takeBackReaders(of: tasks, id) }
        for key in tasks {
            if case .open = state(of: key) { fail("\(name(of: key)) was reopened, but is open") }
            books.states[key] = nil
            books.outputs[key] = nil
            books.mishaps[key] = nil
        }
        books.sealed[id] = nil
        books.cancelled.remove(id)
        for step in campaign.steps.indices { forgetIfUnsized(step, id, campaign) }
    }

    /// A step over the lines of what is no more has no tasks, nor have those over its own.
    private mutating func forgetIfUnsized(_ step: Int, _ id: CampaignID, _ campaign: Campaign) {
        if books.lines[id]?[step] != nil, books.whole(campaign.steps[step].over, id) == nil {
            books.lines[id]?[step] = nil
        }
        guard books.shards(of: step, id) == nil else { return }
        books.states = books.states.filter { $0.key.campaign != id || $0.key.stage.step != step }
        books.mishaps = books.mishaps.filter { $0.key.campaign != id || $0.key.stage.step != step }
    }

    private mutating func take(_ seal: SealedCampaign) {
        if books.sealed[seal.id] != nil { fail("campaign \(seal.id) was sealed twice") }
        books.sealed[seal.id] = seal
        hands.drop { key, _ in key.campaign == seal.id }
        if seal.account != books.accounts[seal.id] {
            fail("the seal of campaign \(seal.id) has another account than its results add up to")
        }
        let isWhole = seal.ending == .complete && seal.coverage.allSatisfy(\.isComplete)
        if !isWhole, !books.cancelled.contains(seal.id), !books.hasLosses(seal.id) {
            fail("nothing of campaign \(seal.id) failed for good, but it is \(seal.ending)")
        }
        if seal.ending == .complete, !seal.coverage.allSatisfy(\.isComplete) {
            fail("campaign \(seal.id) is complete, its coverage is not")
        }
    }
}

extension Ledger.Books {
    /// Something failed for good, or had nothing to do.
    func hasLosses(_ id: CampaignID) -> Bool {
        guard let campaign = campaigns[id] else { return false }
        return campaign.steps.contains { Shards(of: $0, in: campaign, upstream: nil)?.count == 0 }
            || lines[id]?.values.contains(0) == true
            || states.contains { $0.key.campaign == id && $0.value == .failed }
    }
}
