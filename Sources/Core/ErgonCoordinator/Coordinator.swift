package import ErgonModel

/// Which tasks are where, what is finished, and what must be on record for it: the whole
/// coordinator as a value. Everything durable in it is a fold over the records it has emitted.
package struct Coordinator: Sendable {
    /// Names one question of one caller; the reply carries it back.
    package struct RequestID: Hashable, Sendable {
        package var number: Int
        package init(_ number: Int) { self.number = number }
    }

    package enum Event: Sendable {
        /// - Parameter life: drawn by the worker's process when it started.
        case workerConnected(WorkerFacts, life: Int, held: [HeldLease])
        case workerDisconnected(WorkerID)
        case report(WorkerID, WorkerReport)
        /// Tasks of the lease that were not begun and will not be.
        case giveBack(WorkerID, LeaseID, IntervalSet)
        /// The worker ends what it runs, and goes.
        case leaving(WorkerID)
        /// The worker cannot run the lease's campaign; nothing of it was started.
        case decline(WorkerID, LeaseID, reason: String)
        /// - Parameters:
        ///   - reuse: whose results may stand for tasks of it that have the same keys.
        ///   - decision: of the policy in force; `nil` if there is none.
        case submit(
            RequestID, Campaign, manifest: StoredFile, by: String, reuse: CampaignID? = nil,
            decision: PolicyDecision? = nil)
        /// Run tasks once more.
        case replay(RequestID, Rerun, by: String)
        case intervene(RequestID, Intervention, by: String)
        case approve(RequestID, AnswerGiven, by: String)
        /// The answer to `countLines`.
        case linesCounted(CampaignID, step: Int, of: StoredFile, lines: Int)
        /// Forecasts or what tasks take have changed, or the last plan is old.
        case planWanted
        /// The answer to `plan`: what may start when, and that plan for the log; `nil` for the
        /// plan if there is nothing in it.
        case planned(Schedule, AdoptedPlan?)
        /// Nothing may be started and nothing new taken, and why; `nil` when all is well again.
        case trouble(String?)
        case tick
    }

    package enum Effect: Hashable, Sendable {
        /// Must be durable before any effect behind it is performed.
        case record(Record)
        case send(WorkerID, WorkerOrder)
        case reply(RequestID, Reply)
        /// Count the lines of this content, and say so by `linesCounted`.
        case countLines(CampaignID, step: Int, StoredFile)
        /// Keep what this report's worker signed: what is on record does not say all of it.
        case keepStatement(WorkerReport, of: WorkerID)
        /// Make a plan for this, and say so by `planned`.
        case plan(OpenWork)
    }

    /// How long a worker may be away before its leases go to others.
    package var grace: Microseconds
    package internal(set) var epoch: Int
    var nextSerial = 0
    var campaigns: [CampaignID: CampaignState] = [:]
    var lastCampaign = 0
    /// Campaigns that have not ended, oldest first.
    var running: [CampaignID] = []
    var workers: [WorkerID: WorkerState] = [:]
    var leases: [LeaseID: LeaseState] = [:]
    /// After a start nothing is leased before then, unless all come back that may hold leases.
    var settlingUntil: Instant?
    /// The last campaign that may have been leased before the start.
    var lastEarlierCampaign = CampaignID(0)
    /// Why nothing is started.
    var trouble: String?
    /// By which campaigns are judged when they come.
    var policy: Digest?
    /// On record for the campaign that is accepted next.
    var announced: RecordedDecision?
    /// `nil` if no plans are followed.
    var planning: Planning?

    package init(grace: Microseconds = .seconds(15)) {
        self.grace = grace
        epoch = 0
    }

    // MARK: Starting

    /// Takes in one record of an earlier start.
    /// - Parameter campaign: the campaign whose canonical form has that digest; `nil` if it is not
    ///   there, and throws if it cannot be had.
    package mutating func replay(
        _ record: Record, campaign: (Digest) throws(ReplayFault) -> (Campaign, size: ByteCount)?
    ) throws(ReplayFault) {
        if case .campaignAccepted(let accepted) = record.event {
            guard let (spec, size) = try campaign(accepted.manifest) else {
                throw ReplayFault(problem: "the manifest \(accepted.manifest) is not in the store")
            }
            if let earlier = accepted.replay?.of, campaigns[earlier] == nil {
                throw ReplayFault(problem: "campaign \(accepted.id) replays an unknown one")
            }
            accept(accepted, spec, size, at: record.time)
            return
        }
        try apply(record)
    }

    /// The records are all in; a new epoch begins.
    /// - Parameter policy: digest of the policy that is in force from now on.
    package mutating func start(
        version: String, policy: Digest? = nil, now: Instant
    ) -> [Effect] {
        var effects: [Effect] = []
        commit(.coordinatorStarted(epoch: epoch + 1, version: version), now, &effects)
        if policy != self.policy { commit(.policyInForce(policy), now, &effects) }
        if !mayComeBack(now).isEmpty { settlingUntil = now + grace }
        lastEarlierCampaign = CampaignID(lastCampaign)
        seal(now, &effects)
        askForPlan(now, &effects)
        return effects + countLines()
    }

    // MARK: The only way in

    package mutating func handle(_ event: Event, now: Instant) -> [Effect] {
        var effects: [Effect] = []
        switch event {
        case .workerConnected(let facts, let life, let held):
            connect(facts, life: life, held, now, &effects)
        case .workerDisconnected(let worker): disconnect(worker, now)
        case .report(let worker, let report): take(report, from: worker, now, &effects)
        case .giveBack(let worker, let lease, let tasks): giveBack(tasks, of: lease, by: worker)
        case .leaving(let worker): leave(worker)
        case .decline(let worker, let lease, let reason):
            decline(lease, by: worker, reason, now, &effects)
        case .submit(let request, let campaign, let manifest, let by, let earlier, let decision):
            submit(request, campaign, manifest, by, reuse: earlier, decision, now, &effects)
        case .approve(let request, let given, let by):
            let reply = approve(given, by, now, &effects)
            effects.append(.reply(request, reply))
        case .replay(let request, let tasks, let by):
            replay(request, tasks, by, now, &effects)
        case .intervene(let request, let intervention, let by):
            let reply = intervene(intervention, by, now, &effects)
            effects.append(.reply(request, reply))
        case .linesCounted(let id, let step, let file, let lines):
            setLines(id, step, file, lines, now, &effects)
        case .planWanted: break
        case .planned(let schedule, let plan): adopt(schedule, plan, now, &effects)
        case .trouble(let reason): trouble = reason
        case .tick:
            expire(now, &effects)
            beginTrials(now)
            if planning?.isBehind(now) == true { planning?.isDue = true }
        }
        seal(now, &effects)
        if changesWork(event) { planning?.isDue = true }
        askForPlan(now, &effects)
        grantLeases(now, &effects)
        if case .tick = event { copyStragglers(now, &effects) }
        return effects + countLines()
    }

    // MARK: What is on record

    /// Puts an event on record and takes it in: the state never runs ahead of the log.
    mutating func commit(_ event: RecordedEvent, _ now: Instant, _ effects: inout [Effect]) {
        let record = Record(time: now, event: event)
        effects.append(.record(record))
        do { try apply(record) } catch {
            preconditionFailure("our own record does not apply: \(error.problem)")
        }
    }

    private mutating func apply(_ record: Record) throws(ReplayFault) {
        let time = record.time
        switch record.event {
        case .coordinatorStarted(let epoch, _):
            self.epoch = epoch
            nextSerial = 0
            // What a crash kept alone is about nothing.
            announced = nil
        case .workerJoined(let facts): join(facts, at: time)
        case .campaignAccepted: break
        case .stageSized(let id, let stage, let count):
            guard let step = campaigns[id]?.campaign.stepIndex(named: stage) else {
                throw ReplayFault(problem: "campaign \(id) has no stage `\(stage)`")
            }
            campaigns[id]?.setLines(count, of: step)
        case .resultsReused(let reused): try apply(reused)
        case .results(let batch): try apply(batch, at: time)
        case .superseded(let batch): try note(batch, at: time)
        case .campaignHeld(let id, let reason, let by):
            try update(id) { state in
                state.held = reason
                state.isHeldForBudget = by == Self.budgetActor
            }
        case .campaignReleased(let id, _):
            try update(id) { state in
                state.held = nil
                state.mayPassBudget = state.mayPassBudget || state.isHeldForBudget
            }
        case .campaignReopened(let reopened): try apply(reopened)
        case .campaignCancelled(let id, let by): try update(id) { $0.cancelledBy = by }
        case .campaignSealed(let seal):
            try update(seal.id) { state in
                state.seal = seal
                state.sealedAt = time
            }
            running.removeAll { $0 == seal.id }
        case .campaignForgotten(let id, _): forget(id)
        case .workerStands(let worker, let standing, _): apply(standing, to: worker)
        case .policyInForce(let policy): self.policy = policy
        case .policyDecided(let recorded): apply(recorded)
        case .approved(let approval): apply(approval)
        case .energyMetered(let energy): try apply(energy, at: time)
        case .planAdopted, .logRepaired: break
        }
    }

    private mutating func update(
        _ id: CampaignID, _ change: (inout CampaignState) -> Void
    ) throws(ReplayFault) {
        guard let index = campaigns.index(forKey: id) else {
            throw ReplayFault(problem: "campaign \(id) was never accepted")
        }
        change(&campaigns.values[index])
    }

    private mutating func apply(_ batch: ResultBatch, at time: Instant) throws(ReplayFault) {
        let stage = try stage(of: batch)
        try campaigns[batch.campaign]?.apply(batch, to: stage, at: time)
        noteFortunes(batch, stage, at: time)
        var spent = Account()
        for place in batch.results.indices { spent.add(batch.results[place]) }
        charge(spent, for: batch, of: stage)
    }

    private mutating func note(_ batch: ResultBatch, at time: Instant) throws(ReplayFault) {
        let stage = try stage(of: batch)
        campaigns[batch.campaign]?.note(superseded: batch, of: stage)
        workers[batch.worker]?.note(batch, at: time)
        var spent = Account()
        for place in batch.results.indices { spent.superseded.add(batch.results[place]) }
        charge(spent, for: batch, of: stage)
    }

    private func stage(of batch: ResultBatch) throws(ReplayFault) -> Stage {
        guard let state = campaigns[batch.campaign],
            let stage = Stage(name: batch.stage, in: state.campaign)
        else {
            throw ReplayFault(problem: "campaign \(batch.campaign) has no stage `\(batch.stage)`")
        }
        return stage
    }

    // MARK: Campaigns

    private mutating func submit(
        _ request: RequestID, _ campaign: Campaign, _ manifest: StoredFile, _ by: String,
        reuse earlier: CampaignID?, _ decision: PolicyDecision?, _ now: Instant,
        _ effects: inout [Effect]
    ) {
        if let trouble {
            effects.append(.reply(request, .refused(trouble)))
            return
        }
        if let same = running.first(where: { id in
            campaigns[id]?.manifest.digest == manifest.digest && campaigns[id]?.replay == nil
        }) {
            effects.append(.reply(request, .accepted(same)))
            return
        }
        if let refusal = announce(decision, by: by, now, &effects) {
            effects.append(.reply(request, .refused(refusal)))
            return
        }
        let accepted = AcceptedCampaign(
            id: CampaignID(lastCampaign + 1), name: campaign.name, manifest: manifest.digest, by: by
        )
        effects.append(.record(Record(time: now, event: .campaignAccepted(accepted))))
        accept(accepted, campaign, manifest.size, at: now)
        if let earlier, campaigns[accepted.id]?.wait == nil {
            reuse(earlier, for: accepted.id, now, &effects)
        }
        effects.append(.reply(request, .accepted(accepted.id)))
    }

    mutating func accept(
        _ accepted: AcceptedCampaign, _ campaign: Campaign, _ size: ByteCount, at time: Instant
    ) {
        lastCampaign = accepted.id.number
        running.append(accepted.id)
        campaigns[accepted.id] = CampaignState(
            id: accepted.id, campaign: campaign,
            manifest: StoredFile(digest: accepted.manifest, size: size), by: accepted.by,
            accepted: time)
        let decision = announcedDecision(for: accepted)
        campaigns[accepted.id]?.oversight = decision.map { Oversight(decision: $0) }
        if let replay = accepted.replay, let old = campaigns[replay.of] {
            campaigns[accepted.id]?.oversight = old.oversight?.asForReplay()
            campaigns[accepted.id]?.prepare(replay, of: old)
        }
    }

    private mutating func setLines(
        _ id: CampaignID, _ step: Int, _ file: StoredFile, _ lines: Int, _ now: Instant,
        _ effects: inout [Effect]
    ) {
        guard let state = campaigns[id], state.seal == nil, state.fileToCount(for: step) == file
        else { return }
        let name = state.campaign.steps[step].name
        commit(.stageSized(id, stage: name, count: lines), now, &effects)
    }

    /// Outputs that a step is split over and that nobody has counted yet. Asking twice is harmless.
    private func countLines() -> [Effect] {
        running.flatMap { id -> [Effect] in
            guard let state = campaigns[id] else { return [] }
            return state.campaign.steps.indices.compactMap { step in
                state.fileToCount(for: step).map { .countLines(id, step: step, $0) }
            }
        }
    }

    private mutating func seal(_ now: Instant, _ effects: inout [Effect]) {
        let ended = running.filter { id in
            campaigns[id].map { $0.cancelledBy != nil || $0.isSettled } ?? false
        }
        for id in ended { sealCampaign(id, now, &effects) }
    }

    mutating func sealCampaign(
        _ id: CampaignID, _ now: Instant, _ effects: inout [Effect]
    ) {
        guard let state = campaigns[id] else { return }
        commit(.campaignSealed(state.sealed()), now, &effects)
    }
}

/// A log that does not fit itself: the coordinator does not start on it.
package struct ReplayFault: Error, Hashable, Sendable {
    package var problem: String

    package init(problem: String) { self.problem = problem }
}
