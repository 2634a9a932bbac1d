import ErgonModel

/// Why a task is where it is, in one sentence.
extension Coordinator {
    func explain(
        _ state: CampaignState, _ stage: StageState, _ task: Int, _ now: Instant
    ) -> String {
        let name = "\(state.campaign.name).\(stage.name).\(task)"
        if stage.done.contains(task) { return "\(name) is done" }
        if let reason = stage.reasons[task] {
            return "\(name) failed for good: \(reason.description)"
        }
        if stage.unreachable.contains(task) {
            return "\(name) will not run: something it reads failed for good"
        }
        if let seal = state.seal {
            return "\(name) did not run: the campaign is \(seal.ending.rawValue)"
        }
        let holders = leases.filter {
            $0.value.campaign == state.id && $0.value.stage == stage.stage
                && $0.value.remaining.contains(task)
        }.sorted { $0.key < $1.key }.map(\.value.worker)
        guard let holder = holders.first else {
            return "\(name) waits: " + wait(state, stage, task, now)
        }
        if holders.count > 1 {
            let names = holders.map(\.name).joined(separator: " and ")
            return "\(name) takes long, and is with workers \(names); the first result counts"
        }
        let isThere = workers[holder]?.isConnected == true
        return "\(name) is with worker \(holder)"
            + (isThere ? "" : ", which is away; others get it if it does not come back")
    }

    private func wait(
        _ state: CampaignState, _ stage: StageState, _ task: Int, _ now: Instant
    ) -> String {
        if let trouble { return trouble }
        if let held = state.held { return "the campaign is held: \(held)" }
        if let wait = state.wait { return wait }
        let entry = stage.again.entry(of: task)
        guard stage.ready.contains(task) || entry != nil else {
            return "its inputs are not there yet"
        }
        let connected = workers.values.filter(\.isConnected)
        if connected.isEmpty { return "no worker is connected" }
        if isSettling(state.id) {
            return "the coordinator has just started, and its workers may still hold it"
        }
        let attempt = (stage.setbacks[task]?.count ?? 0) + 1
        if let entry, !entry.isDue(now) {
            let last = stage.troubles[task]?.last { $0.kind.isFailure }
            return "attempt \(attempt) may start from \(entry.due.clockTime) UTC on; "
                + "the one before came to nothing: \(last?.description ?? "")"
        }
        let needs = state.campaign.resources(of: stage.stage)
        if let reason = lack(of: needs, in: connected, state) { return reason }
        if entry == nil, let reason = planReason(state, stage.stage, now) { return reason }
        let count = stage.ready.count + stage.again.count
        let busy =
            "all workers are busy; "
            + counted(count, "task of `\(stage.name)` is", "tasks of `\(stage.name)` are")
            + " ready"
        return entry == nil ? busy : "attempt \(attempt) could start, but \(busy)"
    }

    /// Why none of the connected workers will ever be given it, as things stand.
    private func lack(
        of needs: Resources, in connected: [WorkerState], _ state: CampaignState
    ) -> String? {
        guard connected.contains(where: { $0.facts.cpus >= needs.cpus }) else {
            return "no connected worker has \(counted(needs.cpus, "hardware thread"))"
        }
        let fitting = connected.filter { $0.facts.fits(needs) }.sorted {
            $0.facts.worker < $1.facts.worker
        }
        guard !fitting.isEmpty else {
            return "no connected worker has \(needs.memory.bytes >> 20) MiB of memory"
        }
        let reasons = fitting.compactMap { worker -> String? in
            let name = worker.facts.worker
            if !state.admits(worker.facts) {
                return "\(name) may not be given it (\(worker.facts.custody.text))"
            }
            if let reason = state.unfit[name] { return "\(name) cannot run it: \(reason)" }
            if worker.isLeaving { return "\(name) is about to go" }
            switch worker.standing {
            case .active: return nil
            case .draining: return "\(name) is draining"
            case .quarantined(let reason, _):
                return worker.isOnTrial ? nil : "\(name) is quarantined: \(reason)"
            }
        }
        return reasons.count < fitting.count ? nil : reasons.joined(separator: "; ")
    }
}

extension Instant {
    /// The next full second of the day, `09:05:12`.
    fileprivate var clockTime: String {
        let whole = (self + Microseconds(999_999)).microseconds / 1_000_000
        let second = Int((whole % 86_400 + 86_400) % 86_400)
        return [second / 3600, second / 60 % 60, second % 60].map { number in
            number < 10 ? "0\(number)" : "\(number)"
        }.joined(separator: ":")
    }
}
