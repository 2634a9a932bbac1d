import ErgonModel
import ErgonProvenance
import ErgonTransfer
import ErgonWorker

/// What attempts need before they can start.
extension Workplace {
    /// All that an attempt needs to start.
    struct Staged: Sendable {
        var command: TaskPlan.Command
        /// If its program takes task after task: what that is told before any task.
        var greeting: String?
        /// The same of this task, unless its number is all there is to say.
        var told: String?
        /// What it reads, held in the cache.
        var pins: [FileCache.Pin] = []
    }

    /// - Parameter folder: the task's own.
    func stage(
        _ plan: TaskPlan, _ common: LeasePlan, in folder: String, from endpoint: Endpoint
    ) async throws(WorkplaceFault) -> Staged {
        var pins: [FileCache.Pin] = []
        do throws(WorkplaceFault) {
            let places = try await fetch(plan, common, in: folder, from: endpoint, &pins)
            var staged = try staged(plan, common, at: places)
            staged.pins = pins
            return staged
        } catch {
            for pin in pins { await cache.release(pin) }
            throw error
        }
    }

    private func fetch(
        _ plan: TaskPlan, _ common: LeasePlan, in folder: String, from endpoint: Endpoint,
        _ pins: inout [FileCache.Pin]
    ) async throws(WorkplaceFault) -> TaskPlan.Places {
        var places = places(common.lease, in: folder)
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
        return places
    }

    /// Of a task that reads nothing.
    /// - Parameter folder: the task's own.
    func staged(
        _ plan: TaskPlan, _ common: LeasePlan, in folder: String
    ) throws(WorkplaceFault) -> Staged {
        try staged(plan, common, at: places(common.lease, in: folder))
    }

    private func places(_ lease: Lease, in folder: String) -> TaskPlan.Places {
        TaskPlan.Places(
            inputs: [], with: [:], code: codeFolder(lease.manifest.digest), line: nil,
            folder: folder, ergon: ergon)
    }

    private func staged(
        _ plan: TaskPlan, _ common: LeasePlan, at places: TaskPlan.Places
    ) throws(WorkplaceFault) -> Staged {
        var staged = Staged(command: plan.command(at: places) { Digest(of: $0) })
        try check(staged.command)
        guard common.isWarm else { return staged }
        staged.greeting = common.greeting(at: places).text()
        if !common.isBare { staged.told = plan.told(at: places).text() }
        return staged
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
