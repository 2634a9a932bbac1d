package import ErgonModel
import ErgonProvenance

/// What a log says of one campaign: who asked for what, what ran where and when, what it cost and
/// what came of it. Exports are rendered from this and from nothing else.
package struct CampaignHistory: Sendable {
    package let accepted: AcceptedCampaign
    package let campaign: Campaign
    /// Which log, as its checkpoints have it.
    package let origin: String
    /// Of the coordinator that accepted it.
    package let version: String
    package let acceptance: LoggedRecord
    /// Stages of which something is on record.
    package private(set) var stages: [Stage: StageRun] = [:]
    /// Of those who did something for it, what they said of themselves when they joined last.
    package private(set) var workers: [WorkerID: WorkerFacts] = [:]
    /// Files that tasks left and no merge took together.
    package private(set) var kept: [KeptFile: StoredFile] = [:]
    /// Each attempt by itself; `nil` once there are more than `attemptLimit`.
    package private(set) var attempts: [Attempt]? = []
    /// How it ended, if it has.
    package private(set) var seal: (record: LoggedRecord, said: SealedCampaign)?

    /// So many attempts are told one by one; of more only the sums of each stage are.
    package static let attemptLimit = 256

    init(
        _ accepted: AcceptedCampaign, _ campaign: Campaign, origin: String, version: String,
        acceptance: LoggedRecord
    ) {
        self.accepted = accepted
        self.campaign = campaign
        self.origin = origin
        self.version = version
        self.acceptance = acceptance
    }

    /// Whose results are counted, or were superseded.
    mutating func add(_ batch: ResultBatch, by facts: WorkerFacts?, isSuperseded: Bool) {
        guard let stage = Stage(name: batch.stage, in: campaign) else { return }
        if let facts { workers[batch.worker] = facts }
        for result in batch.results {
            stages[stage, default: StageRun()].add(result, batch.worker, isSuperseded)
            if isSuperseded { continue }
            keep(result, of: stage)
            list(result, stage, batch.worker)
        }
    }

    private mutating func keep(_ result: TaskResult, of stage: Stage) {
        guard stage.part == .work, result.outputs.count == campaign.steps[stage.step].outputs.count
        else { return }
        for (position, output) in campaign.steps[stage.step].outputs.enumerated()
        where output.merge == nil {
            let file = KeptFile(step: stage.step, output: position, task: result.task)
            kept[file] = result.outputs[position]
        }
    }

    private mutating func list(_ result: TaskResult, _ stage: Stage, _ worker: WorkerID) {
        guard let count = attempts?.count, count + result.count <= Self.attemptLimit else {
            attempts = nil
            return
        }
        attempts? += result.singly.map { Attempt(stage: stage, worker: worker, result: $0) }
    }

    mutating func reopen(_ reopened: ReopenedCampaign) {
        seal = nil
        for open in reopened.tasks {
            guard let stage = Stage(name: open.stage, in: campaign), stage.part == .work else {
                continue
            }
            kept = kept.filter { file, _ in
                file.step != stage.step || !open.tasks.contains(file.task)
            }
        }
    }

    mutating func end(_ said: SealedCampaign, _ record: LoggedRecord) { seal = (record, said) }
}

/// A record by its place in the log.
package struct LoggedRecord: Hashable, Sendable {
    package var sequence: Int
    package var time: Instant
    /// SHA-256 of its bytes.
    package var digest: Digest
}

/// One file of one task.
package struct KeptFile: Hashable, Comparable, Sendable {
    package var step: Int
    /// Position in the step's outputs.
    package var output: Int
    package var task: Int

    package static func < (left: KeptFile, right: KeptFile) -> Bool {
        (left.step, left.output, left.task) < (right.step, right.output, right.task)
    }
}

/// What one task's attempt came to.
package struct Attempt: Hashable, Sendable {
    package var stage: Stage
    package var worker: WorkerID
    /// Of one task.
    package var result: TaskResult
}

/// What is on record of a stage's attempts, taken together.
package struct StageRun: Hashable, Sendable {
    /// By the clocks of the workers; an attempt that was lost has no times.
    package private(set) var started: Instant?
    package private(set) var ended: Instant?
    package private(set) var account = Account()
    package private(set) var workers: Set<WorkerID> = []
    /// How many failed for good, and why the first of them did.
    package private(set) var givenUp = 0
    package private(set) var firstFailure: String?

    fileprivate mutating func add(
        _ result: TaskResult, _ worker: WorkerID, _ isSuperseded: Bool
    ) {
        workers.insert(worker)
        if result.outcome != .failed(.workerLost, isFinal: false),
            result.outcome != .failed(.workerLost, isFinal: true)
        {
            let end = result.started + result.wall
            started = min(started ?? result.started, result.started)
            ended = max(ended ?? end, end)
        }
        if isSuperseded { return account.superseded.add(result) }
        account.add(result)
        if case .failed(let failure, isFinal: true) = result.outcome {
            givenUp += result.count
            firstFailure = firstFailure ?? "task \(result.task): \(failure.description)"
        }
    }
}

extension Account {
    /// Of all attempts, whatever became of them.
    package var energy: Joules { succeeded.energy + failed.energy + superseded.energy }
    package var cpu: Microseconds { succeeded.cpu + failed.cpu + superseded.cpu }
    package var attempts: Int { succeeded.attempts + failed.attempts + superseded.attempts }
}
