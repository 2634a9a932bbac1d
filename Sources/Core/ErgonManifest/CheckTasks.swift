import ErgonModel

/// How many tasks a step may have: the size a campaign is planned for (`docs/ARCHITECTURE.md`).
private let taskLimit = 1_000_000_000
/// How many outputs the steps of a campaign may have together.
private let outputLimit = 100

extension Reading {
    /// What can be said of the steps' tasks when the files are known.
    /// - Parameter unsound: inputs with errors of their own, for which no step is blamed.
    mutating func checkTasks(
        of steps: [CheckedStep], in campaign: Campaign, except unsound: Set<String>,
        _ lists: ListLimits?
    ) {
        checkOutputs(of: steps)
        var tasks: [String: Int] = [:]
        for step in steps {
            let sources = [step.spec.over].compactMap(\.self) + step.spec.with.map(\.source)
            if sources.contains(where: { isInput($0, among: unsound) }) { continue }
            let before = findings.count
            let input = step.spec.over.flatMap { over in
                if case .input(let name) = over { campaign.input(named: name) } else { nil }
            }
            if let input { check(step, over: input) }
            let upstream = upstream(of: step.spec, tasks)
            if findings.count == before {
                tasks[step.spec.name] = count(step, in: campaign, upstream)
            }
            let files = input?.files.count ?? upstream
            checkFiles(step, files, campaign)
            if let lists { checkLists(step, files, campaign, lists) }
        }
    }

    /// The seal of a campaign lists its outputs, and is one record.
    private mutating func checkOutputs(of steps: [CheckedStep]) {
        var count = 0
        for step in steps {
            count += step.spec.outputs.count
            guard count > outputLimit else { continue }
            report(
                step.place, "the campaign has more than \(outputLimit) outputs",
                "put files that belong together into one, or cut the campaign in two")
            return
        }
    }

    private func isInput(_ source: Source, among names: Set<String>) -> Bool {
        if case .input(let name) = source { names.contains(name) } else { false }
    }

    private func upstream(of step: StepSpec, _ tasks: [String: Int]) -> Int? {
        guard case .output(let name, _) = step.over else { return nil }
        // The lines of a file that is yet to be made.
        if case .lines = step.split { return nil }
        return tasks[name]
    }

    /// A grid alone is held to the limit, too, where the tasks of one point are not known yet.
    /// - Returns: `nil` if the number of tasks depends on something yet to be made.
    private mutating func count(
        _ step: CheckedStep, in campaign: Campaign, _ upstream: Int?
    ) -> Int? {
        var part = step.spec
        part.points = []
        let perPoint = Shards(of: part, in: campaign, upstream: upstream)?.count
        var isKnown = true
        if case .output = step.spec.over { isKnown = upstream != nil }
        var (count, isTooMuch) = (perPoint ?? 1, isKnown && perPoint == nil)
        for axis in step.spec.points where !isTooMuch {
            (count, isTooMuch) = count.multipliedReportingOverflow(by: axis.values.count)
        }
        guard !isTooMuch, count <= taskLimit else {
            report(
                step.splitPlace, "step `\(step.spec.name)` has more than \(taskLimit) tasks",
                "give each task more to do")
            return nil
        }
        guard isKnown else { return nil }
        if count == 0, case .input(let name) = step.spec.over,
            let input = campaign.input(named: name)
        {
            reportEmptiness(of: input, step)
        }
        return count
    }

    /// Steps over the outputs of such a step are not blamed for having no task either.
    private mutating func reportEmptiness(of input: InputSpec, _ step: CheckedStep) {
        let units =
            switch input.format {
            case .csv: "rows"
            case .lines: "lines"
            case .opaque: "events"
            }
        let others = input.files.count > 1 ? ", nor has any other file of `\(input.name)`" : ""
        report(
            step.splitPlace,
            "\(quoted(input.files[0].name)) has no \(units)\(others): step `\(step.spec.name)` has "
                + "nothing to do",
            "check the input's files and `events`")
    }

    private mutating func check(_ step: CheckedStep, over input: InputSpec) {
        switch step.spec.split {
        case .events(_, let range):
            checkEvents(step, input)
            if let range { check(range, of: input, at: step.rangePlace) }
        case .lines: checkLines(step, input)
        case .single, .all, .files, .outputs, .seeds: break
        }
    }

    private mutating func checkEvents(_ step: CheckedStep, _ input: InputSpec) {
        guard let file = input.files.first(where: { $0.events == nil }) else { return }
        report(
            step.splitPlace,
            "split by events, but nobody knows how many are in \(quoted(file.name))",
            "declare `events` of input `\(input.name)`")
    }

    private mutating func check(_ range: Range<Int>, of input: InputSpec, at place: Place) {
        let short = input.files.first { ($0.events ?? .max) < range.upperBound }
        guard let short, let events = short.events else { return }
        report(
            place,
            "the range ends at event \(range.upperBound), \(quoted(short.name)) has \(events)",
            "`first` plus `count` is at most the events of the smallest file")
    }

    private mutating func checkLines(_ step: CheckedStep, _ input: InputSpec) {
        if input.format != .lines {
            report(
                step.splitPlace,
                "split by lines, but input `\(input.name)` is \(input.format.rawValue)",
                input.format == .csv
                    ? "split by `rows`: the header is not one of them"
                    : "give the input `format: lines` if it is a text")
        } else {
            checkEvents(step, input)
        }
    }

    /// - Parameter files: how many a task split by `all` reads; `nil` if unknown.
    private mutating func checkFiles(_ step: CheckedStep, _ files: Int?, _ campaign: Campaign) {
        for (argument, place) in zip(step.spec.run, step.runPlaces) {
            if step.spec.split == .all, argument.placeholders.contains(.input), let files,
                files != 1
            {
                report(
                    place,
                    "`{input}` is one file, here there are \(files)",
                    "pass `{inputs}`")
            }
            for with in step.spec.with {
                guard case .input(let name) = with.source,
                    campaign.input(named: name)?.files.count != 1
                else { continue }
                checkStandsAlone(.with(with.name), in: Located(content: argument, place: place))
            }
        }
    }
}
