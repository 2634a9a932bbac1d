/// When a task that went wrong is started again (`docs/MANIFEST.md`, "Retries").
package struct RetrySpec: Hashable, Sendable {
    /// How many attempts of a task may end badly by themselves, at least 1.
    package var attempts: Int
    /// The wait before the second attempt. It doubles from one to the next.
    package var backoff: Microseconds
    /// Exit codes after which no further attempt can help, ascending.
    package var finalExits: [Int]
    /// Whether a task that ran into its limit is started again.
    package var afterTimeLimit: Bool
    /// The memory of an attempt after one that was killed, in percent of what that one had; at
    /// least 100.
    package var memoryPercent: Int
    /// A task that took so many distinct workers down with it is not started again; at least 1.
    package var lostWorkers: Int

    package init(
        attempts: Int = 3, backoff: Microseconds = .seconds(1), finalExits: [Int] = [],
        afterTimeLimit: Bool = true, memoryPercent: Int = 100, lostWorkers: Int = 3
    ) {
        self.attempts = attempts
        self.backoff = backoff
        self.finalExits = finalExits
        self.afterTimeLimit = afterTimeLimit
        self.memoryPercent = memoryPercent
        self.lostWorkers = lostWorkers
    }

    /// The longest wait between two attempts.
    package static let longestBackoff = Microseconds.seconds(3600)

    /// Where there are not enough workers to lose, so many losses for each that may be lost are
    /// enough as well.
    private static let lossesPerWorker = 2

    /// Whether `failure`, after `earlier` ones, is the task's last.
    package func isLast(_ failure: Failure, on worker: WorkerID, after earlier: Setbacks) -> Bool {
        var setbacks = earlier
        setbacks.add(failure, on: worker)
        return switch failure {
        case .workerLost:
            setbacks.lostWorkers.count >= lostWorkers
                || setbacks.losses >= Self.lossesPerWorker * lostWorkers
        case .exit(let code) where finalExits.contains(code): true
        case .timeLimit where !afterTimeLimit: true
        case .exit, .signal, .timeLimit, .missingOutput, .notStarted, .stopped:
            setbacks.failures >= attempts
        }
    }

    /// How long a task waits after that many setbacks, at least 1: between half and all of what
    /// doubling gives, so that those that failed together do not come back together.
    /// - Parameter seed: the same one gives the same wait.
    package func wait(after setbacks: Int, seed: UInt64) -> Microseconds {
        let doublings = min(max(setbacks, 1) - 1, 20)
        let whole = min(backoff.count << doublings, Self.longestBackoff.count)
        let half = whole / 2
        var jitter = SplitMix(seed: seed)
        return Microseconds(whole - half + Int64(jitter.next() % UInt64(half + 1)))
    }

    /// The memory of the next attempt.
    package func memory(after kills: Int, asked: ByteCount) -> ByteCount {
        guard memoryPercent > 100 else { return asked }
        let bytes = (0..<min(kills, 20)).reduce(Int128(asked.bytes)) { bytes, _ in
            min(bytes * Int128(memoryPercent) / 100, Int128(Int64.max))
        }
        return ByteCount(Int64(bytes))
    }
}

/// What went wrong with a task that is still open.
package struct Setbacks: Hashable, Sendable {
    /// Attempts that ended badly by themselves.
    package private(set) var failures = 0
    /// Of these, how many the kernel killed, which is how it ends what takes too much memory.
    package private(set) var kills = 0
    /// How often its worker was lost while it may have been running.
    package private(set) var losses = 0
    package private(set) var lostWorkers: Set<WorkerID> = []

    package init() {}

    package init(failures: Int, kills: Int, losses: Int, lostWorkers: Set<WorkerID>) {
        self.failures = failures
        self.kills = kills
        self.losses = losses
        self.lostWorkers = lostWorkers
    }

    package var count: Int { failures + losses }

    package mutating func add(_ failure: Failure, on worker: WorkerID) {
        switch failure {
        case .workerLost:
            losses += 1
            lostWorkers.insert(worker)
        case .signal(9), .exit(137):
            failures += 1
            kills += 1
        case .exit, .signal, .timeLimit, .missingOutput, .notStarted, .stopped: failures += 1
        }
    }
}
