import ErgonModel

/// What a batch says that no batch of its kind may, whatever the campaign.
extension ResultBatch {
    var problemsAsCounted: [String] {
        var problems = problemsOfOrder
        for result in results {
            switch result.outcome {
            case .failed(.workerLost, _):
                if report != nil { problems.append("\(result.name) was lost, but reported") }
            case .failed(.stopped, _):
                problems.append("\(result.name) was stopped, and yet it counts")
            case .failed(.notStarted, _): break
            case .succeeded, .failed:
                if report == nil { problems.append("\(result.name) stands in no report") }
            }
            if report == nil, result.hasCost {
                problems.append("\(result.name) has a cost that nobody reported")
            }
        }
        return problems
    }

    var problemsAsSuperseded: [String] {
        var problems = problemsOfOrder
        if report == nil { problems.append("superseded results that stand in no report") }
        for result in results {
            if result.hasNegativeAmount { problems.append("\(result.name) has a negative amount") }
            if !result.outputs.isEmpty {
                problems.append("\(result.name) was superseded, but left outputs")
            }
            switch result.outcome {
            case .failed(.workerLost, _):
                problems.append("\(result.name) was superseded, but lost with its worker")
            case .failed(_, isFinal: true):
                problems.append("\(result.name) was superseded, but is said to be given up")
            case .succeeded, .failed: break
            }
        }
        return problems
    }

    private var problemsOfOrder: [String] {
        zip(results, results.dropFirst()).contains { $0.tasks.upperBound > $1.task }
            ? ["results that are not in the order of their tasks"] : []
    }
}

extension TaskResult {
    fileprivate var name: String { "task \(task)" }

    fileprivate var hasCost: Bool {
        wall != .zero || cpu != .zero || energy != .zero || log != nil
    }
}
