/// Where a task stands by what is on record. Leases are not on record (`docs/ARCHITECTURE.md`).
package enum TaskState: Hashable, Sendable {
    /// Waiting or running, after that much went wrong.
    case open(Setbacks)
    case done
    case failed

    /// The only way from one state to the next, by which the audit replays the log; whoever deals
    /// with many tasks at once must come to the same.
    /// - Parameter worker: where it came about.
    package func after(
        _ outcome: Outcome, on worker: WorkerID
    ) throws(IllegalTransition) -> TaskState {
        guard case .open(var setbacks) = self else {
            throw IllegalTransition(from: self, by: outcome)
        }
        switch outcome {
        case .succeeded: return .done
        case .failed(_, isFinal: true): return .failed
        case .failed(let failure, isFinal: false):
            setbacks.add(failure, on: worker)
            return .open(setbacks)
        }
    }
}

package struct IllegalTransition: Error, Hashable, Sendable {
    package var from: TaskState
    package var by: Outcome
}

/// How an attempt ended.
package enum Outcome: Hashable, Sendable {
    case succeeded
    /// Final if the task will not be started again.
    case failed(Failure, isFinal: Bool)
}

/// Why an attempt failed.
package enum Failure: Hashable, Sendable {
    case exit(Int)
    case signal(Int)
    /// It ran longer than its limit.
    case timeLimit
    /// It ended well, but this output was not there.
    case missingOutput(String)
    /// It could not be started: an input could not be had, or the program not be found.
    case notStarted(String)
    /// Its worker was lost while it may have been running.
    case workerLost
    /// Nobody wanted its result any more.
    case stopped

    /// `exit 3`, `signal 9`, …
    package var description: String {
        switch self {
        case .exit(let code): "exit \(code)"
        case .signal(let number): "signal \(number)"
        case .timeLimit: "time limit"
        case .missingOutput(let name): "no output \(name)"
        case .notStarted(let reason): "not started: \(reason)"
        case .workerLost: "the worker was lost"
        case .stopped: "stopped"
        }
    }
}
