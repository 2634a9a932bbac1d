import ErgonModel

extension Reading {
    /// A command line that no kernel takes is found out here, and not task by task.
    /// - Parameter files: the files of the step's input, or the tasks of the step that it reads
    ///   from; `nil` if unknown.
    mutating func checkLists(
        _ step: CheckedStep, _ files: Int?, _ campaign: Campaign, _ limits: ListLimits
    ) {
        var seeds = ArgumentCount(limit: limits.seeds)
        var paths = ArgumentCount(limit: limits.files)
        for (argument, place) in zip(step.spec.run, step.runPlaces) {
            guard let hole = argument.soleReference else { continue }
            switch hole {
            case .seeds:
                guard seeds.add(seedsPerTask(step.spec)) else { continue }
                report(
                    place,
                    "`{seeds}`: \(seeds.total) seeds as arguments, and one command takes at most "
                        + "\(limits.seeds)",
                    "give a task fewer with `per-task`, or its `{first}` and `{count}` instead")
            case .inputs, .with:
                guard paths.add(filesPerTask(of: hole, step.spec, files, campaign)) else {
                    continue
                }
                report(
                    place,
                    "`{\(hole.name)}`: \(paths.total) files as arguments, and one command takes at "
                        + "most \(limits.files)",
                    "give a task fewer files, or gather them in two steps")
            case .index, .first, .count, .events, .input, .line, .seed, .code, .out, .point,
                .output:
                break
            }
        }
        for output in step.spec.outputs { checkLists(output, step, limits) }
    }

    /// A merge that passes its pieces many times over.
    private mutating func checkLists(
        _ output: OutputSpec, _ step: CheckedStep, _ limits: ListLimits
    ) {
        guard let merge = output.merge, case .run(let command) = merge.rule else { return }
        let files = merge.fanIn * command.count { $0.soleReference == .inputs }
        guard files > limits.files else { return }
        report(
            step.place,
            "the merge of `\(step.spec.name).\(output.name)`: \(files) files as arguments, and one "
                + "command takes at most \(limits.files)",
            "a smaller `fan-in`, or `{inputs}` fewer times")
    }

    private func seedsPerTask(_ step: StepSpec) -> Int {
        guard case .seeds(let total, let perTask, _) = step.split else { return 1 }
        return min(total, perTask)
    }

    /// At most; 0 if nobody knows yet.
    private func filesPerTask(
        of hole: Placeholder, _ step: StepSpec, _ files: Int?, _ campaign: Campaign
    ) -> Int {
        if case .with(let name) = hole {
            guard case .input(let input) = step.with.first(where: { $0.name == name })?.source
            else { return 1 }
            return campaign.input(named: input)?.files.count ?? 0
        }
        return switch step.split {
        case .all: files ?? 0
        case .files(let size), .outputs(let size): min(size, files ?? size)
        case .single, .events, .lines, .seeds: 1
        }
    }
}

/// How many arguments of one kind a command has come to.
private struct ArgumentCount {
    let limit: Int
    private(set) var total = 0

    init(limit: Int) { self.limit = limit }

    /// - Returns: whether these are the ones that are too many.
    mutating func add(_ count: Int) -> Bool {
        guard total <= limit else { return false }
        total += count
        return total > limit
    }
}
