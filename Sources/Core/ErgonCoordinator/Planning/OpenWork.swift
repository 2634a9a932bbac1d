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

        package init(id: CampaignID, campaign: Campaign, accepted: Instant, open: [Int?]) {
            self.id = id
            self.campaign = campaign
            self.accepted = accepted
            self.open = open
        }
    }

    /// Tasks of one kind that a worker has and that have not come to an end.
    package struct Held: Hashable, Sendable {
        package var campaign: String
        package var stage: String
        package var tasks: Int
        package var needs: Resources
        /// When it got them, or when one of them last came to an end.
        package var since: Instant

        package init(
            campaign: String, stage: String, tasks: Int, needs: Resources, since: Instant
        ) {
            self.campaign = campaign
            self.stage = stage
            self.tasks = tasks
            self.needs = needs
            self.since = since
        }
    }

    /// Workers of one class of nodes, those that may be given something.
    package struct Crew: Hashable, Sendable {
        package var place: WorkerPlace
        package var workers: Int
        /// Hardware threads of all of them.
        package var cpus: Int
        /// What the smallest of them has.
        package var memory: ByteCount
        /// What each worker holds that holds anything.
        package var held: [[Held]]

        package init(
            place: WorkerPlace, workers: Int, cpus: Int, memory: ByteCount, held: [[Held]] = []
        ) {
            self.place = place
            self.workers = workers
            self.cpus = cpus
            self.memory = memory
            self.held = held
        }
    }

    /// Oldest first.
    package var campaigns: [CampaignWork]
    /// Ascending by place.
    package var crews: [Crew]

    package init(campaigns: [CampaignWork], crews: [Crew]) {
        self.campaigns = campaigns
        self.crews = crews
    }
}

extension Coordinator {
    func openWork(_ now: Instant) -> OpenWork {
        OpenWork(campaigns: running.compactMap { campaigns[$0]?.openWork }, crews: crews(now))
    }

    private func crews(_ now: Instant) -> [OpenWork.Crew] {
        var crews: [WorkerPlace: OpenWork.Crew] = [:]
        for (_, there) in workers.sorted(by: { $0.key < $1.key })
        where there.mayTake(now) && !there.isOnTrial {
            guard let place = there.facts.place, place.nodeClass != nil else { continue }
            var crew =
                crews[place]
                ?? OpenWork.Crew(place: place, workers: 0, cpus: 0, memory: there.facts.memory)
            crew.workers += 1
            crew.cpus += there.facts.cpus
            crew.memory = min(crew.memory, there.facts.memory)
            let held = held(by: there)
            if !held.isEmpty { crew.held.append(held) }
            crews[place] = crew
        }
        return crews.values.sorted { $0.place < $1.place }
    }

    private func held(by worker: WorkerState) -> [OpenWork.Held] {
        worker.leases.sorted().compactMap { id in
            guard let lease = leases[id], let campaign = campaigns[lease.campaign]?.campaign,
                !lease.remaining.isEmpty
            else { return nil }
            return OpenWork.Held(
                campaign: campaign.name, stage: lease.stage.name(in: campaign),
                tasks: lease.remaining.count, needs: campaign.resources(of: lease.stage),
                since: lease.heard)
        }
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
