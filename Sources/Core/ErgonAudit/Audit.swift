package import ErgonModel

/// Judges a log by replaying it: every claim in it is derived again from what came before
/// (`docs/LOG.md`, "What an auditor checks"). Checksums, the Merkle tree and signatures are the
/// business of whoever reads the bytes.
package struct Audit {
    private let campaign: (Digest) -> Campaign?
    private var findings = Findings()
    private var nextSequence = 0
    private var epochs = Epochs()
    private var workers: [WorkerID: WorkerFacts] = [:]
    /// In ascending order of their numbers.
    private var campaigns: [CampaignID: CampaignAudit] = [:]
    /// Accepted, but without a manifest that could be read: nothing in them can be judged.
    private var unknownManifests: Set<CampaignID> = []
    private var lastCampaign = 0
    private var reports = RecentReports()
    private var policies = PolicyAudit()
    /// Whatever each worker has said of its custody.
    private var custodies: [WorkerID: Set<Custody>] = [:]
    private var signatures: SignatureAudit
    /// A reopening may be several records; it is judged once they are all in.
    private var reopening: CampaignID?
    private var repairs: [AuditReport.Repair] = []
    private var meters: [WorkerID: MeterAudit] = [:]

    /// - Parameters:
    ///   - campaign: the campaign whose canonical form has that digest, parsed and verified; `nil`
    ///     if there is none.
    ///   - statement: what a worker signed, by its digest; `nil` if it is not at hand.
    package init(
        statement: @escaping (Digest) -> [UInt8]? = { _ in nil },
        campaign: @escaping (Digest) -> Campaign?
    ) {
        self.campaign = campaign
        signatures = SignatureAudit(statement: statement)
    }

    /// The next record of the log.
    package mutating func add(_ record: Record, sequence: Int) {
        endReopening(before: record.event)
        endReport(before: record.event)
        findings.sequence = sequence
        if sequence != nextSequence {
            findings.add("record \(sequence) stands where record \(nextSequence) should")
        }
        nextSequence = sequence + 1
        if epochs.last == 0 {
            guard case .coordinatorStarted = record.event else {
                findings.add("the log does not begin with a coordinator's start")
                _ = epochs.start(1)
                return add(record)
            }
        }
        add(record)
    }

    private mutating func add(_ record: Record) {
        switch record.event {
        case .coordinatorStarted(let epoch, _):
            if let problem = epochs.start(epoch) { findings.add(problem) }
        case .workerJoined(let facts):
            workers[facts.worker] = facts
            custodies[facts.worker, default: []].insert(facts.custody)
            signatures.join(facts, &findings)
        case .campaignAccepted(let accepted): accept(accepted)
        case .resultsReused(let reused): reuse(reused)
        case .stageSized(let id, let stage, let count):
            update(id) { $0.setSize(stage, count, &$1) }
        case .results(let batch):
            check(batch)
            let custodies = custodies[batch.worker] ?? []
            update(batch.campaign) { campaign, findings in
                campaign.checkLeave(batch, custodies, &findings)
                campaign.add(batch, &findings)
            }
        case .superseded(let batch):
            check(batch)
            let custodies = custodies[batch.worker] ?? []
            update(batch.campaign) { campaign, findings in
                campaign.checkLeave(batch, custodies, &findings)
                campaign.addSuperseded(batch, &findings)
            }
        case .campaignHeld(let id, _, _): update(id) { $0.hold(&$1) }
        case .campaignReleased(let id, _): update(id) { $0.release(&$1) }
        case .campaignReopened(let reopened):
            reopening = reopened.id
            update(reopened.id) { $0.reopen(reopened, &$1) }
        case .campaignCancelled(let id, let by): update(id) { $0.cancel(by: by, &$1) }
        case .campaignSealed(let seal): update(seal.id) { $0.seal(seal, &$1) }
        case .campaignForgotten(let id, _): update(id) { $0.forget(&$1) }
        case .workerStands(let worker, _, _):
            if workers[worker] == nil {
                findings.add("the standing of worker \(worker), which never joined")
            }
        case .policyInForce(let policy):
            for problem in policies.put(policy) { findings.add(problem) }
        case .policyDecided(let recorded): decide(recorded)
        case .approved(let approval):
            let again = tasksRunAgain(of: approval.campaign)
            update(approval.campaign) { $0.add(approval, again: again, &$1) }
        case .planAdopted(let plan): check(plan)
        case .energyMetered(let energy): add(energy)
        case .logRepaired(let givenUp): repair(givenUp, at: record.time)
        }
    }

    private mutating func decide(_ recorded: RecordedDecision) {
        for problem in policies.add(recorded) { findings.add(problem) }
        guard recorded.decision.moment != .submission else { return }
        guard let id = recorded.campaign else {
            return findings.add("a decision on no campaign")
        }
        update(id) { $0.add(recorded, &$1) }
    }

    private func tasksRunAgain(of id: CampaignID) -> Int {
        let replays = campaigns.values.filter { $0.accepted.replay?.of == id }
        return replays.compactMap(\.doneAgain).reduce(into: [Stage: IntervalSet]()) {
            $0[$1.stage, default: IntervalSet()].formUnion($1.tasks)
        }.values.reduce(0) { $0 + $1.count }
    }

    private mutating func endReport(before event: RecordedEvent) {
        switch event {
        case .results, .superseded: break
        case .coordinatorStarted, .logRepaired: signatures.finish(isCut: true, &findings)
        case .workerJoined, .campaignAccepted, .resultsReused, .stageSized, .campaignHeld,
            .campaignReleased, .campaignReopened, .campaignCancelled, .campaignSealed,
            .campaignForgotten, .workerStands, .policyInForce, .policyDecided, .approved,
            .energyMetered, .planAdopted:
            signatures.finish(&findings)
        }
    }

    /// A plan that undercuts what it says none can is not what it says.
    private mutating func check(_ plan: AdoptedPlan) {
        for id in plan.campaigns where campaigns[id] == nil && !unknownManifests.contains(id) {
            findings.add("a plan of campaign \(id), which was never accepted")
        }
        if plan.cost < plan.bound {
            findings.add("a plan at \(plan.cost), whose bound is \(plan.bound)")
        }
    }

    private mutating func add(_ energy: MeteredEnergy) {
        let worker = energy.worker
        if workers[worker] == nil { findings.add("energy of worker \(worker), which never joined") }
        if let problem = meters[worker, default: MeterAudit()].add(energy.interval) {
            findings.add("energy of worker \(worker): \(problem)")
        }
        for share in energy.interval.shares { update(share.campaign) { $0.add(share, &$1) } }
    }

    private mutating func endReopening(before event: RecordedEvent) {
        guard let id = reopening else { return }
        if case .campaignReopened(let reopened) = event, reopened.id == id { return }
        reopening = nil
        if let index = campaigns.index(forKey: id) {
            campaigns.values[index].endReopening(&findings)
        }
    }

    private mutating func repair(_ givenUp: GivenUp, at time: Instant) {
        let sequence = nextSequence - 1
        if givenUp.records.lowerBound != sequence {
            findings.add("records were given up from \(givenUp.records.lowerBound) on")
        }
        epochs.giveUp(records: givenUp.records.count)
        guard repairs.count < Findings.limit else { return }
        repairs.append(AuditReport.Repair(sequence: sequence, time: time, givenUp: givenUp))
    }

    private mutating func accept(_ accepted: AcceptedCampaign) {
        let id = accepted.id
        if id.number != lastCampaign + 1 {
            findings.add("campaign \(id) follows campaign \(lastCampaign)")
        }
        lastCampaign = max(lastCampaign, id.number)
        guard campaigns[id] == nil, !unknownManifests.contains(id) else {
            return findings.add("campaign \(id) was accepted twice")
        }
        guard let spec = campaign(accepted.manifest) else {
            unknownManifests.insert(id)
            return findings.add("the manifest of campaign \(id) cannot be read")
        }
        if spec.name != accepted.name {
            findings.add("campaign \(id) is called \(accepted.name), its manifest \(spec.name)")
        }
        var earlier: CampaignAudit?
        if let replay = accepted.replay { earlier = replayed(replay) }
        campaigns[id] = CampaignAudit(accepted, spec, replaying: earlier)
        let oversight = oversight(of: accepted, replaying: earlier)
        campaigns[id]?.oversight = oversight
    }

    private mutating func oversight(
        of accepted: AcceptedCampaign, replaying earlier: CampaignAudit?
    ) -> OversightAudit? {
        guard accepted.replay == nil else {
            return earlier?.oversight?.asForReplay(by: accepted.by)
        }
        let decision = policies.decision(for: accepted, &findings)
        return decision.map { OversightAudit($0, of: accepted) }
    }

    private mutating func replayed(_ replay: Rerun) -> CampaignAudit? {
        guard let earlier = campaigns[replay.of], !earlier.isReplay,
            let stage = Stage(name: replay.stage, in: earlier.campaign),
            let done = earlier.stages[stage]?.done,
            replay.all.ranges.allSatisfy({ done.contains($0) })
        else {
            findings.add("tasks of campaign \(replay.of) are run again that it has not run")
            return nil
        }
        return earlier
    }

    private mutating func reuse(_ reused: ReusedResults) {
        guard let earlier = campaigns[reused.from], reused.from < reused.id else {
            return findings.add(
                "campaign \(reused.id) has results of campaign \(reused.from), which it cannot have"
            )
        }
        update(reused.id) { $0.reuse(reused, from: earlier, &$1) }
    }

    private mutating func check(_ batch: ResultBatch) {
        if workers[batch.worker] == nil {
            findings.add("results by worker \(batch.worker), which never joined")
        }
        if !epochs.mayHaveBegun(batch.lease.epoch) {
            findings.add("lease \(batch.lease) in epoch \(epochs.last)")
        }
        let spec = campaigns[batch.campaign]?.campaign
        signatures.add(
            batch, spec.flatMap { Stage(name: batch.stage, in: $0) }, &findings)
        claim(batch)
        if let task = reports.add(batch) {
            findings.add(
                "campaign \(batch.campaign): \(batch.stage): task \(task) stands twice in a report "
                    + "of worker \(batch.worker)")
        }
    }

    private mutating func claim(_ batch: ResultBatch) {
        guard batch.results.contains(where: { $0.meter != nil }),
            let excess = meters[batch.worker, default: MeterAudit()].claim(batch)
        else { return }
        findings.add(
            "campaign \(batch.campaign): \(batch.stage): results of worker \(batch.worker) have "
                + "\(excess) µJ that no meter told of")
    }

    private mutating func update(
        _ id: CampaignID, _ change: (inout CampaignAudit, inout Findings) -> Void
    ) {
        guard let index = campaigns.index(forKey: id) else {
            if !unknownManifests.contains(id) {
                findings.add("campaign \(id) was never accepted")
            }
            return
        }
        if campaigns.values[index].isForgotten {
            findings.add("campaign \(id) was forgotten before")
        }
        change(&campaigns.values[index], &findings)
    }

    /// What came out so far.
    package var report: AuditReport {
        var (findings, signatures) = (findings, signatures)
        signatures.finish(isCut: true, &findings)
        return AuditReport(
            findings: findings.all, omittedFindings: findings.omitted, records: nextSequence,
            epochs: epochs.last, workers: workers.values.sorted { $0.worker < $1.worker },
            campaigns: campaigns.values.sorted { $0.accepted.id < $1.accepted.id }.map(\.summary),
            meters: meters.mapValues(\.account), repairs: repairs,
            signatures: signatures.counts)
    }
}
