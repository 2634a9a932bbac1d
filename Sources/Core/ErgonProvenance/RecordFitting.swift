package import ErgonModel

/// `event` as events whose records are at most `recordLimit` bytes: nearly always itself.
/// Texts of a peer's choosing are cut to `freeTextLimit`, and end with `…`; batches are split; the
/// seal of a campaign with very many gaps is condensed (`condensed(_:)`). What the coordinator
/// folds must be what comes back, so that a replay of the log leads to the same state.
/// - Precondition: names that come from a manifest or a certificate are at most 63 bytes long.
package func fitted(_ event: RecordedEvent) -> [RecordedEvent] {
    switch event {
    case .coordinatorStarted(let epoch, let version):
        [.coordinatorStarted(epoch: epoch, version: shortened(version))]
    case .workerJoined(var facts):
        {
            facts.cpuModel = shortened(facts.cpuModel)
            facts.power.source = shortened(facts.power.source)
            return [.workerJoined(facts)]
        }()
    case .campaignCancelled(let campaign, let by):
        [.campaignCancelled(campaign, by: shortened(by))]
    case .results(let batch): split(batch).map { .results($0) }
    case .campaignSealed(let seal): [.campaignSealed(condensed(seal))]
    case .campaignAccepted, .stageSized: [event]
    }
}

/// The batch in pieces, in the same order, each of which makes a record of at most `recordLimit`
/// bytes. Reasons longer than `freeTextLimit` are cut.
/// - Precondition: a single result has at most 500 outputs.
package func split(_ batch: ResultBatch) -> [ResultBatch] {
    var whole = batch
    for place in whole.results.indices {
        whole.results[place].outcome = shortened(whole.results[place].outcome)
    }
    return halves(of: whole)
}

private func halves(of batch: ResultBatch) -> [ResultBatch] {
    let count = batch.results.count
    if count <= resultLimit, fits(.results(batch)) { return [batch] }
    precondition(count > 1, "task \(batch.results[0].task) alone is too long for a record")
    return [batch.results[..<(count / 2)], batch.results[(count / 2)...]].flatMap { half in
        var piece = batch
        piece.results = Array(half)
        return halves(of: piece)
    }
}

/// Whether the record of `event` is at most `recordLimit` bytes, whatever its sequence number.
func fits(_ event: RecordedEvent) -> Bool {
    let record = Record(time: Instant(microseconds: 0), event: event)
    return encode(record, sequence: 1 << 53 - 1).count <= recordLimit
}

private func shortened(_ outcome: Outcome) -> Outcome {
    switch outcome {
    case .failed(.missingOutput(let name), let isFinal):
        .failed(.missingOutput(shortened(name)), isFinal: isFinal)
    case .failed(.notStarted(let reason), let isFinal):
        .failed(.notStarted(shortened(reason)), isFinal: isFinal)
    case .succeeded, .failed: outcome
    }
}
