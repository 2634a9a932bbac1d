import ErgonCoordinator
import ErgonModel

/// Effects as a story shows them.
struct EffectText {
    private(set) var campaigns: [CampaignID: Campaign] = [:]
    private var names: [Digest: String] = [:]

    /// Remembers what the record brings that later effects name.
    mutating func note(_ record: Record) {
        switch record.event {
        case .campaignAccepted(let accepted):
            campaigns[accepted.id] = Fixture.submitted(with: accepted.manifest)?.0
        case .results(let batch), .superseded(let batch):
            guard let campaign = campaigns[batch.campaign],
                let stage = Stage(name: batch.stage, in: campaign)
            else { return }
            for result in batch.results {
                let names = outputNames(of: stage, in: campaign)
                for (name, file) in zip(names, result.outputs) {
                    self.names[file.digest] = "\(name):\(result.task)"
                }
            }
        case .coordinatorStarted, .workerJoined, .stageSized, .campaignHeld, .campaignReleased,
            .resultsReused, .campaignReopened, .campaignCancelled, .campaignSealed,
            .campaignForgotten, .workerStands, .policyInForce, .policyDecided, .approved,
            .energyMetered, .planAdopted, .logRepaired:
            break
        }
    }

    mutating func content(saying word: String) -> StoredFile {
        let file = ErgonCoordinatorTests.content(word)
        names[file.digest] = "`\(word)`"
        return file
    }

    func lines(_ effect: Coordinator.Effect) -> [String] {
        switch effect {
        case .record(let record): self.record(record.event)
        case .send(let worker, let order): ["to \(worker): \(self.order(order))"]
        case .reply(_, let reply): self.reply(reply)
        case .keepStatement(let report, let worker): ["keep what \(worker) signed: \(report.id)"]
        case .countLines(let id, let step, let file):
            ["count the lines of \(name(file)) for \(id) \(campaigns[id]?.steps[step].name ?? "?")"]
        case .plan(let work): ["plan campaigns \(work.campaigns.map(\.id))"]
        }
    }

    private func name(_ file: StoredFile) -> String { names[file.digest] ?? "?" }
    private func name(_ file: NamedFile) -> String { "\(file.name)=\(name(file.content))" }

    // MARK: Records

    private func record(_ event: RecordedEvent) -> [String] {
        switch event {
        case .coordinatorStarted(let epoch, _): ["record: epoch \(epoch)"]
        case .workerJoined(let facts):
            [
                "record: \(facts.worker) joined with cpus \(facts.cpus),"
                    + " memory \(facts.memory.bytes >> 30)"
            ]
        case .campaignAccepted(let accepted):
            ["record: campaign \(accepted.id) is \(accepted.name), by \(accepted.by)"]
        case .stageSized(let id, let stage, let count):
            ["record: \(id) \(stage) reads \(count) lines"]
        case .results(let batch):
            [
                "record: \(batch.worker) \(batch.lease), \(batch.campaign) \(batch.stage)"
                    + " \(outcomes(batch.results))"
            ]
        case .superseded(let batch):
            [
                "record: \(batch.worker) \(batch.lease), \(batch.campaign) \(batch.stage)"
                    + " \(outcomes(batch.results)), superseded"
            ]
        case .campaignHeld(let id, let reason, let by): ["record: \(id) held by \(by): \(reason)"]
        case .campaignReleased(let id, let by): ["record: \(id) released by \(by)"]
        case .campaignReopened(let reopened):
            ["record: \(reopened.id) reopened by \(reopened.by)"]
                + reopened.tasks.map { "  \($0.stage) \($0.tasks)" }
        case .campaignCancelled(let id, let by): ["record: \(id) cancelled by \(by)"]
        case .resultsReused(let reused):
            reused.tasks.map {
                "record: \(reused.id) has \($0.stage) \($0.tasks) of \(reused.from)"
            }
        case .campaignForgotten(let id, let by): ["record: \(id) forgotten by \(by)"]
        case .workerStands(let worker, let standing, let by):
            ["record: \(worker) \(text(standing)), by \(by)"]
        case .policyInForce(let policy): ["record: policy \(policy?.hex ?? "none")"]
        case .policyDecided(let recorded):
            ["record: \(recorded.decision.moment) \(recorded.decision.verdict)"]
        case .approved(let approval):
            ["record: \(approval.campaign) \(approval.answer), by \(approval.by)"]
        case .planAdopted(let plan): ["record: plan of \(plan.campaigns)"]
        case .energyMetered(let energy):
            ["record: energy of \(energy.worker): \(energy.interval.energy.microjoules) µJ"]
        case .logRepaired(let given): ["record: records \(given.records) given up"]
        case .campaignSealed(let seal):
            ["record: \(seal.id) sealed \(seal.ending.rawValue), \(account(seal.account))"]
                + seal.outputs.map(published) + seal.coverage.map(coverage)
        }
    }

    private func text(_ standing: Standing) -> String {
        guard case .quarantined(let reason, let until) = standing else { return standing.name }
        let end = until.map { " until \($0.microseconds / 1_000_000)s" } ?? ""
        return "quarantined\(end) (\(reason))"
    }

    /// `0-3,5 done; 4 failed (exit 3)`
    private func outcomes(_ results: [TaskResult]) -> String {
        var groups: [(text: String, tasks: IntervalSet)] = []
        for result in results {
            let text = outcome(result.outcome)
            if groups.last?.text != text { groups.append((text, IntervalSet())) }
            groups[groups.count - 1].tasks.insert(result.tasks)
        }
        return groups.map { "\($0.tasks) \($0.text)" }.joined(separator: "; ")
    }

    private func outcome(_ outcome: Outcome) -> String {
        switch outcome {
        case .succeeded: "done"
        case .failed(let failure, isFinal: false): "failed (\(failure.description))"
        case .failed(let failure, isFinal: true): "failed for good (\(failure.description))"
        }
    }

    private func account(_ account: Account) -> String {
        "\(account.succeeded.attempts) attempts and"
            + " \(account.succeeded.energy.microjoules / 1_000_000) J counted,"
            + " \(account.failed.attempts) and"
            + " \(account.failed.energy.microjoules / 1_000_000) J lost"
            + (account.superseded.attempts == 0
                ? ""
                : ", \(account.superseded.attempts) and"
                    + " \(account.superseded.energy.microjoules / 1_000_000) J superseded")
    }

    private func published(_ output: PublishedOutput) -> String {
        "  publish \(output.name): \(output.file)=\(name(output.content))"
            + (output.missing.isEmpty ? "" : ", without \(output.missing)")
    }

    private func coverage(_ entry: Coverage) -> String {
        let declared = IntervalSet(entry.declared)
        let head = "  \(entry.step) over \(entry.source): of \(entry.unit) \(list(declared))"
        guard !entry.isComplete else { return head + " all" }
        let gaps = entry.gaps.map { "\(list(IntervalSet($0.range))) (\($0.reason))" }
        return head + " only \(list(entry.covered)); " + gaps.joined(separator: ", ")
    }

    private func list(_ set: IntervalSet) -> String { set.isEmpty ? "none" : "\(set)" }

    // MARK: Orders

    private func order(_ order: WorkerOrder) -> String {
        switch order {
        case .welcome(let epoch): "welcome to epoch \(epoch)"
        case .lease(let lease): "lease \(self.lease(lease))"
        case .acknowledge(let reports): "acknowledge \(list(reports.map(name)))"
        case .withdraw(let ids): "withdraw \(list(ids))"
        case .withdrawTasks(let id, let tasks): "withdraw \(tasks) of \(id)"
        }
    }

    /// `3`, and `2:3` of a worker's second process.
    private func name(_ report: ReportID) -> String {
        (report.life == 1 ? "" : "\(report.life):") + "\(report.batch)"
    }

    private func list(_ items: [some CustomStringConvertible]) -> String {
        items.map { "\($0)" }.joined(separator: ", ")
    }

    private func lease(_ lease: Lease) -> String {
        let stage = campaigns[lease.campaign].map { lease.stage.name(in: $0) } ?? "?"
        var text = "\(lease.id), \(lease.campaign) \(stage) \(IntervalSet(lease.tasks))"
        if lease.isTop { text += " (top)" }
        if let memory = lease.memory { text += " with \(memory.bytes >> 20) MiB" }
        if let upstream = lease.upstream { text += " of \(upstream)" }
        let files = lease.taskFiles.map { $0.map(name).joined(separator: " ") }
        if !files.isEmpty { text += ": " + files.joined(separator: " | ") }
        if !lease.overFiles.isEmpty { text += " over " + list(lease.overFiles.map(name)) }
        for (key, file) in lease.with.sorted(by: { $0.key < $1.key }) {
            text += " with \(key): \(name(file))"
        }
        return text
    }

    // MARK: Answers

    private func reply(_ reply: Coordinator.Reply) -> [String] {
        switch reply {
        case .accepted(let id): ["reply: campaign \(id)"]
        case .ended(let ending): ["reply: \(ending.rawValue)"]
        case .unknownCampaign: ["reply: no such campaign"]
        case .unknownTask(let reason): ["reply: \(reason)"]
        case .refused(let reason): ["reply: refused: \(reason)"]
        case .sentence(let sentence): ["reply: \(sentence)"]
        case .explanation(let sentence, let troubles):
            ["reply: \(sentence)"]
                + troubles.enumerated().map { "  \($0 + 1): on \($1.worker), \($1.description)" }
        case .energy(let report):
            report.campaigns.map { campaign in
                "reply: \(campaign.id) has \(campaign.unclaimed.microjoules) µJ unreported"
            }
        case .openWork(let work):
            ["reply: \(work.campaigns.count) to plan for \(work.crews.count) classes of workers"]
        case .log(let file): ["reply: log \(file.map(name) ?? "none")"]
        case .status(let report):
            (report.trouble.map { ["reply: trouble: \($0)"] } ?? [])
                + report.campaigns.flatMap { campaign in
                    ["reply: \(campaign.id) \(state(campaign))"] + campaign.stages.map(stage)
                }
        case .results(let report):
            ["reply: \(report.ending?.rawValue ?? "runs")"] + report.published.map(published)
                + report.kept.map { "  keep \($0.name): \(name($0.file))" }
                + report.coverage.map(coverage)
                + report.failures.map { "  \($0.stage) \($0.task) failed: \($0.reason)" }
        case .workers(let workers):
            ["reply:"]
                + workers.map {
                    "  \($0.facts.worker) is \($0.isConnected ? "there" : "away"),"
                        + " holds \($0.leasedTasks), finished \($0.finishedTasks)"
                        + ($0.standing == .active ? "" : ", \(text($0.standing))")
                        + ($0.suspicion.map { ", but \($0)" } ?? "")
                }
        }
    }

    private func state(_ campaign: Coordinator.CampaignReport) -> String {
        campaign.ending?.rawValue ?? campaign.held.map { "is held: \($0)" } ?? "runs"
    }

    private func stage(_ stage: Coordinator.StageReport) -> String {
        "  \(stage.name): \(stage.tasks.map { "\($0)" } ?? "?") tasks, \(stage.done) done,"
            + " \(stage.failed) failed, \(stage.unreachable) unreachable, \(stage.leased) leased"
    }
}
