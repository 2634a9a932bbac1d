package import ErgonModel

/// One entry of the log: what it says, and the bytes that say it.
package struct LogEntry: Sendable {
    package var record: Record
    package var bytes: [UInt8]
}

/// What goes into the log for `record`, from that sequence number on: nearly always one entry, else
/// those of `fitted(_:)`. Most of a log are batches, and none is encoded more often than it must.
package func entries(of record: Record, from sequence: Int) -> [LogEntry] {
    var entries: [LogEntry] = []
    switch record.event {
    case .results(let batch):
        append(shortened(batch), record.time, sequence, &entries) { .results($0) }
    case .superseded(let batch):
        append(shortened(batch), record.time, sequence, &entries) { .superseded($0) }
    case .coordinatorStarted, .workerJoined, .campaignAccepted, .resultsReused, .stageSized,
        .campaignHeld,
        .campaignReleased, .campaignReopened, .campaignCancelled, .campaignSealed,
        .campaignForgotten, .workerStands, .policyInForce, .policyDecided, .approved,
        .energyMetered, .planAdopted, .logRepaired:
        for event in fitted(record.event) {
            let piece = Record(time: record.time, event: event)
            let bytes = encode(piece, sequence: sequence + entries.count)
            entries.append(LogEntry(record: piece, bytes: bytes))
        }
    }
    return entries
}

/// The batch in pieces of the same report, in the same order, each of which makes a record of at
/// most `recordLimit` bytes, whatever its sequence number.
/// - Precondition: a single result has at most 500 outputs.
private func append(
    _ batch: ResultBatch, _ time: Instant, _ sequence: Int, _ entries: inout [LogEntry],
    as event: (ResultBatch) -> RecordedEvent
) {
    var parts = max(ceilingDivision(batch.results.taskCount, resultLimit), guessedParts(batch))
    if parts <= 1 {
        let record = Record(time: time, event: event(batch))
        let number = sequence + entries.count
        let bytes = encode(record, sequence: number)
        let longest = bytes.count + longestNumber - String(number).utf8.count
        if longest <= recordLimit {
            return entries.append(LogEntry(record: record, bytes: bytes))
        }
        parts = neededParts(longest)
    }
    for part in batch.results.divided(into: parts) {
        var piece = batch
        piece.results = part
        append(piece, time, sequence, &entries, as: event)
    }
}

/// Pieces of as many tasks are not quite equally long.
private func neededParts(_ length: Int) -> Int { length / (recordLimit - recordLimit / 8) + 1 }

/// So many results are looked at to guess how long all are.
private let sampled = 512

/// Into how many pieces a long batch is to be cut, going by its first results.
private func guessedParts(_ batch: ResultBatch) -> Int {
    guard batch.results.count > 2 * sampled else { return 1 }
    var sample = batch
    sample.results = Array(batch.results.prefix(sampled))
    let record = Record(time: Instant(microseconds: 0), event: .results(sample))
    let length = encode(record, sequence: 0).count
    return neededParts(length * batch.results.count / sampled)
}

/// How many digits a sequence number may have.
private let longestNumber = String(largestCount).utf8.count

extension [TaskResult] {
    /// Parts of about as many tasks each.
    /// - Precondition: there are at least two tasks, and `parts` is at least 2.
    fileprivate func divided(into parts: Int) -> [[TaskResult]] {
        let count = taskCount
        precondition(count > 1, "task \(self[0].task) alone is too long for a record")
        let most = Swift.max(ceilingDivision(count, parts), 1)
        var (whole, room): ([[TaskResult]], Int) = ([[]], most)
        for place in indices {
            var rest = self[place].tasks
            while !rest.isEmpty {
                if room == 0 { (whole, room) = (whole + [[]], most) }
                let taken = rest.prefix(room)
                whole[whole.count - 1].append(self[place].of(taken))
                (rest, room) = (rest.dropFirst(taken.count), room - taken.count)
            }
        }
        return whole
    }
}

/// Reasons longer than `freeTextLimit` are cut.
func shortened(_ batch: ResultBatch) -> ResultBatch {
    var whole = batch
    for place in whole.results.indices where whole.results[place].outcome != .succeeded {
        whole.results[place].outcome = shortened(whole.results[place].outcome)
    }
    return whole
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
