import ErgonModel
import ErgonWorker

extension StoryWorld {
    /// `events 3`, `listed 2 of 5`, `merges.a/1 0 top`: what the task reads, runs and leaves.
    func planned(_ words: inout Words) throws -> [String] {
        let (name, task) = (try words.next(), try words.number())
        guard let stage = Stage(name: name, in: Fixture.kinds) else {
            throw StoryFault("no stage `\(name)`")
        }
        let upstream = words.take("of") ? try words.number() : nil
        var lease = Lease(
            id: LeaseID(epoch: 1, serial: 1), campaign: CampaignID(1),
            manifest: content("manifest"), stage: stage, tasks: max(task - 1, 0)..<task + 1,
            upstream: upstream, isTop: words.take("top"))
        bring(to: &lease)
        guard let plan = TaskPlan(lease, task: task, campaign: Fixture.kinds) else {
            return ["no plan"]
        }
        return describe(plan)
    }

    /// What the coordinator sends along of earlier steps.
    private func bring(to lease: inout Lease) {
        func file(_ name: String) -> NamedFile { NamedFile(name: name, content: content(name)) }
        let step = Fixture.kinds.steps[lease.stage.step]
        if case .merge(let output, let level) = lease.stage.part {
            let spec = step.outputs[output]
            let tree = MergeTree(pieces: 9, fanIn: spec.merge?.fanIn ?? 2)
            lease.taskFiles = lease.tasks.map { node in
                tree.children(of: node, level: level).map { file(spec.fileName(task: $0)) }
            }
            return
        }
        for named in step.with {
            guard case .output(_, let output) = named.source else { continue }
            lease.with[named.name] = file("\(output).txt")
        }
        guard case .output(_, let output) = step.over else { return }
        if case .lines = step.split {
            lease.overFiles = [file("\(output).txt")]
        } else if (0...9).contains(lease.upstream ?? 0),
            let shards = Shards(of: step, in: Fixture.kinds, upstream: lease.upstream)
        {
            lease.taskFiles = lease.tasks.map { task in
                guard task < shards.count else { return [] }
                return shards[task].files.map { file("\(output)-\($0).txt") }
            }
        }
    }

    private func describe(_ plan: TaskPlan) -> [String] {
        let places = TaskPlan.Places(
            inputs: plan.inputs.map { "/in/\($0.name)" },
            with: plan.with.mapValues { $0.map { "/with/\($0.name)" } }, code: "/code",
            line: plan.line.map { "text of line \($0)" }, folder: "/task", ergon: "/bin/ergon")
        let command = plan.command(at: places, hash: digest)
        let variables = command.variables.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        var lines = ["run: " + command.arguments.map { "[\($0)]" }.joined(separator: " ")]
        lines.append("  in: " + variables.joined(separator: " "))
        if !plan.outputs.isEmpty {
            lines.append("  leaves: " + plan.outputs.map(\.file).joined(separator: " "))
        }
        return lines
    }
}
