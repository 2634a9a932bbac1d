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
        case workerConnected(WorkerFacts, held: [HeldLease])
        case workerDisconnected(WorkerID)
        case report(WorkerID, WorkerReport)
        /// The worker cannot run the lease's campaign; nothing of it was started.
        case decline(WorkerID, LeaseID, reason: String)
        case submit(RequestID, Campaign, manifest: StoredFile, by: String)
        case cancel(RequestID, CampaignID, by: String)
        case ask(RequestID, Question)
        /// The answer to `countLines`.
        case linesCounted(CampaignID, step: Int, lines: Int)
        case tick
    }

    package enum Effect: Hashable, Sendable {
        /// Must be durable before any effect behind it is performed.
        case record(Record)
        case send(WorkerID, WorkerOrder)
        case reply(RequestID, Reply)
        /// Count the lines of this content, and say so by `linesCounted`.
        case countLines(CampaignID, step: Int, StoredFile)
    }

    /// How long a worker may be away before its leases go to others.
    package var grace: Microseconds
    package private(set) var epoch: Int
    var nextSerial = 0
    var campaigns: [CampaignID: CampaignState] = [:]
    var lastCampaign = 0
    /// Campaigns that have not ended, oldest first.
    private(set) var running: [CampaignID] = []
    var workers: [WorkerID: WorkerState] = [:]
    var leases: [LeaseID: LeaseState] = [:]
    /// After a start nothing is leased before then, unless every known worker has come back.
    var settlingUntil: Instant?

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
            accept(accepted, spec, size, at: record.time)
            return
        }
        try apply(record)
    }

    /// The records are all in; a new epoch begins.
    package mutating func start(version: String, now: Instant) -> [Effect] {
        var effects: [Effect] = []
        commit(.coordinatorStarted(epoch: epoch + 1, version: version), now, &effects)
        if !workers.isEmpty { settlingUntil = now + grace }
        seal(now, &effects)
        return effects + countLines()
    }

    // MARK: The only way in

    package mutating func handle(_ event: Event, now: Instant) -> [Effect] {
        var effects: [Effect] = []
        switch event {
        case .workerConnected(let facts, let held): connect(facts, held, now, &effects)
        case .workerDisconnected(let worker): disconnect(worker, now)
        case .report(let worker, let report): take(report, from: worker, now, &effects)
        case .decline(let worker, let lease, let reason):
            decline(lease, by: worker, reason, now, &effects)
        case .submit(let request, let campaign, let manifest, let by):
            submit(request, campaign, manifest, by, now, &effects)
        case .cancel(let request, let id, let by): cancel(request, id, by, now, &effects)
        case .ask(let request, let question): effects.append(.reply(request, answer(question)))
        case .linesCounted(let id, let step, let lines):
            setLines(id, step, lines, now, &effects)
        case .tick: expire(now)
        }
        if case .ask = event { return effects }
        seal(now, &effects)
        grantLeases(now, &effects)
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
        switch record.event {
        case .coordinatorStarted(let epoch, _):
            self.epoch = epoch
            nextSerial = 0
        case .workerJoined(let facts):
            workers[facts.worker, default: WorkerState(facts: facts)].facts = facts
        case .campaignAccepted: break
        case .stageSized(let id, let stage, let count):
            guard let step = campaigns[id]?.campaign.stepIndex(named: stage) else {
                throw ReplayFault(problem: "campaign \(id) has no stage `\(stage)`")
            }
            campaigns[id]?.setLines(count, of: step)
        case .results(let batch):
            guard let state = campaigns[batch.campaign],
                let stage = Stage(name: batch.stage, in: state.campaign)
            else {
                throw ReplayFault(
                    problem: "campaign \(batch.campaign) has no stage `\(batch.stage)`")
            }
            try campaigns[batch.campaign]?.apply(batch, to: stage)
            workers[batch.worker]?.finishedTasks += batch.results.count
        case .campaignCancelled(let id, let by): campaigns[id]?.cancelledBy = by
        case .campaignSealed(let seal):
            campaigns[seal.id]?.seal = seal
            campaigns[seal.id]?.sealedAt = record.time
            running.removeAll { $0 == seal.id }
        }
    }

    // MARK: Campaigns

    private mutating func submit(
        _ request: RequestID, _ campaign: Campaign, _ manifest: StoredFile, _ by: String,
        _ now: Instant, _ effects: inout [Effect]
    ) {
        let same = campaigns.values.first {
            $0.manifest.digest == manifest.digest && $0.seal == nil
        }
        if let same {
            effects.append(.reply(request, .accepted(same.id)))
            return
        }
        let accepted = AcceptedCampaign(
            id: CampaignID(lastCampaign + 1), name: campaign.name, manifest: manifest.digest, by: by
        )
        effects.append(.record(Record(time: now, event: .campaignAccepted(accepted))))
        accept(accepted, campaign, manifest.size, at: now)
        effects.append(.reply(request, .accepted(accepted.id)))
    }

    private mutating func accept(
        _ accepted: AcceptedCampaign, _ campaign: Campaign, _ size: ByteCount, at time: Instant
    ) {
        lastCampaign = accepted.id.number
        running.append(accepted.id)
        campaigns[accepted.id] = CampaignState(
            id: accepted.id, campaign: campaign,
            manifest: StoredFile(digest: accepted.manifest, size: size), by: accepted.by,
            accepted: time)
    }

    private mutating func cancel(
        _ request: RequestID, _ id: CampaignID, _ by: String, _ now: Instant,
        _ effects: inout [Effect]
    ) {
        guard let state = campaigns[id] else {
            effects.append(.reply(request, .unknownCampaign))
            return
        }
        if state.seal == nil {
            commit(.campaignCancelled(id, by: by), now, &effects)
            withdrawLeases(of: id, &effects)
            sealCampaign(id, now, &effects)
        }
        effects.append(.reply(request, .ended(campaigns[id]?.seal?.ending ?? .cancelled)))
    }

    private mutating func setLines(
        _ id: CampaignID, _ step: Int, _ lines: Int, _ now: Instant, _ effects: inout [Effect]
    ) {
        guard let state = campaigns[id], state.seal == nil, state.fileToCount(for: step) != nil
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

    private mutating func sealCampaign(
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
