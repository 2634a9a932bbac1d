package import ErgonModel

/// Results of earlier campaigns that stand for tasks of a new one with the same keys
/// (`docs/REPRODUCIBILITY.md`).
extension Coordinator {
    /// So many earlier campaigns are looked at, the newest first.
    private static let mostLooked = 64

    /// What of `campaign` an earlier one has done: of the one that has done most.
    package func reusable(for campaign: Campaign) -> Reusable? {
        let fresh = CampaignState(
            id: CampaignID(0), campaign: campaign,
            manifest: StoredFile(digest: Digest(words: (0, 0, 0, 0)), size: ByteCount(0)), by: "",
            accepted: Instant(microseconds: 0))
        var best: (from: CampaignState, same: SameTasks)?
        for id in campaigns.keys.sorted(by: >).prefix(Self.mostLooked) {
            guard let earlier = campaigns[id], earlier.mayBeReused else { continue }
            let same = fresh.same(as: earlier)
            if same.count > best?.same.count ?? 0 { best = (earlier, same) }
        }
        return best.map { earlier, same in
            Reusable(
                from: earlier.id, tasks: same.count, files: earlier.files(of: same),
                last: CampaignID(lastCampaign))
        }
    }

    /// What could be taken over from an earlier campaign.
    package struct Reusable: Sendable {
        package var from: CampaignID
        package var tasks: Int
        package var files: [StoredFile]
        /// The last one that was accepted when that was so.
        package var last: CampaignID
    }

    /// Puts on record what of a new campaign need not be run.
    mutating func reuse(
        _ earlier: CampaignID, for id: CampaignID, _ now: Instant, _ effects: inout [Effect]
    ) {
        var taken: [Stage: IntervalSet] = [:]
        while let new = campaigns[id], let old = campaigns[earlier], old.mayBeReused {
            let same = new.same(as: old)
            let fresh = same.stages.filter { taken[$0.key] == nil }
            taken = same.stages
            if !fresh.isEmpty {
                commit(.resultsReused(new.reused(fresh, from: old)), now, &effects)
            }
            // Who knows the lines of a file need not count them.
            guard let step = campaigns[id]?.uncounted(beside: old, same) else { return }
            commit(.stageSized(id, stage: step.name, count: step.lines), now, &effects)
        }
    }

    /// Takes in what is on record of that.
    mutating func apply(_ reused: ReusedResults) throws(ReplayFault) {
        guard let old = campaigns[reused.from], campaigns[reused.id] != nil else {
            throw ReplayFault(problem: "campaign \(reused.id) has results of an unknown one")
        }
        for entry in reused.tasks {
            guard let stage = Stage(name: entry.stage, in: old.campaign),
                let left = old.stages[stage],
                try campaigns[reused.id]?.take(entry, from: left) == true
            else {
                throw ReplayFault(
                    problem: "`\(entry.stage)` of campaign \(reused.from) is not what "
                        + "campaign \(reused.id) has of it")
            }
        }
    }
}

extension CampaignState {
    /// Outputs that are not handed out are none of another campaign's either.
    fileprivate var mayBeReused: Bool { replay == nil && oversight?.withheld == nil }

    fileprivate func same(as old: CampaignState) -> SameTasks {
        SameTasks(of: side, and: old.side) { old.stages[$0]?.done ?? IntervalSet() }
    }

    private var side: SameTasks.Side {
        let upstreams = campaign.steps.indices.map { upstream(of: $0) }
        return SameTasks.Side(campaign) { upstreams[$0] }
    }

    fileprivate func files(of same: SameTasks) -> [StoredFile] {
        same.stages.keys.sorted().flatMap { stage -> [StoredFile] in
            guard let tasks = same.stages[stage],
                let left = same.counterpart(of: stage).flatMap({ stages[$0] })
            else { return [] }
            return left.outputs.flatMap { table in
                tasks.ranges.joined().compactMap { table[$0] }
            }
        }
    }

    fileprivate func reused(
        _ same: [Stage: IntervalSet], from old: CampaignState
    ) -> ReusedResults {
        ReusedResults(
            id: id, from: old.id,
            tasks: same.sorted { $0.key < $1.key }.map {
                ReopenedCampaign.Tasks(stage: $0.key.name(in: campaign), tasks: $0.value)
            })
    }

    /// A step whose number of tasks is not known yet, though the file that it goes by is.
    fileprivate func uncounted(
        beside old: CampaignState, _ same: SameTasks
    ) -> (name: String, lines: Int)? {
        for (step, spec) in campaign.steps.enumerated() {
            guard fileToCount(for: step) != nil, let source = spec.over,
                same.isWhollySame(source),
                let other = old.campaign.stepIndex(named: spec.name),
                old.campaign.steps[other].over == source, let lines = old.lines[other]
            else { continue }
            return (spec.name, lines)
        }
        return nil
    }

    /// - Returns: false if they are none of ours, or not theirs to give.
    fileprivate mutating func take(
        _ entry: ReopenedCampaign.Tasks, from left: StageState
    ) throws(ReplayFault) -> Bool {
        guard let stage = Stage(name: entry.stage, in: campaign), let state = stages[stage],
            state.outputs.count == left.outputs.count
        else { return false }
        for range in entry.tasks.ranges {
            guard range.upperBound <= state.count, state.isOpen(range), left.done.contains(range)
            else { return false }
        }
        update(stage) { $0.take(entry.tasks, from: left) }
        for range in entry.tasks.ranges { settle(stage, range) }
        return true
    }
}

extension StageState {
    fileprivate mutating func take(_ tasks: IntervalSet, from left: StageState) {
        for range in tasks.ranges {
            ready.remove(range)
            done.insert(range)
        }
        for output in outputs.indices {
            for task in tasks.ranges.joined() { outputs[output][task] = left.outputs[output][task] }
        }
    }
}
