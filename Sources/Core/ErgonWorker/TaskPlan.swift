package import ErgonModel

/// What one task needs staged, and the command it becomes once that is there.
package struct TaskPlan: Sendable {
    /// What `{input}` and `{inputs}` stand for, in order.
    package let inputs: [NamedFile]
    /// What each `{with.NAME}` stands for.
    package let with: [String: [NamedFile]]
    /// The line whose text `{line}` stands for, if the command has that placeholder.
    package let line: Int?
    /// The names of the files the program leaves in its folder, in the order of the stage's
    /// outputs.
    package let outputs: [OutputSpec]

    /// Nothing has to be staged for it.
    package var readsNothing: Bool { inputs.isEmpty && with.isEmpty }

    /// More tasks or lines than any step has; what is beyond is absurd, and overflows.
    private static let upstreamLimit = 1 << 40

    private let lease: Lease
    private let task: Int
    private let campaign: Campaign
    private let shard: Shard?

    /// - Returns: `nil` if the lease does not fit the campaign: what a coordinator sends is
    ///   checked, not trusted.
    package init?(_ lease: Lease, task: Int, campaign: Campaign) {
        guard campaign.steps.indices.contains(lease.stage.step), lease.tasks.contains(task),
            (0...Self.upstreamLimit).contains(lease.upstream ?? 0)
        else { return nil }
        self.lease = lease
        self.task = task
        self.campaign = campaign
        let step = campaign.steps[lease.stage.step]
        let brought = lease.taskFiles.isEmpty ? [] : lease.taskFiles[task - lease.tasks.lowerBound]
        switch lease.stage.part {
        case .merge(let output, _):
            guard step.outputs.indices.contains(output), step.outputs[output].merge != nil else {
                return nil
            }
            (inputs, with, line, shard) = (brought, [:], nil, nil)
            outputs = [step.outputs[output]]
        case .work:
            guard let shards = Shards(of: step, in: campaign, upstream: lease.upstream),
                (0..<shards.count).contains(task)
            else { return nil }
            let shard = shards[task]
            self.shard = shard
            outputs = step.outputs
            inputs = Self.inputs(of: step, shard, campaign, lease, brought)
            with = Self.with(of: step, campaign, lease)
            let asksForLine = step.run.contains { $0.placeholders.contains(.line) }
            line = asksForLine ? shard.range?.lowerBound : nil
        }
    }

    private static func inputs(
        of step: StepSpec, _ shard: Shard, _ campaign: Campaign, _ lease: Lease,
        _ brought: [NamedFile]
    ) -> [NamedFile] {
        switch step.over {
        case nil: return []
        case .output: return lease.overFiles + brought
        case .input(let name):
            let files = campaign.input(named: name)?.files ?? []
            return files[shard.files.clamped(to: 0..<files.count)].map(NamedFile.init)
        }
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

    // MARK: The command

    /// Where staged things are on this worker.
    package struct Places: Sendable {
        /// Paths of `inputs`, in order.
        package var inputs: [String]
        package var with: [String: [String]]
        /// The folder of the campaign's code.
        package var code: String
        /// The text of the line asked for.
        package var line: String?
        /// The task's own folder.
        package var folder: String
        /// Our own executable, which runs the built-in merges.
        package var ergon: String

        package init(
            inputs: [String], with: [String: [String]], code: String, line: String?,
            folder: String, ergon: String
        ) {
            self.inputs = inputs
            self.with = with
            self.code = code
            self.line = line
            self.folder = folder
            self.ergon = ergon
        }
    }

    package struct Command: Hashable, Sendable {
        package var arguments: [String]
        /// All that the manifest asks for; the runtime adds what a process cannot do without.
        package var variables: [String: String]
    }

    /// - Parameter hash: SHA-256, for the seeds.
    package func command(at places: Places, hash: ([UInt8]) -> Digest) -> Command {
        let step = campaign.steps[lease.stage.step]
        var variables = campaign.environment.variables.merging(step.variables) { $1 }
        variables["ERGON_CAMPAIGN"] = campaign.name
        variables["ERGON_STAGE"] = lease.stage.name(in: campaign)
        variables["ERGON_TASK"] = String(task)
        let resources = lease.resources(in: campaign)
        variables["ERGON_CPUS"] = String(resources.cpus)
        variables["ERGON_MEMORY"] = String(resources.memory.bytes)
        let arguments: [String]
        if case .merge(let output, _) = lease.stage.part, let merge = step.outputs[output].merge {
            arguments = mergeArguments(merge.rule, step.outputs[output], places)
        } else {
            arguments = step.run.flatMap { $0.expanded { values(of: $0, step, places, hash) } }
        }
        return Command(arguments: arguments, variables: variables)
    }

    private func mergeArguments(
        _ rule: MergeSpec.Rule, _ output: OutputSpec, _ places: Places
    ) -> [String] {
        let out = "\(places.folder)/\(output.file)"
        var own = [places.ergon, "merge", "--out", out] + (lease.isTop ? ["--top"] : [])
        switch rule {
        case .lines: own += ["--kind", "lines"]
        case .csv: own += ["--kind", "csv"]
        case .counts(let equal):
            own += ["--kind", "counts"] + equal.flatMap { ["--equal", $0] }
        case .histogram: own += ["--kind", "histogram"]
        case .run(let templates):
            return templates.flatMap { template in
                template.expanded { hole in
                    switch hole {
                    case .inputs: places.inputs
                    case .out: [out]
                    case .code: [places.code]
                    default: []
                    }
                }
            }
        }
        return own + ["--"] + places.inputs
    }

    private func values(
        of hole: Placeholder, _ step: StepSpec, _ places: Places, _ hash: ([UInt8]) -> Digest
    ) -> [String] {
        let range = shard?.range ?? 0..<0
        switch hole {
        case .index: return [String(task)]
        case .first: return [String(range.lowerBound)]
        case .count: return [String(range.count)]
        case .events:
            guard case .seeds(_, _, let events) = step.split else { return [] }
            return [String(events)]
        case .input, .inputs: return places.inputs
        case .line: return [places.line ?? ""]
        case .seed, .seeds: return seeds(step, range, hash).map { String($0) }
        case .code: return [places.code]
        case .out: return []
        case .point(let name):
            guard let axis = step.points.firstIndex(where: { $0.name == name }) else { return [] }
            return shard.map { [$0.point[axis]] } ?? []
        case .with(let name): return places.with[name] ?? []
        case .output(let name):
            let file = step.outputs.first { $0.name == name }?.file ?? name
            return ["\(places.folder)/\(file)"]
        }
    }

    private func seeds(_ step: StepSpec, _ range: Range<Int>, _ hash: ([UInt8]) -> Digest)
        -> [Int64]
    {
        guard case .seeds = step.split else {
            return [seed(campaign: campaign.seed, step: step.name, number: nil, hash: hash)]
        }
        return range.map {
            seed(campaign: campaign.seed, step: step.name, number: $0, hash: hash)
        }
    }
}

extension NamedFile {
    fileprivate init(_ file: InputFile) {
        self.init(name: file.name, content: StoredFile(digest: file.digest, size: file.size))
    }
}
