package import ErgonModel

/// What one task needs staged, and the command it becomes once that is there.
package struct TaskPlan: Sendable {
    /// What `{input}` and `{inputs}` stand for, in order.
    package let inputs: [NamedFile]
    /// The line whose text `{line}` stands for, if the command has that placeholder.
    package let line: Int?

    let common: LeasePlan
    let task: Int
    let shard: Shard?

    init(_ common: LeasePlan, task: Int, inputs: [NamedFile], line: Int?, shard: Shard?) {
        self.common = common
        self.task = task
        self.inputs = inputs
        self.line = line
        self.shard = shard
    }

    /// - Returns: `nil` if the lease does not fit the campaign: what a coordinator sends is
    ///   checked, not trusted.
    package init?(_ lease: Lease, task: Int, campaign: Campaign) {
        guard let plan = LeasePlan(lease, campaign: campaign)?.task(task) else { return nil }
        self = plan
    }

    /// What each `{with.NAME}` stands for.
    package var with: [String: [NamedFile]] { common.with }

    /// The names of the files the program leaves in its folder, in the order of the stage's
    /// outputs.
    package var outputs: [OutputSpec] { common.outputs }

    /// Nothing has to be staged for it.
    package var readsNothing: Bool { inputs.isEmpty && with.isEmpty }

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
        /// All that the manifest asks for, the same for all tasks of a lease; the runtime adds the
        /// task's number and what a process cannot do without.
        package var variables: [String: String]
    }

    /// The variable that has the task's number.
    package static let numberVariable = "ERGON_TASK"

    /// - Parameter hash: SHA-256, for the seeds.
    package func command(at places: Places, hash: ([UInt8]) -> Digest) -> Command {
        Command(arguments: arguments(places, hash), variables: common.variables)
    }

    private func arguments(_ places: Places, _ hash: ([UInt8]) -> Digest) -> [String] {
        if case .merge(let output, _) = common.lease.stage.part,
            let merge = common.step.outputs[output].merge
        {
            return mergeArguments(merge.rule, common.step.outputs[output], places)
        }
        return common.step.run.flatMap { template in
            template.expanded { values(of: $0, common.step, places, hash) }
        }
    }

    private func mergeArguments(
        _ rule: MergeSpec.Rule, _ output: OutputSpec, _ places: Places
    ) -> [String] {
        let out = "\(places.folder)/\(output.file)"
        var own = [places.ergon, "merge", "--out", out] + (common.lease.isTop ? ["--top"] : [])
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
            return [seed(campaign: common.campaign.seed, step: step.name, number: nil, hash: hash)]
        }
        return range.map {
            seed(campaign: common.campaign.seed, step: step.name, number: $0, hash: hash)
        }
    }
}
