package import ErgonModel

/// What a query index keeps of a record, so that it is found again by what it is about. All of it
/// can be derived from the log again.
package enum IndexRow: Hashable, Sendable {
    package enum Subject: Int, Hashable, Sendable { case worker, person }
    package enum FileRole: Int, Hashable, Sendable { case input, model, program }

    /// The record is about that worker or person, or by them.
    case mention(Subject, String)
    /// It has results of these tasks.
    case work(CampaignID, stage: String, tasks: Range<Int>)
    /// The campaign reads that file, as part of the input or group of programs.
    case file(CampaignID, FileRole, group: String, name: String, Digest)
    /// What the campaign declares as `step.output` is made of that input, at whatever remove.
    case used(CampaignID, output: String, group: String)
    /// The campaign published it.
    case output(CampaignID, PublishedOutput)
}

/// - Parameter campaign: as for `Audit`.
package func indexRows(
    of event: RecordedEvent, campaign: (Digest) -> Campaign?
) -> [IndexRow] {
    switch event {
    case .coordinatorStarted, .stageSized, .resultsReused, .planAdopted,
        .policyInForce:
        []
    case .workerJoined(let facts): [.mention(.worker, facts.worker.name)]
    case .campaignAccepted(let accepted):
        [.mention(.person, accepted.by)]
            + (campaign(accepted.manifest).map { rows(of: $0, accepted.id) } ?? [])
    case .results(let batch), .superseded(let batch): rows(of: batch)
    case .campaignHeld(_, _, let by), .campaignReleased(_, let by),
        .campaignCancelled(_, let by), .campaignForgotten(_, let by):
        [.mention(.person, by)]
    case .campaignReopened(let reopened): [.mention(.person, reopened.by)]
    case .campaignSealed(let seal): seal.outputs.map { .output(seal.id, $0) }
    case .workerStands(let worker, _, let by):
        [.mention(.worker, worker.name), .mention(.person, by)]
    case .energyMetered(let energy): [.mention(.worker, energy.worker.name)]
    case .policyDecided(let recorded): [.mention(.person, recorded.by)]
    case .approved(let approval): [.mention(.person, approval.by)]
    case .logRepaired(let givenUp): [.mention(.person, givenUp.by)]
    }
}

private func rows(of batch: ResultBatch) -> [IndexRow] {
    var tasks = IntervalSet()
    for result in batch.results { tasks.insert(result.tasks) }
    return [.mention(.worker, batch.worker.name)]
        + tasks.ranges.map { .work(batch.campaign, stage: batch.stage, tasks: $0) }
}

private func rows(of campaign: Campaign, _ id: CampaignID) -> [IndexRow] {
    let inputs = campaign.inputs.flatMap { input in
        input.files.map { file in
            IndexRow.file(
                id, input.isModel ? .model : .input, group: input.name, name: file.name,
                file.digest)
        }
    }
    let programs = (campaign.code + (campaign.environment.python.map { [$0] } ?? [])).map {
        IndexRow.file(id, .program, group: "code", name: $0.name, $0.digest)
    }
    return inputs + programs + usedInputs(of: campaign, id)
}

/// Steps stand after those they read from.
private func usedInputs(of campaign: Campaign, _ id: CampaignID) -> [IndexRow] {
    var used: [String: Set<String>] = [:]
    for step in campaign.steps {
        let sources = (step.over.map { [$0] } ?? []) + step.with.map(\.source)
        used[step.name] = sources.reduce(into: campaign.code.isEmpty ? [] : ["code"]) {
            all, source in
            switch source {
            case .input(let name): all.insert(name)
            case .output(let earlier, _): all.formUnion(used[earlier] ?? [])
            }
        }
    }
    return campaign.steps.flatMap { step in
        step.outputs.flatMap { output in
            (used[step.name] ?? []).sorted().map {
                .used(id, output: "\(step.name).\(output.name)", group: $0)
            }
        }
    }
}
