import ErgonModel

/// What workers report, and what of it counts.
extension Coordinator {
    /// Only a lease in force may answer: a worker back from the dead must not win. What does not
    /// count is on record by what it cost, once.
    mutating func take(
        _ report: WorkerReport, from worker: WorkerID, _ now: Instant, _ effects: inout [Effect]
    ) {
        record(report.metered, from: worker, now, &effects)
        let known = workers[worker]?.tasks(onRecord: report) ?? IntervalSet()
        var fresh = report
        // That a worker was lost, it cannot say itself.
        fresh.results.removeAll { $0.isLoss }
        if !known.isEmpty { fresh.results = fresh.results.flatMap { $0.without(known) } }
        fresh.results = covered(fresh, from: worker)
        var counted: [TaskResult] = []
        if let lease = leases[report.lease], lease.worker == worker,
            lease.campaign == report.campaign, lease.stage == report.stage
        {
            leases[report.lease]?.heard = now
            let stopped = fresh.stopped
            if !stopped.isEmpty { giveBack(stopped, of: report.lease, by: worker) }
            counted = record(fresh.results, of: report.lease, report: report, now, &effects)
            // What was answered for before and did not count then will not now.
            giveBack(known, of: report.lease, by: worker)
        }
        supersede(fresh, except: counted, worker, now, &effects)
        // What is not all on record as it was said is kept as it was said.
        if report.signature?.isAltered == false, !report.isSaid(by: counted) {
            effects.append(.keepStatement(report, of: worker))
        }
        if leases[report.lease]?.worker == worker, leases[report.lease]?.remaining.isEmpty == true {
            end(report.lease)
        }
        watchBudget(of: report.campaign, now, &effects)
        effects.append(.send(worker, .acknowledge([report.id])))
    }

    /// Puts on record what of `results` may count.
    /// - Returns: that.
    @discardableResult
    mutating func record(
        _ results: [TaskResult], of id: LeaseID, report: WorkerReport?, _ now: Instant,
        _ effects: inout [Effect]
    ) -> [TaskResult] {
        guard let lease = leases[id], let state = campaigns[lease.campaign] else { return [] }
        let accepted = acceptable(results, lease, state)
        guard !accepted.isEmpty else { return [] }
        leases[id]?.remaining.subtract(accepted.tasks)
        let copied = state.stage(lease.stage)?.copied ?? IntervalSet()
        let batch = ResultBatch(
            campaign: lease.campaign, stage: lease.stage.name(in: state.campaign),
            worker: lease.worker, lease: id, report: report?.id,
            signature: report?.signature(of: accepted), results: accepted)
        commit(.results(batch), now, &effects)
        let ofTwo = copied.isEmpty ? [] : accepted.flatMap { $0.within(copied) }
        if !ofTwo.isEmpty { settleCopies(ofTwo, of: id, lease, &effects) }
        if report != nil {
            let hasFailures = accepted.contains { $0.outcome != .succeeded }
            judge(lease.worker, hasFailures: hasFailures, now, &effects)
        }
        return accepted
    }

    /// Of tasks that two workers had: what has ended is taken from the other, what has failed and
    /// may start again is the other's alone.
    private mutating func settleCopies(
        _ results: [TaskResult], of id: LeaseID, _ lease: LeaseState, _ effects: inout [Effect]
    ) {
        var ended = IntervalSet()
        for result in results {
            if case .failed(_, isFinal: false) = result.outcome {
                campaigns[lease.campaign]?.update(lease.stage) { stage in
                    stage.again.remove(result.task)
                    stage.leased.insert(result.tasks)
                    stage.copied.remove(result.tasks)
                }
            } else {
                ended.insert(result.tasks)
            }
        }
        stopCopies(of: ended, not: id, &effects)
    }

    private func acceptable(
        _ results: [TaskResult], _ lease: LeaseState, _ state: CampaignState
    ) -> [TaskResult] {
        guard state.seal == nil, let stage = state.stage(lease.stage) else { return [] }
        let retry = state.campaign.steps[lease.stage.step].retry
        var (open, accepted) = (lease.remaining, [TaskResult]())
        accepted.reserveCapacity(results.count)
        for result in results.inOrder where !result.isStopped {
            for part in result.parts(in: open, areSingle: !stage.outputs.isEmpty) {
                open.remove(part.tasks)
                accepted.join(judged(part, stage, retry, on: lease.worker))
            }
        }
        return accepted
    }

    /// Says whether a failure is the task's last; a success that does not leave what the stage
    /// leaves is a failure.
    private func judged(
        _ result: TaskResult, _ stage: StageState, _ retry: RetrySpec, on worker: WorkerID
    ) -> TaskResult {
        let (came, expected) = (result.outputs.count, stage.outputs.count)
        let failure: Failure
        switch result.outcome {
        case .succeeded where came == expected: return result
        case .succeeded: failure = .missingOutput("of \(stage.name): \(came) came for \(expected)")
        case .failed(let reason, _): failure = reason
        }
        var result = result
        let earlier = stage.setbacks[result.task] ?? Setbacks()
        result.outcome = .failed(
            failure, isFinal: retry.isLast(failure, on: worker, after: earlier))
        result.outputs = []
        return result
    }

    // MARK: What does not count

    private mutating func supersede(
        _ report: WorkerReport, except counted: [TaskResult], _ worker: WorkerID, _ now: Instant,
        _ effects: inout [Effect]
    ) {
        guard let state = campaigns[report.campaign], let count = state.mostTasks(of: report.stage)
        else { return }
        if counted.taskCount == report.results.taskCount { return }
        var open = IntervalSet(0..<count)
        open.subtract(counted.tasks)
        var rest: [TaskResult] = []
        for result in report.results.inOrder {
            for part in result.parts(in: open) {
                open.remove(part.tasks)
                rest.join(part.superseded)
            }
        }
        guard !rest.isEmpty else { return }
        let batch = ResultBatch(
            campaign: report.campaign, stage: report.stage.name(in: state.campaign),
            worker: worker, lease: report.lease, report: report.id,
            signature: report.signature(of: []), results: rest)
        commit(.superseded(batch), now, &effects)
    }
}

extension WorkerReport {
    /// What its worker stopped of its own accord is for others to do.
    fileprivate var stopped: IntervalSet { results.filter { $0.isStopped }.tasks }

    /// What is kept of its signature beside `recorded`.
    fileprivate func signature(of recorded: [TaskResult]) -> BatchSignature? {
        signature.map { signed in
            BatchSignature(
                bytes: signed.bytes, statement: isSaid(by: recorded) ? nil : signed.statement)
        }
    }

    /// Whether what was signed can be told from `recorded`, which came of its results: none is
    /// missing, none that succeeded is said to have failed, and none has less energy.
    fileprivate func isSaid(by recorded: [TaskResult]) -> Bool {
        signature?.isAltered == false && recorded.taskCount == results.taskCount
            && recorded.successCount == results.successCount
            && recorded.energy == results.energy
    }
}

extension [TaskResult] {
    fileprivate var energy: Joules {
        indices.reduce(.zero) { $0 + self[$1].energy * self[$1].count }
    }

    fileprivate var successCount: Int {
        indices.reduce(0) { $0 + (self[$1].outcome == .succeeded ? self[$1].count : 0) }
    }

    /// By their first tasks, as they nearly always come.
    fileprivate var inOrder: [TaskResult] {
        let isSorted = indices.dropLast().allSatisfy { self[$0].task <= self[$0 + 1].task }
        return isSorted ? self : sorted { $0.task < $1.task }
    }
}

extension TaskResult {
    /// The same, of those of its tasks that are open, run by run or task by task.
    fileprivate func parts(in open: IntervalSet, areSingle: Bool = false) -> [TaskResult] {
        if count == 1 { return open.contains(task) ? [self] : [] }
        let parts = within(open)
        return areSingle ? parts.flatMap(\.singly) : parts
    }

    fileprivate var isStopped: Bool {
        if case .failed(.stopped, _) = outcome { true } else { false }
    }

    fileprivate var isLoss: Bool {
        if case .failed(.workerLost, _) = outcome { true } else { false }
    }

    /// The same, where it changes nothing but what was spent.
    fileprivate var superseded: TaskResult {
        var result = self
        result.outputs = []
        if case .failed(let failure, _) = outcome {
            result.outcome = .failed(failure, isFinal: false)
        }
        return result
    }
}
