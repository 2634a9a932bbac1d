import ErgonModel

/// Tasks that are run once more so that somebody can compare.
extension Coordinator {
    mutating func replay(
        _ request: RequestID, _ replay: Rerun, _ by: String, _ now: Instant,
        _ effects: inout [Effect]
    ) {
        guard let old = campaigns[replay.of] else {
            return effects.append(.reply(request, .unknownCampaign))
        }
        if let reason = trouble ?? old.objection(to: replay) {
            return effects.append(.reply(request, .refused(reason)))
        }
        let accepted = AcceptedCampaign(
            id: CampaignID(lastCampaign + 1), name: old.campaign.name,
            manifest: old.manifest.digest, by: by, replay: replay)
        effects.append(.record(Record(time: now, event: .campaignAccepted(accepted))))
        accept(accepted, old.campaign, old.manifest.size, at: now)
        effects.append(.reply(request, .accepted(accepted.id)))
    }
}

extension CampaignState {
    /// Why these tasks of it cannot be run once more.
    fileprivate func objection(to replay: Rerun) -> String? {
        let all = replay.all
        guard self.replay == nil else { return "campaign \(id) is a replay itself" }
        guard let stage = Stage(name: replay.stage, in: campaign), let state = stages[stage] else {
            return "campaign \(id) has no stage `\(replay.stage)`"
        }
        guard !all.isEmpty, all.count <= Rerun.mostTasks,
            all.count == replay.tasks.reduce(0, { $0 + $1.tasks.count })
        else { return "a replay has from 1 to \(Rerun.mostTasks) tasks, each once" }
        guard all.ranges.allSatisfy({ state.done.contains($0) }) else {
            return "not all of tasks \(all) of `\(replay.stage)` are done"
        }
        return nil
    }

    /// Everything stands as in the earlier campaign, but for the tasks that are run once more.
    mutating func prepare(_ replay: Rerun, of old: CampaignState) {
        self.replay = replay
        for (step, count) in old.lines.sorted(by: { $0.key < $1.key }) { setLines(count, of: step) }
        for stage in stages.keys.sorted() {
            let isReplayed = stage.name(in: campaign) == replay.stage
            let left = old.stages[stage]
            update(stage) { $0.stand(as: left, without: isReplayed ? replay.all : IntervalSet()) }
            guard isReplayed else { continue }
            let (step, memory) = (campaign.steps[stage.step], campaign.resources(of: stage).memory)
            update(stage) { $0.open(replay, step, memory: memory) }
        }
    }

    /// What came of the tasks that were run once more.
    func sealed(_ replay: Rerun) -> SealedCampaign {
        let (all, stage) = (replay.all, Stage(name: replay.stage, in: campaign))
        let done = all.intersection(stage.flatMap { stages[$0]?.done } ?? IntervalSet())
        let ending: SealedCampaign.Ending =
            cancelledBy != nil
            ? .cancelled : done == all ? .complete : done.isEmpty ? .failed : .incomplete
        return SealedCampaign(
            id: id, ending: ending, outputs: [], coverage: [], account: account)
    }
}

extension StageState {
    fileprivate mutating func stand(as left: StageState?, without open: IntervalSet) {
        (ready, again, leased) = (IntervalSet(), RetryQueue(), IntervalSet())
        done = left?.done.subtracting(open) ?? IntervalSet()
        failed = left?.failed ?? IntervalSet()
        reasons = left?.reasons ?? [:]
        if let left { outputs = left.outputs }
        unreachable = IntervalSet(0..<count)
        for decided in [done, failed, open] { unreachable.subtract(decided) }
        for task in open.ranges.joined() {
            for output in outputs.indices { outputs[output][task] = nil }
        }
    }

    fileprivate mutating func open(_ replay: Rerun, _ step: StepSpec, memory: ByteCount) {
        for tasks in replay.tasks {
            for task in tasks.tasks.ranges.joined() {
                doneBefore[task] = tasks.workers
                queue(task, at: nil, step, memory)
            }
        }
    }
}

extension Rerun {
    /// For whoever looks at all campaigns.
    var notice: String { "repeats \(counted(all.count, "task")) of campaign \(of)" }
}
