/// Where a task stands by what is on record. Leases are not on record (`docs/ARCHITECTURE.md`).
package enum TaskState: Hashable, Sendable {
    /// Waiting or running, after that many failed attempts.
    case open(failures: Int)
    case done
    case failed

    /// The only way from one state to the next: the coordinator moves forward by it and the audit
    /// replays the log by it.
    package func after(_ outcome: Outcome) throws(IllegalTransition) -> TaskState {
        guard case .open(let failures) = self else {
            throw IllegalTransition(from: self, by: outcome)
        }
        return switch outcome {
        case .succeeded: .done
        case .failed(_, isFinal: true): .failed
        case .failed(_, isFinal: false): .open(failures: failures + 1)
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

    /// `exit 3`, `signal 9`, …
    package var description: String {
        switch self {
        case .exit(let code): "exit \(code)"
        case .signal(let number): "signal \(number)"
        case .timeLimit: "time limit"
        case .missingOutput(let name): "no output \(name)"
        case .notStarted(let reason): "not started: \(reason)"
        }
    }
}
