package import ErgonModel

/// One task and everything that was left each time that it was run.
package struct Repetition: Hashable, Sendable {
    package struct Attempt: Hashable, Sendable {
        package var worker: WorkerID
        package var outputs: [StoredFile]

        package init(worker: WorkerID, outputs: [StoredFile]) {
            self.worker = worker
            self.outputs = outputs
        }
    }

    package var stage: String
    package var task: Int
    /// The one that counts first.
    package var attempts: [Attempt]

    package init(stage: String, task: Int, attempts: [Attempt]) {
        self.stage = stage
        self.task = task
        self.attempts = attempts
    }

    package var isBitwiseSame: Bool {
        attempts.allSatisfy { $0.outputs == attempts[0].outputs }
    }

    /// Attempts that left the same, together; the first of each group stands for it.
    package func groups(
        _ isAlike: (Attempt, Attempt) throws -> Bool
    ) rethrows -> [[Attempt]] {
        var groups: [[Attempt]] = []
        for attempt in attempts {
            var place: Int?
            for (number, group) in groups.enumerated() where place == nil {
                if try group[0].outputs == attempt.outputs || isAlike(group[0], attempt) {
                    place = number
                }
            }
            if let place { groups[place].append(attempt) } else { groups.append([attempt]) }
        }
        return groups
    }
}

/// Which workers are contradicted: by most of all the workers that ran the task, or by themselves.
/// Two that contradict each other accuse nobody: a third one has to run the task.
package func contradicted(in groups: [[Repetition.Attempt]]) -> [WorkerID] {
    guard groups.count > 1 else { return [] }
    let sides = groups.map { Set($0.map(\.worker)) }
    let all = sides.reduce(into: Set<WorkerID>()) { $0.formUnion($1) }
    let twofold = all.filter { worker in sides.count { $0.contains(worker) } > 1 }
    let majority = sides.first { $0.subtracting(twofold).count * 2 > all.count }
    let outvoted = majority.map { all.subtracting($0) } ?? []
    return twofold.union(outvoted).sorted()
}

/// Gathers from a log what became of some tasks of a campaign, and of the same ones where they were
/// run again.
package struct Repetitions: Sendable {
    private let campaign: CampaignID
    private let wanted: [String: IntervalSet]
    private var first: [String: [Int: Repetition.Attempt]] = [:]
    private var later: [String: [Int: [Repetition.Attempt]]] = [:]
    private var replays: Set<CampaignID> = []
    private let isMeant: @Sendable (CampaignID) -> Bool
    /// What all that counts in the campaign took, and what the replays did.
    package private(set) var energy = (campaign: Joules.zero, replays: Joules.zero)

    /// - Parameter isMeant: which of the replays of the campaign.
    package init(
        of campaign: CampaignID, wanted: [String: IntervalSet],
        isMeant: @escaping @Sendable (CampaignID) -> Bool
    ) {
        self.campaign = campaign
        self.wanted = wanted
        self.isMeant = isMeant
    }

    package mutating func add(_ event: RecordedEvent) {
        switch event {
        case .campaignAccepted(let accepted):
            if accepted.replay?.of == campaign, isMeant(accepted.id) { replays.insert(accepted.id) }
        case .results(let batch): add(batch)
        case .campaignReopened(let reopened):
            guard reopened.id == campaign else { return }
            for entry in reopened.tasks {
                first[entry.stage] = first[entry.stage]?.filter { !entry.tasks.contains($0.key) }
            }
        case .coordinatorStarted, .workerJoined, .resultsReused, .stageSized, .superseded,
            .campaignHeld, .campaignReleased, .campaignCancelled, .campaignSealed,
            .campaignForgotten, .workerStands, .policyInForce, .policyDecided, .approved,
            .energyMetered, .planAdopted, .logRepaired:
            break
        }
    }

    private mutating func add(_ batch: ResultBatch) {
        let isFirst = batch.campaign == campaign
        guard isFirst || replays.contains(batch.campaign) else { return }
        for result in batch.results {
            let spent = result.energy * result.count
            if isFirst { energy.campaign += spent } else { energy.replays += spent }
            guard result.outcome == .succeeded else { continue }
            for range in (wanted[batch.stage] ?? IntervalSet()).intersection(result.tasks).ranges {
                for task in range {
                    let attempt = Repetition.Attempt(
                        worker: batch.worker, outputs: result.outputs)
                    if isFirst {
                        first[batch.stage, default: [:]][task] = attempt
                    } else {
                        later[batch.stage, default: [:]][task, default: []].append(attempt)
                    }
                }
            }
        }
    }

    /// Those that were run again, in the order of stages and tasks.
    package var all: [Repetition] {
        later.sorted { $0.key < $1.key }.flatMap { stage, tasks in
            tasks.sorted { $0.key < $1.key }.compactMap { task, attempts in
                first[stage]?[task].map {
                    Repetition(stage: stage, task: task, attempts: [$0] + attempts)
                }
            }
        }
    }
}
