import ErgonModel
import Testing

/// What a log says of each task, checked as it comes, by somebody who does not know the
/// coordinator.
struct Ledger {
    private struct Task: Hashable {
        var campaign: CampaignID
        var stage: Stage
        var number: Int
    }

    /// An attempt as its worker reported it.
    struct Attempt: Hashable {
        var worker: WorkerID
        var report: ReportID
        var task: Int
    }

    private let seed: UInt64
    private let leases: [LeaseID: Lease]
    private(set) var campaigns: [CampaignID: Campaign] = [:]
    /// All that was reported and is on record.
    private(set) var reported: Set<Attempt> = []
    private var states: [Task: TaskState] = [:]
    private var outputs: [Task: [StoredFile]] = [:]
    /// What those that are done had read.
    private var inputs: [Task: [StoredFile]] = [:]
    /// The outputs of tasks that are done now.
    private var current: Set<Digest> = []
    private var sealed: Set<CampaignID> = []
    private var held: Set<CampaignID> = []
    private var accounts: [CampaignID: Account] = [:]

    /// - Parameter leases: all that were ever granted.
    init(seed: UInt64, leases: [LeaseID: Lease]) {
        self.seed = seed
        self.leases = leases
    }

    mutating func take(_ record: Record, _ campaign: (Digest) -> Campaign?) {
        switch record.event {
        case .campaignAccepted(let accepted):
            campaigns[accepted.id] = campaign(accepted.manifest)
        case .results(let batch): count(batch)
        case .superseded(let batch): note(batch)
        case .campaignReopened(let reopened): reopen(reopened)
        case .campaignSealed(let seal): check(seal)
        case .campaignHeld(let id, _, _):
            #expect(held.insert(id).inserted, "seed \(seed): held twice")
        case .campaignReleased(let id, _):
            #expect(held.remove(id) != nil, "seed \(seed): released, but not held")
        case .coordinatorStarted, .workerJoined, .stageSized, .campaignCancelled,
            .resultsReused, .campaignForgotten, .workerStands, .policyInForce, .policyDecided,
            .approved, .energyMetered, .planAdopted,
            .logRepaired:
            break
        }
    }

    // MARK: Attempts

    private mutating func count(_ batch: ResultBatch) {
        #expect(!sealed.contains(batch.campaign), "seed \(seed): a result after the seal")
        guard let campaign = campaigns[batch.campaign],
            let stage = Stage(name: batch.stage, in: campaign)
        else {
            Issue.record("seed \(seed): results of nothing")
            return
        }
        for result in batch.results.flatMap(\.singly) {
            note(result, of: batch)
            let task = Task(campaign: batch.campaign, stage: stage, number: result.task)
            move(task, result.outcome, on: batch.worker, campaign.steps[stage.step].retry)
            accounts[batch.campaign, default: Account()].add(result)
            guard result.outcome == .succeeded else { continue }
            checkInputs(of: task, under: batch.lease, in: campaign)
            outputs[task] = result.outputs
            current.formUnion(result.outputs.map(\.digest))
        }
    }

    private mutating func move(
        _ task: Task, _ outcome: Outcome, on worker: WorkerID, _ retry: RetrySpec
    ) {
        let state = states[task] ?? .open(Setbacks())
        if case .failed(let failure, let isFinal) = outcome, case .open(let setbacks) = state {
            let isLast = retry.isLast(failure, on: worker, after: setbacks)
            #expect(isFinal == isLast, "seed \(seed): \(task) \(outcome) after \(state)")
        }
        do throws(IllegalTransition) { states[task] = try state.after(outcome, on: worker) } catch {
            Issue.record("seed \(seed): \(task) \(error)")
        }
    }

    /// It must have been made of what is on record now, and of all of it.
    private mutating func checkInputs(of task: Task, under lease: LeaseID, in campaign: Campaign) {
        guard let lease = leases[lease], lease.tasks.contains(task.number) else {
            Issue.record("seed \(seed): \(task) was never leased")
            return
        }
        let place = task.number - lease.tasks.lowerBound
        let own = lease.taskFiles.isEmpty ? [] : lease.taskFiles[place]
        inputs[task] = (own + lease.overFiles + lease.with.values).map(\.content)
        checkInputs(of: task)
        guard case .merge(let output, let level) = task.stage.part, let below = task.stage.below,
            let fanIn = campaign.steps[task.stage.step].outputs[output].merge?.fanIn
        else { return }
        let children = (task.number * fanIn..<(task.number + 1) * fanIn).compactMap {
            outputs[Task(campaign: task.campaign, stage: below, number: $0)]?[
                level == 1 ? output : 0]
        }
        #expect(own.map(\.content) == children, "seed \(seed): \(task) lacks what is there")
    }

    private func checkInputs(of task: Task) {
        let areThere = (inputs[task] ?? []).allSatisfy { current.contains($0.digest) }
        #expect(areThere, "seed \(seed): \(task) read what is not on record")
    }

    private mutating func note(_ batch: ResultBatch) {
        for result in batch.results.flatMap(\.singly) {
            #expect(batch.report != nil && result.outputs.isEmpty, "seed \(seed): \(batch)")
            note(result, of: batch)
            accounts[batch.campaign, default: Account()].superseded.add(result)
        }
    }

    private mutating func note(_ result: TaskResult, of batch: ResultBatch) {
        guard let report = batch.report else { return }
        let attempt = Attempt(worker: batch.worker, report: report, task: result.task)
        #expect(
            reported.insert(attempt).inserted, "seed \(seed): \(attempt) is on record twice")
    }

    // MARK: Campaigns

    private mutating func reopen(_ reopened: ReopenedCampaign) {
        sealed.remove(reopened.id)
        guard let campaign = campaigns[reopened.id] else { return }
        for part in reopened.tasks {
            guard let stage = Stage(name: part.stage, in: campaign) else { continue }
            for number in part.tasks.ranges.joined() {
                let task = Task(campaign: reopened.id, stage: stage, number: number)
                states[task] = nil
                inputs[task] = nil
                current.subtract((outputs.removeValue(forKey: task) ?? []).map(\.digest))
            }
        }
    }

    private mutating func check(_ seal: SealedCampaign) {
        #expect(sealed.insert(seal.id).inserted, "seed \(seed): sealed twice")
        #expect(seal.account == accounts[seal.id] ?? Account(), "seed \(seed)")
        for output in seal.outputs {
            #expect(current.contains(output.content.digest), "seed \(seed): \(output.name) is old")
        }
        for task in inputs.keys where task.campaign == seal.id { checkInputs(of: task) }
        for entry in seal.coverage { checkTiles(entry) }
        let isCovered = seal.coverage.allSatisfy { $0.isComplete }
        let hasFailed = states.contains { $0.key.campaign == seal.id && $0.value == .failed }
        switch seal.ending {
        case .complete:
            let isWhole = seal.outputs.allSatisfy { $0.missing.isEmpty }
            #expect(isCovered && isWhole && !hasFailed, "seed \(seed): complete with gaps")
        case .incomplete, .failed:
            // A step without tasks leaves nothing, and what reads that cannot run.
            let steps = campaigns[seal.id]?.steps.map(\.name) ?? []
            let hasEmptyStep = steps.contains { step in !seal.coverage.contains { $0.step == step }
            }
            #expect(hasFailed || hasEmptyStep, "seed \(seed): \(seal.ending) for no reason")
        case .cancelled: break
        }
    }

    /// What is there and what is not make up what should be, without overlap.
    private func checkTiles(_ entry: Coverage) {
        // Of nothing `all` still makes one task.
        if entry.declared.isEmpty { return }
        var all = entry.covered
        for gap in entry.gaps {
            #expect(!all.intersects(gap.range), "seed \(seed): \(entry.source) overlaps")
            all.insert(gap.range)
        }
        #expect(all == IntervalSet(entry.declared), "seed \(seed): \(entry)")
    }
}
