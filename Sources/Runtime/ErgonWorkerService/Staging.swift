import ErgonModel
import ErgonProvenance
import ErgonTransfer
import ErgonWorker

/// What attempts need before they can start.
extension Workplace {
    /// The command of a task, with all it reads in the cache and held there.
    /// - Parameter folder: the task's own.
    func stage(
        _ plan: TaskPlan, _ lease: Lease, in folder: String, from endpoint: Endpoint
    ) async throws(WorkplaceFault) -> (TaskPlan.Command, [FileCache.Pin]) {
        var pins: [FileCache.Pin] = []
        do throws(WorkplaceFault) {
            return (try await stage(plan, lease, in: folder, from: endpoint, &pins), pins)
        } catch {
            for pin in pins { await cache.release(pin) }
            throw error
        }
    }

    private func stage(
        _ plan: TaskPlan, _ lease: Lease, in folder: String, from endpoint: Endpoint,
        _ pins: inout [FileCache.Pin]
    ) async throws(WorkplaceFault) -> TaskPlan.Command {
        var places = places(lease, in: folder)
        for file in plan.inputs {
            pins.append(try await fetch(file, endpoint))
            places.inputs.append(pins[pins.count - 1].path)
        }
        for (name, files) in plan.with.sorted(by: { $0.key < $1.key }) {
            for file in files {
                pins.append(try await fetch(file, endpoint))
                places.with[name, default: []].append(pins[pins.count - 1].path)
            }
        }
        if let number = plan.line, let path = places.inputs.first {
            places.line = try text(ofLine: number, of: path, as: plan.inputs[0].name)
        }
        return try command(plan, at: places)
    }

    /// The command of a task that reads nothing.
    /// - Parameter folder: the task's own.
    func command(
        _ plan: TaskPlan, _ lease: Lease, in folder: String
    ) throws(WorkplaceFault) -> TaskPlan.Command {
        try command(plan, at: places(lease, in: folder))
    }

    private func places(_ lease: Lease, in folder: String) -> TaskPlan.Places {
        TaskPlan.Places(
            inputs: [], with: [:], code: codeFolder(lease.manifest.digest), line: nil,
            folder: folder, ergon: ergon)
    }

    private func command(
        _ plan: TaskPlan, at places: TaskPlan.Places
    ) throws(WorkplaceFault) -> TaskPlan.Command {
        let command = plan.command(at: places) { Digest(of: $0) }
        try check(command)
        return command
    }

    /// The kernel would read a command with a zero byte to that byte only.
    private func check(_ command: TaskPlan.Command) throws(WorkplaceFault) {
        let texts = command.arguments + command.variables.flatMap { [$0.key, $0.value] }
        guard !texts.contains(where: { $0.utf8.contains(0) }) else {
            throw WorkplaceFault("the command has a zero byte, which no argument can hold")
        }
        guard command.arguments.first?.isEmpty == false else {
            throw WorkplaceFault("the command names no program")
        }
    }

    private func text(
        ofLine number: Int, of path: String, as name: String
    ) throws(WorkplaceFault) -> String {
        guard let line = try line(number, of: path, as: name) else {
            throw WorkplaceFault("\(name) has no line \(number)")
        }
        // What cannot be told as it is, is not told at all.
        guard !line.contains(0), let text = String(validating: line, as: UTF8.self) else {
            throw WorkplaceFault("line \(number) of \(name) has bytes that no argument can hold")
        }
        return text
    }

}
