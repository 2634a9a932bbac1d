package import ErgonModel

/// All that there is to plan, and who could do it: what a planner is given.
package struct OpenWork: Hashable, Sendable {
    package struct CampaignWork: Hashable, Sendable {
        package var id: CampaignID
        package var campaign: Campaign
        package var accepted: Instant
        /// For each step, its tasks that nobody has, whether they can run yet or not; `nil` if
        /// nobody knows how many there are.
        package var open: [Int?]
    }

    /// Workers of one class of nodes, those that may be given something.
    package struct Crew: Hashable, Sendable {
        package var place: WorkerPlace
        package var workers: Int
        /// Hardware threads of all of them.
        package var cpus: Int
        /// What the smallest of them has.
        package var memory: ByteCount
    }

    /// Oldest first.
    package var campaigns: [CampaignWork]
    /// Ascending by place.
    package var crews: [Crew]
}

extension Coordinator {
    func openWork(_ now: Instant) -> OpenWork {
        OpenWork(campaigns: running.compactMap { campaigns[$0]?.openWork }, crews: crews(now))
    }

    private func crews(_ now: Instant) -> [OpenWork.Crew] {
        var crews: [WorkerPlace: OpenWork.Crew] = [:]
        for there in workers.values where there.mayTake(now) && !there.isOnTrial {
            guard let place = there.facts.place, place.nodeClass != nil else { continue }
            var crew =
                crews[place]
                ?? OpenWork.Crew(place: place, workers: 0, cpus: 0, memory: there.facts.memory)
            crew.workers += 1
            crew.cpus += there.facts.cpus
            crew.memory = min(crew.memory, there.facts.memory)
            crews[place] = crew
        }
        return crews.values.sorted { $0.place < $1.place }
    }
}

extension CampaignState {
    /// `nil` if there is nothing in it to plan.
    fileprivate var openWork: OpenWork.CampaignWork? {
        guard campaign.goals.isPlanned, seal == nil, wait == nil else { return nil }
        let open = campaign.steps.indices.map { stages[Stage(step: $0, part: .work)]?.openTasks }
        guard open.contains(where: { $0 ?? 0 > 0 }) else { return nil }
        return OpenWork.CampaignWork(
            id: id, campaign: campaign, accepted: accepted, open: open)
    }
}

extension StageState {
    /// Tasks that have not come to an end and that nobody has.
    var openTasks: Int {
        count - done.count - failed.count - unreachable.count - leased.count - again.count
    }
}
