import ErgonModel
import ErgonProvenance

/// A campaign that somebody may submit, and its canonical form's name.
struct SimulatedCampaign {
    let campaign: Campaign
    let manifest: StoredFile
}

extension Dice {
    /// A small campaign of one to four steps, with every kind of split, merge and dependency that
    /// a manifest may ask for.
    mutating func campaign(number: Int) -> SimulatedCampaign {
        let name = "c\(number)"
        var steps: [StepSpec] = []
        for step in ["a", "b", "c", "d"].prefix(roll(1...4)) {
            steps.append(self.step(named: step, after: steps))
        }
        let campaign = Campaign(
            name: name, owner: nil, description: nil, seed: Int64(roll(0...1 << 20)),
            inputs: [
                input("events", .csv, files: roll(1...3), events: 0...9),
                input("lines", .lines, files: 1, events: 1...6),
            ], code: [], environment: EnvironmentSpec(python: nil, variables: [:]), steps: steps)
        return SimulatedCampaign(
            campaign: campaign, manifest: content("manifest \(name) \(next())"))
    }

    private mutating func input(
        _ name: String, _ format: InputSpec.Format, files: Int, events: ClosedRange<Int>
    ) -> InputSpec {
        let files = (0..<files).map { number in
            let file = content("\(name) \(number)")
            return InputFile(
                name: "\(name)\(number)", digest: file.digest, size: file.size,
                events: roll(events))
        }
        return InputSpec(name: name, files: files, format: format, url: nil, licence: nil)
    }

    private mutating func step(named name: String, after earlier: [StepSpec]) -> StepSpec {
        let (over, split) = source(among: earlier)
        var outputs: [OutputSpec] = []
        for output in ["x", "y"].prefix(roll(0...2)) { outputs.append(self.output(named: output)) }
        var with: [NamedSource] = []
        if happens(30, in: 100), let whole = pick(earlier.flatMap(\.wholeOutputs)) {
            with = [NamedSource(name: "extra", source: whole)]
        }
        let points =
            happens(20, in: 100) ? [PointAxis(name: "cut", values: ["tight", "loose"])] : []
        return StepSpec(
            name: name, over: over, split: split, points: points, with: with,
            run: command(points, with, split, over), outputs: outputs,
            resources: Resources(
                cpus: roll(1...2), memory: ByteCount(1 << 30), time: nil,
                limit: .seconds(span(10...60)), cleanup: .seconds(span(0...4))),
            retry: retry(), variables: [:])
    }

    private mutating func retry() -> RetrySpec {
        RetrySpec(
            attempts: roll(1...3), backoff: .seconds([0, 1, 10][roll(0...2)]),
            finalExits: happens(20, in: 100) ? [roll(1...127), roll(128...255)] : [],
            afterTimeLimit: happens(70, in: 100), memoryPercent: [100, 150, 300][roll(0...2)],
            lostWorkers: roll(1...3))
    }

    /// Everything that tells a task from its neighbours.
    private func command(
        _ points: [PointAxis], _ with: [NamedSource], _ split: Split, _ over: Source?
    ) -> [Template] {
        var holes: [Placeholder] = [.index, .first, .count, .seeds]
        if over != nil { holes.append(.inputs) }
        if case .lines = split { holes.append(.line) }
        holes += points.map { .point($0.name) } + with.map { .with($0.name) }
        return [Template(parts: [.text("program")])]
            + holes.map { Template(parts: [.placeholder($0)]) }
    }

    private mutating func output(named name: String) -> OutputSpec {
        var merge: MergeSpec?
        if happens(75, in: 100) {
            merge = MergeSpec(
                rule: .lines, fanIn: roll(2...3),
                missing: happens(20, in: 100) ? .error : .partial)
        }
        return OutputSpec(name: name, file: "\(name).txt", merge: merge)
    }

    private mutating func source(among earlier: [StepSpec]) -> (Source?, Split) {
        let outputs = earlier.flatMap { step in
            step.outputs.map { Source.output(step: step.name, output: $0.name) }
        }
        if happens(65, in: 100), let source = pick(outputs) {
            let isWhole = earlier.flatMap(\.wholeOutputs).contains(source)
            if isWhole, happens(40, in: 100) { return (source, .lines(roll(1...3))) }
            return (source, happens(25, in: 100) ? .all : .outputs(roll(1...3)))
        }
        switch roll(1...7) {
        case 1: return (nil, .single)
        case 2: return (.input("events"), .files(roll(1...2)))
        case 3: return (.input("events"), .all)
        case 4: return (.input("lines"), .lines(roll(1...3)))
        case 5, 6:
            let range = happens(30, in: 100) ? 1..<5 : nil
            return (.input("events"), .events(perTask: roll(1...3), range: range))
        default: return (nil, .seeds(total: roll(1...24), perTask: roll(1...3), eventsPerSeed: 1))
        }
    }
}

extension StepSpec {
    /// Outputs that are one file for the whole step.
    fileprivate var wholeOutputs: [Source] {
        outputs.filter { $0.merge != nil || isSingleTask }.map {
            .output(step: name, output: $0.name)
        }
    }
}

/// Content that says `text`.
func content(_ text: String) -> StoredFile {
    let bytes = Array(text.utf8)
    return StoredFile(digest: Digest(of: bytes), size: ByteCount(Int64(bytes.count)))
}
