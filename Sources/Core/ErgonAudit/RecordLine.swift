package import ErgonModel
import ErgonProvenance

/// The record as one readable line, for people; what peers named is quoted where it could mislead.
package func renderRecord(_ record: Record) -> String {
    "\(record.time.timestamp) \(text(record.event))"
}

/// Likewise what a repair gave up, by whose hand.
package func renderRepair(_ repair: AuditReport.Repair) -> String {
    "\(text(repair.givenUp)) were given up by \(quoted(repair.givenUp.by)) "
        + "at \(repair.time.timestamp)"
}

private func text(_ event: RecordedEvent) -> String {
    switch event {
    case .coordinatorStarted(let epoch, let version):
        "coordinator started: epoch \(epoch), version \(quoted(version))"
    case .workerJoined(let facts):
        "worker \(quoted(facts.worker.name)) joined: \(counted(facts.cpus, "cpu")), "
            + "\(facts.memory.bytes / 1_048_576) MiB, \(quoted(facts.cpuModel)), "
            + "\(facts.power.perThread.milliwatts) mW a thread "
            + "±\(facts.power.uncertaintyPercent) % "
            + "by \(quoted(facts.power.source))" + standing(at: facts.place)
            + (facts.platform.map { ", \(text($0))" } ?? "")
    case .campaignAccepted(let accepted):
        "campaign \(accepted.id) accepted: \(quoted(accepted.name)) by \(quoted(accepted.by)), "
            + "manifest \(accepted.manifest.hex)"
    case .stageSized(let id, let stage, let count):
        "campaign \(id): \(quoted(stage)) is split over \(counted(count, "line"))"
    case .results(let batch): text(batch, "result")
    case .superseded(let batch): text(batch, "superseded result")
    case .campaignHeld(let id, let reason, let by):
        "campaign \(id) held by \(quoted(by)): \(quoted(reason))"
    case .campaignReleased(let id, let by): "campaign \(id) released by \(quoted(by))"
    case .campaignReopened(let reopened): text(reopened)
    case .campaignCancelled(let id, let by): "campaign \(id) cancelled by \(quoted(by))"
    case .campaignSealed(let seal): text(seal)
    case .resultsReused(let reused):
        "campaign \(reused.id) has results of campaign \(reused.from): "
            + reused.tasks.map { "\($0.stage) \($0.tasks)" }.joined(separator: ", ")
    case .campaignForgotten(let id, let by): "campaign \(id) forgotten by \(quoted(by))"
    case .workerStands(let worker, let standing, let by):
        "worker \(quoted(worker.name)) \(text(standing)), by \(quoted(by))"
    case .policyInForce(let policy):
        policy.map { "campaigns are judged by policy \($0.hex)" } ?? "no policy is in force"
    case .policyDecided(let recorded): text(recorded)
    case .approved(let approval):
        "\(approval.matter.rawValue) of campaign \(approval.campaign) "
            + "\(approval.answer.rawValue) by \(quoted(approval.by))"
            + (approval.comment.isEmpty ? "" : ": \(quoted(approval.comment))")
    case .planAdopted(let plan): text(plan)
    case .energyMetered(let energy): text(energy)
    case .logRepaired(let givenUp):
        "log repaired by \(quoted(givenUp.by)): \(text(givenUp)) given up"
    }
}

private func text(_ plan: AdoptedPlan) -> String {
    let campaigns = plan.campaigns.map(\.description).joined(separator: ", ")
    return "plan \(plan.content.digest.hex) adopted for campaigns \(campaigns): "
        + "\(thousandths(plan.forecast.energy.microjoules)) J, "
        + "\(thousandths(plan.forecast.carbon.micrograms)) g CO2e, "
        + "\(thousandths(plan.forecast.money.millionths)) of money; "
        + "cost \(plan.cost), bound \(plan.bound)"
}

private func text(_ givenUp: GivenUp) -> String {
    "\(counted(givenUp.records.count, "record")) from \(givenUp.records.lowerBound) on "
        + "(\(counted(givenUp.bytes, "byte")))"
}

private func text(_ platform: WorkerPlatform) -> String {
    let python = platform.python.map { "Python \(quoted($0.version))" } ?? "no Python"
    return "\(quoted(platform.kernel)), \(python)"
}

private func text(_ recorded: RecordedDecision) -> String {
    let decision = recorded.decision
    let subject = recorded.campaign.map { "campaign \($0)" } ?? "a campaign"
    let custody = recorded.custody.map { ", workers \(quoted($0.text))" } ?? ""
    let gates = decision.findings.filter { $0.outcome != .passed }.map { finding in
        "; \(finding.gate.title) \(finding.outcome.rawValue): \(quoted(finding.reason))"
    }
    return "\(decision.moment.rawValue) of \(subject)\(custody) \(decision.verdict.rawValue) "
        + "for \(quoted(recorded.by)) by policy \(decision.policy.hex), "
        + "manifest \(decision.manifest.hex)" + gates.joined()
}

private func text(_ energy: MeteredEnergy) -> String {
    let interval = energy.interval
    let start = "worker \(quoted(energy.worker.name)) in \(thousandths(interval.length.count)) s: "
    switch interval.reading {
    case .dropped(let gap): return start + "energy unknown (\(gap.rawValue))"
    case .measured(let joules, let source):
        let shares = interval.shares.map { share in
            "; campaign \(share.campaign) \(quoted(share.stage)) "
                + "\(thousandths(share.dynamic.microjoules)) J and "
                + "\(thousandths(share.idle.microjoules)) J idle"
        }
        return start + "\(thousandths(joules.microjoules)) J by \(source.rawValue)"
            + shares.joined()
            + "; the site \(thousandths(interval.unallocated.microjoules)) J"
    }
}

private func text(_ reopened: ReopenedCampaign) -> String {
    let tasks = reopened.tasks.map { "\(quoted($0.stage)) \($0.tasks.taskText)" }
    return "campaign \(reopened.id) reopened by \(quoted(reopened.by)): "
        + tasks.joined(separator: "; ")
}

private func text(_ standing: Standing) -> String {
    switch standing {
    case .active: "is active"
    case .draining: "is draining"
    case .quarantined(let reason, nil): "is quarantined: \(quoted(reason))"
    case .quarantined(let reason, let until?):
        "is quarantined until \(until.timestamp): \(quoted(reason))"
    }
}

private func text(_ batch: ResultBatch, _ kind: String) -> String {
    var (tasks, totals, failures) = (IntervalSet(), Totals(), [String]())
    for result in batch.results {
        tasks.insert(result.tasks)
        totals.add(result)
        if case .failed(let failure, let isFinal) = result.outcome {
            failures.append(
                "\(result.task) \(quoted(failure.description))\(isFinal ? " for good" : "")")
        }
    }
    let failed = failures.isEmpty ? "" : "; failed: \(failures.joined(separator: ", "))"
    return
        "campaign \(batch.campaign): \(counted(batch.results.taskCount, kind)) of "
        + "\(quoted(batch.stage)) \(tasks.taskText) by \(quoted(batch.worker.name)) "
        + "under lease \(batch.lease), "
        + costs(totals.line) + failed
}

private func text(_ seal: SealedCampaign) -> String {
    let complete = seal.coverage.count(where: \.isComplete)
    let outputs = seal.outputs.map { output in
        let missing = output.missing.isEmpty ? "" : " without \(output.missing.taskText)"
        return "\(quoted(output.name)) \(output.content.digest.hex)\(missing)"
    }
    let wasted = [("failed", seal.account.failed), ("superseded", seal.account.superseded)]
        .filter { $0.1.attempts > 0 }.map { "; \($0): \(costs($1))" }.joined()
    return "campaign \(seal.id) sealed: \(seal.ending.rawValue), \(complete) of "
        + "\(counted(seal.coverage.count, "source")) covered, "
        + "\(counted(seal.account.succeeded.attempts, "task")), "
        + costs(seal.account.succeeded) + wasted
        + outputs.map { "; \($0)" }.joined()
}

private func costs(_ line: Account.Line) -> String {
    "\(thousandths(line.cpu.count)) s cpu, \(thousandths(line.energy.microjoules)) J"
        + (line.measured == .zero
            ? "" : " and measured \(thousandths(line.measured.microjoules)) J")
}

/// A millionth part of `count`, with three digits after the point, rounded down.
private func thousandths(_ count: Int64) -> String {
    let digits = String(count.magnitude / 1000)
    let padded = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    return (count < 0 ? "-" : "") + padded.dropLast(3) + "." + padded.suffix(3)
}

/// What peers named, in quotes unless it is plain, and with nothing in it that a terminal would
/// obey.
private func quoted(_ text: String) -> String {
    let isPlain = text.unicodeScalars.allSatisfy { scalar in
        scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
            || " -_./:=+()@".unicodeScalars.contains(scalar)
    }
    if isPlain, !text.isEmpty { return text }
    let shown = text.unicodeScalars.map { scalar -> String in
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate,
            .unassigned:
            "\\u{\(String(scalar.value, radix: 16))}"
        default: scalar == "\"" || scalar == "\\" ? "\\\(scalar)" : String(scalar)
        }
    }
    return "\"\(shown.joined())\""
}

private func standing(at place: WorkerPlace?) -> String {
    guard let place else { return "" }
    let kind = place.nodeClass.map { ", a node of class \(quoted($0))" } ?? ""
    return ", at site \(quoted(place.site))\(kind)"
}
