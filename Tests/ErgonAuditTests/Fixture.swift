import ErgonAudit
import ErgonModel
import ErgonProvenance

let worker = WorkerFacts(
    worker: WorkerID("w1"), cpus: 4, memory: ByteCount(1 << 33), cpuModel: "A CPU",
    power: PowerModel(
        source: "model:table", perThread: Watts(milliwatts: 5000), uncertaintyPercent: 30))

/// Every kind of source, split and merge, small enough to count by hand.
enum Fixture {
    static let manifest = Digest(of: "canonical form".utf8)

    static let campaign = Campaign(
        name: "z-peak", owner: nil, description: nil, seed: 1,
        inputs: [
            InputSpec(
                name: "muons", files: [file("a.csv", events: 5), file("b.csv", events: 3)],
                format: .csv, url: nil, licence: nil)
        ],
        code: [], environment: EnvironmentSpec(python: nil, variables: [:]),
        steps: [
            step(
                "gen", split: .seeds(total: 11, perTask: 3, eventsPerSeed: 1),
                outputs: [output("events"), output("list", .lines)]),
            step("lines", over: .output(step: "gen", output: "list"), split: .lines(2)),
            step(
                "reco", over: .output(step: "gen", output: "events"), split: .outputs(1),
                outputs: [output("mass", .counts(equal: []))]),
            step(
                "select", over: .input("muons"), split: .events(perTask: 2, range: 1..<4),
                points: [PointAxis(name: "cut", values: ["a", "b"])]),
            step(
                "final", split: .single, outputs: [output("plot")],
                with: [NamedSource(name: "mass", source: .output(step: "reco", output: "mass"))]),
        ])

    private static func file(_ name: String, events: Int) -> InputFile {
        InputFile(name: name, digest: Digest(of: name.utf8), size: ByteCount(9), events: events)
    }

    static func output(_ name: String, _ rule: MergeSpec.Rule? = nil) -> OutputSpec {
        OutputSpec(
            name: name, file: "\(name).txt",
            merge: rule.map { MergeSpec(rule: $0, fanIn: 2, missing: .partial) })
    }

    static func step(
        _ name: String, over: Source? = nil, split: Split, outputs: [OutputSpec] = [],
        points: [PointAxis] = [], with: [NamedSource] = []
    ) -> StepSpec {
        StepSpec(
            name: name, over: over, split: split, points: points, with: with, run: [],
            outputs: outputs,
            resources: Resources(
                cpus: 1, memory: ByteCount(1 << 30), time: nil, limit: .seconds(60)),
            retry: RetrySpec(attempts: 2), variables: [:])
    }

    static func stored(_ text: String) -> StoredFile {
        StoredFile(digest: Digest(of: text.utf8), size: ByteCount(Int64(text.utf8.count)))
    }

    /// A log of a campaign in which task 2 of `reco` failed twice.
    static let log: [RecordedEvent] = numbered([
        .coordinatorStarted(epoch: 1, version: "0.1"),
        .workerJoined(worker),
        .campaignAccepted(
            AcceptedCampaign(id: CampaignID(1), name: "z-peak", manifest: manifest, by: "anna")),
        results("gen", 0..<4, outputs: 2),
        results("gen.list/1", 0..<2, outputs: 1),
        results("reco", 0..<2, outputs: 1),
        results("gen.list/2", 0..<1, outputs: 1),
        .stageSized(CampaignID(1), stage: "lines", count: 3),
        results("reco", 2..<3, .failed(.exit(3), isFinal: false)),
        .coordinatorStarted(epoch: 2, version: "0.1"),
        results("lines", 0..<2),
        results("reco", 2..<3, .failed(.signal(9), isFinal: true)),
        results("reco", 3..<4, outputs: 1),
        results("reco.mass/1", 0..<2, outputs: 1),
        results("reco.mass/2", 0..<1, outputs: 1),
        results("select", 0..<6),
        results("final", 0..<1, outputs: 1),
        .campaignSealed(seal),
    ])

    static let seal = SealedCampaign(
        id: CampaignID(1), ending: .incomplete,
        outputs: [
            published("gen.list", "list.txt", "gen.list/2 0 0"),
            published("reco.mass", "mass.partial.txt", "reco.mass/2 0 0", missing: 2..<3),
            published("final.plot", "plot.partial.txt", "final 0 0"),
        ],
        coverage: [
            covered("gen", "seeds", "seeds", 0..<11),
            covered("lines", "gen.list", "lines", 0..<3),
            Coverage(
                step: "reco", source: "gen.events", unit: "tasks", declared: 0..<4,
                covered: without(2, in: 0..<4),
                gaps: [Coverage.Gap(range: 2..<3, reason: "task 2 failed: signal 9")]),
            covered("select", "muons/a.csv [cut=a]", "events", 1..<4),
            covered("select", "muons/b.csv [cut=a]", "events", 1..<3),
            covered("select", "muons/a.csv [cut=b]", "events", 1..<4),
            covered("select", "muons/b.csv [cut=b]", "events", 1..<3),
            covered("final", "task", "tasks", 0..<1),
        ], account: account(succeeded: 22, failed: 2))

    private static func published(
        _ name: String, _ file: String, _ content: String, missing: Range<Int> = 0..<0
    ) -> PublishedOutput {
        PublishedOutput(
            name: name, file: file, content: stored(content), missing: IntervalSet(missing))
    }

    private static func covered(
        _ step: String, _ source: String, _ unit: String, _ range: Range<Int>
    ) -> Coverage {
        Coverage(
            step: step, source: source, unit: unit, declared: range, covered: IntervalSet(range),
            gaps: [])
    }

    private static func without(_ number: Int, in range: Range<Int>) -> IntervalSet {
        var set = IntervalSet(range)
        set.remove(number..<number + 1)
        return set
    }

    static func account(succeeded: Int, failed: Int, superseded: Int = 0) -> Account {
        func line(_ attempts: Int) -> Account.Line {
            Account.Line(
                attempts: attempts, cpu: Microseconds(500_000 * Int64(attempts)),
                wall: .seconds(Int64(attempts)),
                energy: Joules(microjoules: 2_000_000 * Int64(attempts)))
        }
        var account = Account()
        account.succeeded = line(succeeded)
        account.failed = line(failed)
        account.superseded = line(superseded)
        return account
    }
}

/// Audits the events as a log whose bytes are all in order.
func audit(
    _ events: [RecordedEvent], of campaign: Campaign = Fixture.campaign
) throws -> AuditReport {
    var audit = Audit { $0 == Fixture.manifest ? campaign : nil }
    for (sequence, event) in events.enumerated() {
        let record = Record(
            time: Instant(microseconds: 1_700_000_000_000_000 + Int64(sequence)), event: event)
        let (read, decoded) = try decode(encode(record, sequence: sequence))
        audit.add(decoded, sequence: read)
    }
    return audit.report
}
