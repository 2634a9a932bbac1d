import ErgonModel

/// The campaigns that stories submit.
enum Fixture {
    static let all = [
        one, chain, barrier, tree, strict, words, grid, stubborn, big, nothing, broken, lists,
        rules, many,
    ]

    static func named(_ name: String) throws -> Campaign {
        guard let campaign = all.first(where: { $0.name == name }) else {
            throw StoryFault("no campaign `\(name)`")
        }
        return campaign
    }

    static func manifest(of campaign: Campaign) -> StoredFile {
        content("manifest \(campaign.name)")
    }

    static func submitted(with manifest: Digest) -> (Campaign, size: ByteCount)? {
        all.first { Self.manifest(of: $0).digest == manifest }.map {
            ($0, size: Self.manifest(of: $0).size)
        }
    }

    /// Twelve tasks that need nothing.
    private static let one = campaign(
        "one", [step("gen", split: seeds(12), outputs: [output("events")])])

    /// One to one, two to one, all to one.
    private static let chain = campaign(
        "chain",
        [
            step("gen", split: seeds(4), outputs: [output("events")]),
            step(
                "reco", over: "gen.events", split: .outputs(1), outputs: [output("hits")]),
            step(
                "pair", over: "reco.hits", split: .outputs(2), outputs: [output("pairs")]),
            step("sum", over: "pair.pairs", split: .all, outputs: [output("total")]),
        ])

    /// Every task of `use` reads the merged output of `gen`.
    private static let barrier = campaign(
        "barrier",
        [
            step("gen", split: seeds(2), outputs: [output("table", merge: .csv)]),
            step("use", split: seeds(2), with: ["table": "gen.table"]),
        ])

    /// Five pieces, two at a time: three levels.
    private static let tree = campaign(
        "tree",
        [step("gen", split: seeds(5), attempts: 1, outputs: [output("mass", merge: .lines)])])

    /// The same, but nothing is better than a part.
    private static let strict = campaign(
        "strict",
        [
            step(
                "gen", split: seeds(5), attempts: 1,
                outputs: [output("mass", merge: .lines, missing: .error)]),
            step("fit", split: .single, with: ["mass": "gen.mass"], outputs: [output("result")]),
            step("plot", over: "fit.result", split: .all),
        ])

    /// `look` has as many tasks as the merged list has lines, two at a time.
    private static let words = campaign(
        "words",
        [
            step("gen", split: seeds(2), attempts: 1, outputs: [output("list", merge: .lines)]),
            step("look", over: "gen.list", split: .lines(2), outputs: [output("found")]),
        ])

    /// Two files of events at two by two points.
    private static let grid = campaign(
        "grid",
        inputs: [
            input("muons", .csv, [("a.csv", 5), ("b.csv", 3)])
        ],
        [
            step(
                "select", over: "muons", split: .events(perTask: 2, range: 1..<4),
                points: [axis("cut", "tight", "loose"), axis("sign", "plus", "minus")],
                attempts: 1)
        ])

    /// Each task may start three times.
    private static let stubborn = campaign(
        "stubborn",
        [
            step("gen", split: seeds(3), attempts: 3, outputs: [output("events")]),
            step("reco", over: "gen.events", split: .outputs(1), outputs: [output("hits")]),
            step("sum", over: "reco.hits", split: .all, outputs: [output("total")]),
        ])

    /// Retry rules of its own: five attempts, but none after exit 2 or the time limit, and more
    /// memory for what was killed.
    private static let rules = campaign(
        "rules",
        [
            step(
                "gen", split: seeds(3), memory: 4,
                retry: RetrySpec(
                    attempts: 5, backoff: .seconds(10), finalExits: [2], afterTimeLimit: false,
                    memoryPercent: 150),
                outputs: [output("events")])
        ])

    /// Forty tasks that need nothing.
    private static let many = campaign(
        "many", [step("gen", split: seeds(40), outputs: [output("events")])])

    /// One step needs more threads, one more memory than small workers have.
    private static let big = campaign(
        "big",
        [
            step("many", split: seeds(1), cpus: 4),
            step("much", split: seeds(1), memory: 64),
        ])

    /// Nothing to select from.
    private static let nothing = campaign(
        "nothing", inputs: [input("muons", .csv, [("a.csv", 0)])],
        [
            step(
                "select", over: "muons", split: .events(perTask: 2, range: nil),
                outputs: [output("kept"), output("mass", merge: .lines)]),
            step("reco", over: "select.kept", split: .outputs(2), outputs: [output("hits")]),
            step("fit", split: .single, with: ["mass": "select.mass"]),
            step("look", over: "select.mass", split: .lines(1), outputs: [output("found")]),
            step("sum", over: "look.found", split: .all),
        ])

    /// A step whose tasks can never be counted, and one that reads it.
    private static let broken = campaign(
        "broken",
        [
            step(
                "gen", split: seeds(2), attempts: 1,
                outputs: [output("list", merge: .lines, missing: .error)]),
            step("look", over: "gen.list", split: .lines(1), outputs: [output("found")]),
            step("sum", over: "look.found", split: .all),
        ])

    /// A split over the lines of texts that were brought along.
    private static let lists = campaign(
        "lists",
        inputs: [
            input("many", .lines, [("a.txt", 3), ("b.txt", 1)]),
            input("names", .lines, [("names.txt", 5)]),
        ],
        [
            step("look", over: "names", split: .lines(2), outputs: [output("found")]),
            step("read", over: "many", split: .lines(2)),
        ])
}

// MARK: Short ways to write a campaign down

func campaign(_ name: String, inputs: [InputSpec] = [], _ steps: [StepSpec]) -> Campaign {
    Campaign(
        name: name, owner: nil, description: nil, seed: 1, inputs: inputs, code: [],
        environment: EnvironmentSpec(python: nil, variables: [:]), steps: steps)
}

func input(_ name: String, _ format: InputSpec.Format, _ files: [(String, Int)]) -> InputSpec {
    InputSpec(
        name: name,
        files: files.map { file, events in
            let stored = content(file)
            return InputFile(name: file, digest: stored.digest, size: stored.size, events: events)
        }, format: format, url: nil, licence: nil)
}

/// - Parameters:
///   - over, with: an input, or `step.output`.
///   - memory: in GiB.
///   - attempts: of the usual retry rules, if there are no others.
func step(
    _ name: String, over: String? = nil, split: Split, points: [PointAxis] = [],
    with: [String: String] = [:], cpus: Int = 1, memory: Int64 = 1, attempts: Int = 3,
    retry: RetrySpec? = nil, outputs: [OutputSpec] = []
) -> StepSpec {
    StepSpec(
        name: name, over: over.map(source), split: split, points: points,
        with: with.sorted { $0.key < $1.key }.map { NamedSource(name: $0, source: source($1)) },
        run: [], outputs: outputs,
        resources: Resources(
            cpus: cpus, memory: ByteCount(memory << 30), time: nil, limit: .seconds(60)),
        retry: retry ?? RetrySpec(attempts: attempts), variables: [:])
}

func output(
    _ name: String, merge rule: MergeSpec.Rule? = nil, fanIn: Int = 2,
    missing: MergeSpec.Missing = .partial
) -> OutputSpec {
    OutputSpec(
        name: name, file: "\(name).txt",
        merge: rule.map { MergeSpec(rule: $0, fanIn: fanIn, missing: missing) })
}

func seeds(_ total: Int) -> Split { .seeds(total: total, perTask: 1, eventsPerSeed: 1) }

func axis(_ name: String, _ values: String...) -> PointAxis {
    PointAxis(name: name, values: values)
}

private func source(_ text: String) -> Source {
    let parts = text.split(separator: ".")
    return parts.count == 2
        ? .output(step: String(parts[0]), output: String(parts[1])) : .input(text)
}
