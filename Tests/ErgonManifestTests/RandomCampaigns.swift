import ErgonModel
import SeededRandom

/// Campaigns of every kind that a manifest can describe.
struct RandomCampaigns {
    private var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func next() -> Campaign {
        let inputs = names(0...3, "i").map { input($0) }
        var steps: [StepSpec] = []
        // Names in the order of the steps, so that ties by name and by creation agree.
        for name in names(1...5, "s") { steps.append(step(name, inputs, steps)) }
        return Campaign(
            name: "c-\(number(0...99))", owner: perhaps { $0.words() },
            description: perhaps { $0.words() }, seed: Int64(number(0...(1 << 53 - 1))),
            inputs: inputs, code: names(1...3, "code").map { file("\($0).py", nil) },
            environment: EnvironmentSpec(
                python: perhaps { $0.file("requirements.txt", nil) }, variables: variables()),
            steps: ordered(steps), goals: goals(),
            governance: governance(inputs, steps))
    }

    private mutating func governance(_ inputs: [InputSpec], _ steps: [StepSpec]) -> Governance {
        var governance = Governance()
        governance.purpose = perhaps { random in
            Purpose(code: random.perhaps { $0.words() }, text: random.words())
        }
        governance.risk = perhaps { $0.pick(RiskClass.allCases) }
        governance.approver = perhaps { $0.words() }
        governance.personalData = perhaps { random in
            let (basis, assessment): (LawfulBasis?, String?) = (
                random.perhaps { $0.pick(LawfulBasis.allCases) }, random.perhaps { $0.words() }
            )
            return random.pick([.none, .processed(basis: basis, assessment: assessment)])
        }
        governance.retention = perhaps { .seconds(Int64($0.number(1...300_000_000))) }
        let sources =
            inputs.map { Source.input($0.name) }
            + steps.flatMap { step in
                step.outputs.map { Source.output(step: step.name, output: $0.name) }
            }
        guard !sources.isEmpty else { return governance }
        governance.models = names(0...2, "m").map { name in
            ModelSpec(
                name: name, source: pick(sources), card: perhaps { $0.file("card.md", nil) },
                licence: perhaps { $0.words() })
        }
        return governance
    }

    private mutating func stewardship() -> Stewardship {
        var stewardship = Stewardship()
        stewardship.classification = perhaps { $0.pick(Stewardship.Classification.allCases) }
        stewardship.residency = names(0...2, "R")
        stewardship.owner = perhaps { $0.words() }
        return stewardship
    }

    private mutating func goals() -> Goals {
        Goals(
            objective: perhaps {
                Weights(
                    energy: Double($0.number(0...1000)) / 1000, carbon: $0.weight(),
                    money: $0.weight(), time: 0.001)
            },
            deadline: perhaps { Microseconds(Int64($0.number(1...1_000_000_000_000))) },
            longestWait: perhaps { Microseconds(Int64($0.number(1...1_000_000_000_000))) },
            budget: perhaps {
                SpendingLimit(
                    energy: $0.perhaps { Joules(microjoules: Int64($0.number(1...1 << 61))) },
                    carbon: $0.perhaps { GramsCO2e(micrograms: Int64($0.number(1...1 << 59))) },
                    money: Money(millionths: Int64($0.number(1...1_000_000_000_000_000))),
                    onExcess: $0.pick(SpendingLimit.Excess.allCases))
            })
    }

    private mutating func weight() -> Double { perhaps { Double($0.number(1...1_000_000)) } ?? 0 }

    /// After those they read from, otherwise by name, computed the slow way.
    private func ordered(_ steps: [StepSpec]) -> [StepSpec] {
        var (left, sorted): ([StepSpec], [StepSpec]) = (steps, [])
        while let index = left.firstIndex(where: { step in
            let sources = [step.over].compactMap(\.self) + step.with.map(\.source)
            return sources.allSatisfy { source in
                guard case .output(let name, _) = source else { return true }
                return sorted.contains { $0.name == name }
            }
        }) {
            sorted.append(left.remove(at: index))
        }
        return sorted
    }

    private mutating func step(
        _ name: String, _ inputs: [InputSpec], _ earlier: [StepSpec]
    ) -> StepSpec {
        let over = over(inputs, earlier)
        let points = names(0...2, "p").map { name in
            PointAxis(name: name, values: (0...number(0...2)).map { _ in words() })
        }
        let outputs = names(0...2, "o").map { output($0) }
        let merged = earlier.flatMap { step in
            step.outputs.filter { $0.merge != nil }.map {
                Source.output(step: step.name, output: $0.name)
            }
        }
        let sources = inputs.map { Source.input($0.name) } + merged
        let with =
            sources.isEmpty
            ? [] : names(0...2, "w").map { NamedSource(name: $0, source: pick(sources)) }
        var step = StepSpec(
            name: name, over: over, split: split(over), points: points, with: with, run: [],
            outputs: outputs,
            resources: Resources(
                cpus: number(1...4096), memory: ByteCount(Int64(number(1...(1 << 50)))),
                time: perhaps { Microseconds(Int64($0.number(1...1_000_000_000))) },
                limit: Microseconds(Int64(number(1_000_000_000...300_000_000_000_000))),
                cleanup: perhaps { Microseconds(Int64($0.number(1...999_999_999))) } ?? .zero),
            retry: retry(), variables: variables())
        step.isWarm = number(0...3) == 0
        step.determinism = perhaps { $0.determinism() }
        step.run = command(of: step)
        if step.isWarm { step.run.removeAll { !$0.placeholders.allSatisfy(isOfEveryTask) } }
        if step.run.isEmpty { step.run = [Template(parts: [.text("program")])] }
        return step
    }

    private func isOfEveryTask(_ hole: Placeholder) -> Bool {
        switch hole {
        case .code, .with: true
        case .index, .first, .count, .events, .input, .inputs, .line, .seed, .seeds, .out, .point,
            .output:
            false
        }
    }

    private mutating func determinism() -> Determinism {
        let format = Determinism.Comparator.known(pick(Determinism.Format.allCases))
        let program = Determinism.Comparator.run([
            Template(parts: [.text("compare")]), Template(parts: [.placeholder(.inputs)]),
        ])
        return pick([
            .bitwise, .canonical(format), .canonical(program), .statistical(program, nil),
            .statistical(format, Tolerance(partsPerTrillion: number(1...Tolerance.one))),
        ])
    }

    private mutating func retry() -> RetrySpec {
        let usual = RetrySpec()
        return RetrySpec(
            attempts: number(1...20),
            backoff: perhaps { Microseconds(Int64($0.number(0...3_600_000_000))) } ?? usual.backoff,
            finalExits: Set((0..<number(0...3)).map { _ in number(1...255) }).sorted(),
            afterTimeLimit: number(0...1) == 0,
            memoryPercent: perhaps { $0.number(100...1000) } ?? usual.memoryPercent,
            lostWorkers: perhaps { $0.number(1...20) } ?? usual.lostWorkers)
    }

    private mutating func over(_ inputs: [InputSpec], _ earlier: [StepSpec]) -> Source? {
        let outputs = earlier.flatMap { step in
            step.outputs.map { Source.output(step: step.name, output: $0.name) }
        }
        let all = inputs.map { Source.input($0.name) } + outputs
        return all.isEmpty ? nil : perhaps { $0.pick(all) }
    }

    private mutating func split(_ over: Source?) -> Split {
        let size = number(1...50)
        switch over {
        case nil:
            return pick([
                .single, .seeds(total: number(1...900), perTask: size, eventsPerSeed: size),
            ])
        case .input:
            return pick([
                .files(size), .all, .events(perTask: size, range: nil),
                .events(perTask: size, range: size..<size + 10),
            ])
        case .output: return pick([.outputs(size), .all])
        }
    }

    private mutating func command(of step: StepSpec) -> [Template] {
        var holes: [Placeholder] = [.index, .code]
        holes += step.points.map { .point($0.name) } + step.outputs.map { .output($0.name) }
        if case .seeds = step.split { holes += [.first, .count, .events] }
        if case .events = step.split { holes += [.first, .count, .input, .seed] }
        let alone: [Placeholder] =
            (step.over == nil ? [] : [.inputs]) + step.with.map { .with($0.name) }
        var run = [Template(parts: [.text("program")])]
        for _ in 0...number(0...6) {
            switch number(0...3) {
            case 0: run.append(Template(parts: [.text(words())]))
            case 1: run.append(Template(parts: [.placeholder(pick(holes))]))
            case 2 where !alone.isEmpty: run.append(Template(parts: [.placeholder(pick(alone))]))
            case 2: run.append(Template(parts: [.text("")]))
            default:
                run.append(
                    Template(parts: [
                        .text(words()), .placeholder(pick(holes)), .text("{}"),
                        .placeholder(pick(holes)),
                    ]))
            }
        }
        return run
    }

    private mutating func output(_ name: String) -> OutputSpec {
        let rules: [MergeSpec.Rule] = [
            .lines, .csv, .histogram, .counts(equal: []), .counts(equal: ["a b", "z"]),
            .run([
                Template(parts: [.text("m")]), Template(parts: [.placeholder(.inputs)]),
                Template(parts: [.text("--out="), .placeholder(.out)]),
            ]),
        ]
        let merge = perhaps { random in
            MergeSpec(
                rule: random.pick(rules), fanIn: random.number(2...256),
                missing: random.pick(MergeSpec.Missing.allCases))
        }
        let file = pick([name, "\(name).\(printable()).json"])
        return OutputSpec(name: name, file: file, merge: merge)
    }

    private mutating func input(_ name: String) -> InputSpec {
        let files = names(1...4, "f").map { name in
            file("\(name) \(printable())", pick([100, 200, 300]))
        }
        let isOne = files.count == 1
        return InputSpec(
            name: name, files: files, format: pick(InputSpec.Format.allCases),
            url: isOne ? perhaps { _ in "https://example.org/x/file" } : nil,
            licence: perhaps { $0.words() }, stewardship: stewardship())
    }

    private mutating func file(_ name: String, _ events: Int?) -> InputFile {
        InputFile(
            name: name, digest: digest(name), size: ByteCount(Int64(number(0...(1 << 53 - 1)))),
            events: events)
    }

    private mutating func variables() -> [String: String] {
        Dictionary(names(0...3, "V_").map { ($0.replacing("-", with: "_"), words()) }) { $1 }
    }

    /// Some names in ascending order.
    private mutating func names(_ count: ClosedRange<Int>, _ start: String) -> [String] {
        (0..<number(count)).map { "\(start)\($0)-\(number(0...9))" }
    }

    /// A text with what YAML, JSON and templates treat specially.
    private mutating func words() -> String {
        let pieces = [
            "a", "0", "-", "_", " ", "#", "{", "}", "'", "\"", "\\", "&", "*", "!", "%", "|",
            ">", "\n", "\t", "\r", "\u{1}", "\u{1F}", "é", "\u{A0}", "👍", "\u{E000}", "~", "null",
            "yes", ",", "[", "]", "?", "@", "`", ": ", "$",
        ]
        return "w" + (0..<number(0...12)).map { _ in pick(pieces) }.joined()
    }

    /// The same without control characters, as a file may be called.
    private mutating func printable() -> String {
        let control = { (scalar: Unicode.Scalar) in scalar.properties.generalCategory == .control }
        return String(String.UnicodeScalarView(words().unicodeScalars.filter { !control($0) }))
    }

    private mutating func number(_ range: ClosedRange<Int>) -> Int {
        Int.random(in: range, using: &random)
    }
    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[number(0...elements.count - 1)]
    }
    private mutating func perhaps<Content>(
        _ make: (inout RandomCampaigns) -> Content
    ) -> Content? {
        number(0...1) == 0 ? nil : make(&self)
    }
}
