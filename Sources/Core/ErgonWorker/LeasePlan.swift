package import ErgonModel

/// What all tasks of a lease have in common, worked out once.
package final class LeasePlan: Sendable {
    /// More tasks or lines than any step has; what is beyond is absurd, and overflows.
    private static let upstreamLimit = 1 << 40

    package let lease: Lease
    let campaign: Campaign
    let step: StepSpec
    /// What each `{with.NAME}` stands for.
    let with: [String: [NamedFile]]
    package let outputs: [OutputSpec]
    /// What each task takes.
    package let resources: Resources
    /// All variables that the manifest asks for.
    package let variables: [String: String]
    /// How the step is cut; none for a merge.
    private let shards: Shards?
    private let asksForLine: Bool

    /// - Returns: `nil` if the lease does not fit the campaign: what a coordinator sends is
    ///   checked, not trusted.
    package init?(_ lease: Lease, campaign: Campaign) {
        guard campaign.steps.indices.contains(lease.stage.step),
            (0...Self.upstreamLimit).contains(lease.upstream ?? 0)
        else { return nil }
        self.lease = lease
        self.campaign = campaign
        let step = campaign.steps[lease.stage.step]
        self.step = step
        switch lease.stage.part {
        case .merge(let output, _):
            guard step.outputs.indices.contains(output), step.outputs[output].merge != nil else {
                return nil
            }
            (with, shards, asksForLine) = ([:], nil, false)
            outputs = [step.outputs[output]]
        case .work:
            guard let shards = Shards(of: step, in: campaign, upstream: lease.upstream) else {
                return nil
            }
            self.shards = shards
            with = Self.with(of: step, campaign, lease)
            asksForLine =
                step.isWarm && step.split == .lines(1)
                || step.run.contains { $0.placeholders.contains(.line) }
            outputs = step.outputs
        }
        resources = lease.resources(in: campaign)
        variables = Self.variables(of: step, campaign, lease, resources)
    }

    private static func with(
        of step: StepSpec, _ campaign: Campaign, _ lease: Lease
    ) -> [String: [NamedFile]] {
        var files: [String: [NamedFile]] = [:]
        for named in step.with {
            switch named.source {
            case .input(let name):
                files[named.name] = campaign.input(named: name)?.files.map(NamedFile.init) ?? []
            case .output: files[named.name] = lease.with[named.name].map { [$0] } ?? []
            }
        }
        return files
    }

    private static func variables(
        of step: StepSpec, _ campaign: Campaign, _ lease: Lease, _ resources: Resources
    ) -> [String: String] {
        var variables = campaign.environment.variables.merging(step.variables) { $1 }
        variables["ERGON_CAMPAIGN"] = campaign.name
        variables["ERGON_STAGE"] = lease.stage.name(in: campaign)
        variables["ERGON_CPUS"] = String(resources.cpus)
        variables["ERGON_MEMORY"] = String(resources.memory.bytes)
        return variables
    }

    /// Its tasks go to programs that take task after task.
    package var isWarm: Bool { step.isWarm && lease.stage.part == .work }

    /// The number of a task is all that its program has to be told, and it leaves no files: many
    /// can be given at once.
    package var isBare: Bool {
        isWarm && step.over == nil && step.points.isEmpty && outputs.isEmpty
    }

    // MARK: Its tasks

    /// - Returns: `nil` for a task that the lease or its step does not have.
    package func task(_ task: Int) -> TaskPlan? {
        guard lease.tasks.contains(task) else { return nil }
        let brought = lease.taskFiles.isEmpty ? [] : lease.taskFiles[task - lease.tasks.lowerBound]
        guard let shards else {
            return TaskPlan(self, task: task, inputs: brought, line: nil, shard: nil)
        }
        guard (0..<shards.count).contains(task) else { return nil }
        let shard = shards[task]
        return TaskPlan(
            self, task: task, inputs: inputs(of: shard, brought),
            line: asksForLine ? shard.range?.lowerBound : nil, shard: shard)
    }

    private func inputs(of shard: Shard, _ brought: [NamedFile]) -> [NamedFile] {
        switch step.over {
        case nil: return []
        case .output: return lease.overFiles + brought
        case .input(let name):
            let files = campaign.input(named: name)?.files ?? []
            return files[shard.files.clamped(to: 0..<files.count)].map(NamedFile.init)
        }
    }
}

extension NamedFile {
    fileprivate init(_ file: InputFile) {
        self.init(name: file.name, content: StoredFile(digest: file.digest, size: file.size))
    }
}
