import ErgonCoordinator
import ErgonModel
import Testing

private let seeds = UInt64(1)...200

@Test("whatever goes wrong, every campaign ends and every task counts once", arguments: seeds)
func endsAndCountsOnce(seed: UInt64) throws {
    var chaos = Chaos(seed: seed)
    for step in 0..<150 {
        chaos.step()
        if step % 10 == 0 {
            try checkReplay(of: chaos, seed)
            checkLeases(of: chaos, seed)
        }
    }
    chaos.calm()
    try checkReplay(of: chaos, seed)
    #expect(!chaos.endings.isEmpty && !chaos.endings.values.contains(nil), "seed \(seed): no end")
    checkLog(of: chaos, seed)
}

@Test("the same seed has the same effects", arguments: UInt64(1)...50)
func sameEffects(seed: UInt64) {
    var (chaos, again) = (Chaos(seed: seed), Chaos(seed: seed))
    for _ in 0..<150 {
        chaos.step()
        again.step()
    }
    chaos.calm()
    again.calm()
    #expect(chaos.trace == again.trace, "seed \(seed)")
}

/// The log alone gives every answer that the living coordinator gives.
private func checkReplay(of chaos: Chaos, _ seed: UInt64) throws {
    let replayed = try chaos.replayed()
    for id in chaos.endings.keys.sorted() {
        #expect(replayed.answers(about: id) == chaos.coordinator.answers(about: id), "seed \(seed)")
    }
}

/// Of all leases ever granted at most one can still answer for a task, or two of which one is a
/// copy of that task alone for another worker: each is tried on a copy of the coordinator.
private func checkLeases(of chaos: Chaos, _ seed: UInt64) {
    var answering: [TaskName: [(worker: WorkerID, lease: Lease)]] = [:]
    for effect in chaos.trace {
        guard case .send(let worker, .lease(let lease)) = effect else { continue }
        for task in chaos.accepted(lease, from: worker) {
            let name = TaskName(campaign: lease.campaign, stage: lease.stage, task: task)
            answering[name, default: []].append((worker, lease))
        }
    }
    for (name, holders) in answering where holders.count > 1 {
        let isCopy =
            holders.count == 2 && holders[0].worker != holders[1].worker
            && holders[1].lease.tasks.count == 1
        #expect(isCopy, "seed \(seed): \(name) is in \(holders.count) leases")
    }
}

private struct TaskName: Hashable {
    var campaign: CampaignID
    var stage: Stage
    var task: Int
}

extension Chaos {
    /// The tasks of a lease for which its worker could still answer.
    fileprivate func accepted(_ lease: Lease, from worker: WorkerID) -> [Int] {
        var copy = coordinator
        let results = lease.tasks.map { task in
            TaskResult(
                task: task, outcome: .failed(.timeLimit, isFinal: false), outputs: [], log: nil,
                started: Instant(microseconds: 0), wall: .zero, cpu: .zero, energy: .zero)
        }
        let report = WorkerReport(
            id: ReportID(life: 0, batch: 1), lease: lease.id, campaign: lease.campaign,
            stage: lease.stage,
            results: results)
        let effects = copy.handle(.report(worker, report), now: Instant(microseconds: 0))
        guard case .record(let record) = effects.first, case .results(let batch) = record.event
        else { return [] }
        return batch.results.map(\.task)
    }
}

// MARK: What the log must say in the end

private func checkLog(of chaos: Chaos, _ seed: UInt64) {
    var ledger = Ledger()
    for record in chaos.log {
        switch record.event {
        case .campaignAccepted(let accepted):
            ledger.campaigns[accepted.id] = chaos.campaign(with: accepted.manifest)?.0
        case .results(let batch): ledger.take(batch, seed)
        case .campaignSealed(let seal): ledger.take(seal, seed)
        case .superseded(let batch): ledger.note(superseded: batch)
        case .coordinatorStarted, .workerJoined, .stageSized, .campaignHeld, .campaignReleased,
            .campaignReopened, .campaignCancelled, .workerStands, .logRepaired:
            break
        }
    }
}

/// What has been recorded of each task, checked as it comes.
private struct Ledger {
    var campaigns: [CampaignID: Campaign] = [:]
    private var states: [String: TaskState] = [:]
    private var attempts: Set<String> = []
    private var sealed: Set<CampaignID> = []
    private var accounts: [CampaignID: Account] = [:]

    mutating func take(_ batch: ResultBatch, _ seed: UInt64) {
        #expect(!sealed.contains(batch.campaign), "seed \(seed): a result after the seal")
        guard let campaign = campaigns[batch.campaign],
            let stage = Stage(name: batch.stage, in: campaign)
        else {
            Issue.record("seed \(seed): results of nothing")
            return
        }
        for result in batch.results {
            let name = "\(batch.campaign) \(batch.stage) \(result.task)"
            // That a worker was taken for lost is no answer of its.
            let isAnswer =
                if case .failed(.workerLost, _) = result.outcome { false } else { true }
            let isNew = !isAnswer || attempts.insert("\(name) \(batch.lease)").inserted
            #expect(isNew, "seed \(seed): \(name) is recorded twice under \(batch.lease)")
            let state = states[name] ?? .open(Setbacks())
            if case .failed(let failure, let isFinal) = result.outcome,
                case .open(let setbacks) = state
            {
                let isLast = campaign.steps[stage.step].retry.isLast(
                    failure, on: batch.worker, after: setbacks)
                #expect(isFinal == isLast, "seed \(seed): \(name) \(result.outcome) after \(state)")
            }
            do throws(IllegalTransition) {
                states[name] = try state.after(result.outcome, on: batch.worker)
            } catch {
                Issue.record("seed \(seed): \(name) \(error)")
            }
            accounts[batch.campaign, default: Account()].add(result)
        }
    }

    mutating func note(superseded batch: ResultBatch) {
        for result in batch.results {
            accounts[batch.campaign, default: Account()].superseded.add(result)
        }
    }

    mutating func take(_ seal: SealedCampaign, _ seed: UInt64) {
        #expect(sealed.insert(seal.id).inserted, "seed \(seed): sealed twice")
        #expect(seal.account == accounts[seal.id] ?? Account(), "seed \(seed)")
        for entry in seal.coverage { checkTiles(entry, seed) }
        let isCovered = seal.coverage.allSatisfy { $0.isComplete }
        let hasFailed = states.contains {
            $0.key.hasPrefix("\(seal.id) ") && $0.value == .failed
        }
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
    private func checkTiles(_ entry: Coverage, _ seed: UInt64) {
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
