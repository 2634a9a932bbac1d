import ErgonModel

extension Ledger.Books {
    /// What went wrong with a task that is open, counted from the records.
    struct Mishaps {
        var failures = 0
        var losses: [WorkerID] = []
        /// When the last one came on record.
        var last = Instant(microseconds: 0)
        /// The least that the task must wait from then on, if it waits.
        var wait = Microseconds.zero
    }
}

/// When a task may be started again, and when it may not (`docs/MANIFEST.md`, "Retries").
extension Ledger {
    mutating func noteMishap(
        _ failure: Failure, isFinal: Bool, to key: Key, on worker: WorkerID, at time: Instant
    ) {
        guard let retry = books.campaigns[key.campaign]?.steps[key.stage.step].retry else { return }
        var mishaps = books.mishaps[key] ?? Books.Mishaps()
        if failure == .workerLost {
            mishaps.losses.append(worker)
        } else {
            mishaps.failures += 1
        }
        if isFinal != Self.isEnough(mishaps, failure, retry) {
            fail("\(name(of: key)) is \(isFinal ? "" : "not ")given up after \(mishaps)")
        }
        mishaps.last = time
        mishaps.wait = Self.leastWait(mishaps, retry)
        // Where another worker has the task as well, nothing waits.
        if !hands[key].isEmpty { mishaps.wait = .zero }
        books.mishaps[key] = isFinal ? nil : mishaps
    }

    private static func isEnough(
        _ mishaps: Books.Mishaps, _ failure: Failure, _ retry: RetrySpec
    ) -> Bool {
        switch failure {
        case .workerLost:
            Set(mishaps.losses).count == retry.lostWorkers
                || mishaps.losses.count == 2 * retry.lostWorkers
        case .exit(let code) where retry.finalExits.contains(code): true
        case .timeLimit where !retry.afterTimeLimit: true
        case .exit, .signal, .timeLimit, .missingOutput, .notStarted, .stopped:
            mishaps.failures == retry.attempts
        }
    }

    /// Half of what doubling gives, and never more than half an hour.
    private static func leastWait(
        _ mishaps: Books.Mishaps, _ retry: RetrySpec
    ) -> Microseconds {
        var wait = retry.backoff.count
        for _ in 1..<mishaps.failures + mishaps.losses.count { wait = min(2 * wait, 3_600_000_000) }
        return Microseconds(wait / 2)
    }

    mutating func checkWait(_ key: Key, _ now: Instant) {
        guard let mishaps = books.mishaps[key], waited[key] != mishaps.last else { return }
        waited[key] = mishaps.last
        // A clock that was set back to before the failure makes nobody wait for it.
        if mishaps.last <= now, now < mishaps.last + mishaps.wait {
            fail("\(name(of: key)) was granted again before it had waited \(mishaps.wait)")
        }
    }
}
