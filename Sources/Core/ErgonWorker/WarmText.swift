package import ErgonModel

/// What a program that takes task after task is told (`docs/WARM.md`).
extension LeasePlan {
    /// Before any task.
    package func greeting(at places: TaskPlan.Places) -> JSON {
        var members: [String: JSON] = [
            "ergon": .int(1), "campaign": .string(campaign.name), "step": .string(step.name),
            "seed": .integer(campaign.seed), "code": .string(places.code),
            "with": .object(places.with.mapValues { .array($0.map(JSON.string)) }),
        ]
        if case .seeds(let total, let size, let events) = step.split {
            members["seeds"] = .object([
                "total": .int(total), "per-task": .int(size), "events": .int(events),
            ])
        }
        return .object(members)
    }
}

extension TaskPlan {
    /// All there is to say of one task.
    package func told(at places: Places) -> JSON {
        var members: [String: JSON] = [
            "task": .int(task), "folder": .string(places.folder),
            "inputs": .array(places.inputs.map(JSON.string)),
        ]
        if let range = shard?.range {
            members["first"] = .int(range.lowerBound)
            members["count"] = .int(range.count)
        }
        if let line = places.line { members["line"] = .string(line) }
        if let point = shard?.point {
            let names = common.step.points.map(\.name)
            members["point"] = .object(
                Dictionary(zip(names, point.map(JSON.string))) { first, _ in first })
        }
        let outputs = outputs.map { ($0.name, JSON.string("\(places.folder)/\($0.file)")) }
        members["outputs"] = .object(Dictionary(outputs) { first, _ in first })
        return .object(members)
    }
}
