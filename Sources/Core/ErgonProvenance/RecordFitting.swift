package import ErgonModel

/// `event` as events whose records are at most `recordLimit` bytes: nearly always itself.
/// Texts of a peer's choosing are cut to `freeTextLimit`, and end with `…`; batches are split; the
/// seal of a campaign with very many gaps is condensed (`condensed(_:)`). What the coordinator
/// folds must be what comes back, so that a replay of the log leads to the same state.
/// - Precondition: names that come from a manifest or a certificate are at most 63 bytes long.
package func fitted(_ event: RecordedEvent) -> [RecordedEvent] {
    switch event {
    case .coordinatorStarted(let epoch, let version):
        return [.coordinatorStarted(epoch: epoch, version: shortened(version))]
    case .workerJoined(let facts): return [.workerJoined(fitted(facts))]
    case .results, .superseded:
        let record = Record(time: Instant(microseconds: 0), event: event)
        return entries(of: record, from: 0).map(\.record.event)
    case .campaignHeld(let campaign, let reason, let by):
        return [.campaignHeld(campaign, reason: shortened(reason), by: shortened(by))]
    case .campaignReleased(let campaign, let by):
        return [.campaignReleased(campaign, by: shortened(by))]
    case .campaignReopened(var reopened):
        reopened.by = shortened(reopened.by)
        return fitting(reopened.tasks) { tasks in
            var piece = reopened
            piece.tasks = tasks
            return .campaignReopened(piece)
        }
    case .resultsReused(let reused):
        return fitting(reused.tasks) { tasks in
            .resultsReused(ReusedResults(id: reused.id, from: reused.from, tasks: tasks))
        }
    case .campaignCancelled(let campaign, let by):
        return [.campaignCancelled(campaign, by: shortened(by))]
    case .campaignSealed(let seal): return [.campaignSealed(condensed(seal))]
    case .campaignForgotten(let campaign, let by):
        return [.campaignForgotten(campaign, by: shortened(by))]
    case .workerStands(let worker, .quarantined(let reason, let until), let by):
        let standing = Standing.quarantined(reason: shortened(reason), until: until)
        return [.workerStands(worker, standing, by: shortened(by))]
    case .workerStands(let worker, let standing, let by):
        return [.workerStands(worker, standing, by: shortened(by))]
    case .policyDecided(let recorded): return [.policyDecided(fitted(recorded))]
    case .approved(let approval): return [.approved(fitted(approval))]
    case .planAdopted(var plan):
        plan.signals = plan.signals.prefix(AdoptedPlan.mostSignals).map { shortened($0) }
        return [.planAdopted(plan)]
    case .logRepaired(var givenUp):
        givenUp.by = shortened(givenUp.by)
        return [.logRepaired(givenUp)]
    // Names are short, and shares are few.
    case .campaignAccepted, .stageSized, .policyInForce, .energyMetered: return [event]
    }
}

private func fitted(_ facts: WorkerFacts) -> WorkerFacts {
    var facts = facts
    facts.cpuModel = shortened(facts.cpuModel)
    facts.power.source = shortened(facts.power.source)
    facts.custody.jurisdiction = facts.custody.jurisdiction.map { shortened($0) }
    facts.platform = facts.platform.map { platform in
        var platform = platform
        platform.kernel = shortened(platform.kernel)
        platform.python = platform.python.map {
            WorkerPlatform.Python(version: shortened($0.version), packages: $0.packages)
        }
        return platform
    }
    facts.place = facts.place.map { place in
        WorkerPlace(
            site: shortened(place.site), nodeClass: place.nodeClass.map { shortened($0) })
    }
    return facts
}

/// Events of some of the tasks each, in their order; together they are the event of all.
private func fitting(
    _ tasks: [ReopenedCampaign.Tasks], _ event: ([ReopenedCampaign.Tasks]) -> RecordedEvent
) -> [RecordedEvent] {
    let parts = tasks.flatMap { entry in
        entry.tasks.ranges.map {
            ReopenedCampaign.Tasks(stage: entry.stage, tasks: IntervalSet($0))
        }
    }
    let whole = event(tasks)
    if parts.count < 2 || fits(whole) { return [whole] }
    return [parts[..<(parts.count / 2)], parts[(parts.count / 2)...]].flatMap { half in
        fitting(joined(half), event)
    }
}

/// Neighbours of one stage become one entry.
private func joined(_ parts: ArraySlice<ReopenedCampaign.Tasks>) -> [ReopenedCampaign.Tasks] {
    parts.reduce(into: []) { entries, part in
        if entries.last?.stage == part.stage {
            entries[entries.count - 1].tasks.formUnion(part.tasks)
        } else {
            entries.append(part)
        }
    }
}

/// Whether the record of `event` is at most `recordLimit` bytes, whatever its sequence number.
func fits(_ event: RecordedEvent) -> Bool {
    let record = Record(time: Instant(microseconds: 0), event: event)
    return encode(record, sequence: 1 << 53 - 1).count <= recordLimit
}
