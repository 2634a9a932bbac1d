import ErgonModel

enum Fixture {
    /// What stories about leases run: tasks of several sizes.
    static let sample = campaign(
        "sample",
        [
            step("work", split: seeds(4000), run: ["work"], outputs: [output("out", .lines)]),
            step("wide", split: seeds(10), run: ["wide"], cpus: 2),
            step("heavy", split: seeds(10), run: ["heavy"], memory: 3),
            step("tidy", split: seeds(10), run: ["tidy"], cleanup: 10),
        ])

    /// A program that is told nothing but numbers.
    static let bare = campaign("bare", [step("bare", split: seeds(4000), run: ["w"], isWarm: true)])

    /// One step for every split, and one output for every merge rule.
    static let kinds = campaign(
        "kinds",
        inputs: [
            input("muons", .csv, [("a.csv", 5), ("b.csv", 3)]),
            input("names", .lines, [("names.txt", 5)]),
        ],
        [
            step(
                "alone", split: .single,
                run: ["sh", "-c", "echo {index} {seed} > {out.result}"],
                outputs: [output("result")]),
            step("everything", over: .input("muons"), split: .all, run: ["cat", "{inputs}"]),
            step("file", over: .input("muons"), split: .files(1), run: ["read", "--in={input}"]),
            step("files", over: .input("muons"), split: .files(2), run: ["read", "{inputs}"]),
            step(
                "events", over: .input("muons"), split: .events(perTask: 2, range: 1..<4),
                run: ["select", "{input}", "{first}+{count}", "{{not}}", "{seed}"]),
            step(
                "points", over: .input("muons"), split: .files(1),
                points: [axis("cut", "0.5", "1"), axis("sign", "+", "-")],
                run: ["cut", "{point.cut}", "{point.sign}", "{input}", "{index}"]),
            step(
                "line", over: .input("names"), split: .lines(1),
                run: ["look", "{line}", "{first}"]),
            step(
                "lines", over: .input("names"), split: .lines(2),
                run: ["look", "{input}", "{first}", "{count}"]),
            step(
                "seed", split: .seeds(total: 3, perTask: 1, eventsPerSeed: 100),
                run: ["gen", "{seed}", "{events}", "--out", "{out.events}", "{out.list}"],
                outputs: [output("events"), output("list", .lines)]),
            step(
                "seeds", split: .seeds(total: 3, perTask: 2, eventsPerSeed: 1),
                run: ["python3", "{code}/gen.py", "{seeds}", "{first}", "{count}"]),
            step(
                "piece", over: .output(step: "seed", output: "events"), split: .outputs(1),
                run: ["reco", "{input}"]),
            step(
                "pieces", over: .output(step: "seed", output: "events"), split: .outputs(2),
                run: ["reco", "{inputs}"]),
            step(
                "whole", over: .output(step: "seed", output: "events"), split: .all,
                run: ["reco", "{inputs}"]),
            step(
                "listed", over: .output(step: "seed", output: "list"), split: .lines(1),
                run: ["reco", "{line}", "{input}"]),
            step(
                "extra", split: seeds(1),
                with: [
                    NamedSource(name: "all", source: .input("muons")),
                    NamedSource(name: "list", source: .output(step: "seed", output: "list")),
                ], run: ["use", "{with.all}", "--list={with.list}"]),
            step(
                "merges", split: seeds(9), run: ["gen"],
                outputs: [
                    output("a", .lines), output("b", .csv), output("c", .counts(equal: [])),
                    output("d", .counts(equal: ["bins", "low"])), output("e", .histogram),
                    output("f", .run(templates(["sh", "{code}/sum.sh", "{out}", "{inputs}"]))),
                    output("g"),
                ]),
        ])
}

// MARK: Short ways to write a campaign down

private func campaign(
    _ name: String, inputs: [InputSpec] = [], _ steps: [StepSpec]
) -> Campaign {
    Campaign(
        name: name, owner: nil, description: nil, seed: 7, inputs: inputs, code: [],
        environment: EnvironmentSpec(python: nil, variables: ["MODE": "fast", "HOST": "any"]),
        steps: steps)
}

private func input(
    _ name: String, _ format: InputSpec.Format, _ files: [(String, Int)]
) -> InputSpec {
    InputSpec(
        name: name,
        files: files.map { file, events in
            let stored = content(file)
            return InputFile(name: file, digest: stored.digest, size: stored.size, events: events)
        }, format: format, url: nil, licence: nil)
}

/// - Parameters:
///   - memory: in GiB.
///   - cleanup: in seconds.
private func step(
    _ name: String, over: Source? = nil, split: Split, points: [PointAxis] = [],
    with: [NamedSource] = [], run: [String], cpus: Int = 1, memory: Int64 = 1,
    cleanup: Int64 = 0, outputs: [OutputSpec] = [], isWarm: Bool = false
) -> StepSpec {
    StepSpec(
        name: name, over: over, split: split, points: points, with: with, run: templates(run),
        outputs: outputs,
        resources: Resources(
            cpus: cpus, memory: ByteCount(memory << 30), time: nil, limit: .seconds(60),
            cleanup: .seconds(cleanup)),
        retry: RetrySpec(), variables: ["MODE": name], isWarm: isWarm)
}

private func templates(_ arguments: [String]) -> [Template] {
    arguments.map { argument in
        do { return try Template(parsing: argument) } catch { fatalError("\(argument): \(error)") }
    }
}

private func output(_ name: String, _ rule: MergeSpec.Rule? = nil) -> OutputSpec {
    OutputSpec(
        name: name, file: "\(name).txt",
        merge: rule.map { MergeSpec(rule: $0, fanIn: 3, missing: .partial) })
}

private func seeds(_ total: Int) -> Split { .seeds(total: total, perTask: 1, eventsPerSeed: 1) }

private func axis(_ name: String, _ values: String...) -> PointAxis {
    PointAxis(name: name, values: values)
}
