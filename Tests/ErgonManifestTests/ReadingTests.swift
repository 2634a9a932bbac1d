import ErgonManifest
import ErgonModel
import Testing

/// What a manifest means, where a golden file would hide it.
@Suite struct ReadingTests {
    @Test func `lookups come in the order of the text and know what they are for`() throws {
        let manifest = try parseManifest(Corpus.text(of: "valid/every-key"), file: "m.yaml")
        let digest = try #require(
            Digest(hex: String(repeating: "0a", count: 32)))
        #expect(manifest.lookups.map(\.id) == Array(0..<8))
        #expect(
            manifest.lookups.map(\.wanted) == [
                .pattern("data/muons-*.root"), .pattern("data/e-1.csv"), .pattern("data/e-2.csv"),
                .url("https://example.org/open/geometry.json", digest), .pattern("good-runs.list"),
                .pattern("src/*.py"), .pattern("settings.json"), .pattern("requirements.txt"),
            ])
        #expect(
            manifest.lookups.map(\.purpose) == [
                .input(format: nil), .input(format: .csv), .input(format: .csv),
                .input(format: .opaque), .input(format: nil), .code, .code, .python,
            ])
    }

    @Test func `steps stand after those they read from and otherwise by name`() throws {
        let campaign = try campaign(of: Corpus.text(of: "valid/order-of-steps"))
        #expect(campaign.steps.map(\.name) == ["b", "z", "c", "m", "a"])
    }

    @Test func `a step without anything has the defaults`() throws {
        let campaign = try campaign(of: Corpus.text(of: "valid/smallest"))
        #expect(
            campaign.steps == [
                StepSpec(
                    name: "s", over: nil, split: .single, points: [], with: [],
                    run: [Template(parts: [.text("true")])], outputs: [],
                    resources: Resources(
                        cpus: 1, memory: ByteCount(1 << 30), time: nil, limit: .seconds(86_400)),
                    retry: RetrySpec(), variables: [:])
            ])
        #expect(campaign.seed == 0 && campaign.inputs == [] && campaign.code == [])
    }

    @Test(arguments: [
        ("files: 3", Split.files(3)), ("rows: 3", .events(perTask: 3, range: nil)),
        ("events: 3", .events(perTask: 3, range: nil)),
    ])
    func `an input is split as its one key says`(key: String, split: Split) throws {
        let text = manifest(steps: "{s: {over: i, split: {\(key)}, run: [s]}}")
        #expect(try campaign(of: text + "inputs: {i: {files: a.csv}}").steps[0].split == split)
    }

    @Test func `seeds stand for one event each and come one a task unless told otherwise`() throws {
        let steps =
            "{s: {split: {seeds: 10}, run: [s]}, t: {split: {seeds: 9, events: 5}, run: [t]}}"
        #expect(
            try campaign(of: manifest(steps: steps)).steps.map(\.split) == [
                .seeds(total: 10, perTask: 1, eventsPerSeed: 1),
                .seeds(total: 9, perTask: 1, eventsPerSeed: 5),
            ])
    }

    @Test func `declared events complete what was not counted`() throws {
        let text =
            manifest(steps: "{s: {over: i, split: {events: 5}, run: [s]}}")
            + "inputs: {i: {files: 'a-*.root', events: [10, 20]}}"
        #expect(try campaign(of: text).inputs[0].files.map(\.events) == [10, 20])
    }

    @Test func `files of one input are sorted by their bytes`() throws {
        let text =
            manifest(steps: "{s: {over: i, run: [s]}}")
            + "inputs: {i: {files: [é.csv, z.csv, B.csv, a.csv]}}"
        #expect(
            try campaign(of: text).inputs[0].files.map(\.name) == [
                "B.csv", "a.csv", "z.csv", "é.csv",
            ])
    }

    @Test(arguments: [
        ("a.csv", InputSpec.Format.csv), ("a.txt", .lines), ("a.list", .lines), ("a.jsonl", .lines),
        ("a.root", .opaque), ("csv", .opaque), ("a.csv.gz", .opaque),
    ])
    func `a file's name tells its format`(name: String, format: InputSpec.Format) {
        #expect(inputFormat(ofFileNamed: name) == format)
    }

    @Test func `an answer that is not the file asked for is refused`() throws {
        let manifest = try parseManifest(
            manifest(steps: "{s: {run: [s]}}") + "inputs: {i: {url: https://h/a, sha256: "
                + String(repeating: "0a", count: 32) + "}}\n", file: "m.yaml")
        let other = InputFile(name: "a", digest: digest("a"), size: ByteCount(1), events: nil)
        for answer in [[], [other]] {
            #expect(throws: ManifestErrors.self) { try manifest.resolved { _ in .success(answer) } }
        }
    }

    @Test(arguments: ["a/b", "..", "", "a\u{7F}", "a\u{2028}b", String(repeating: "x", count: 256)])
    func `a file whose name cannot be kept is refused`(name: String) throws {
        let manifest = try parseManifest(
            manifest(steps: "{s: {run: [s]}}") + "code: '*'\n", file: "m.yaml")
        let file = InputFile(name: name, digest: digest("a"), size: ByteCount(1), events: nil)
        #expect(throws: ManifestErrors.self) { try manifest.resolved { _ in .success([file]) } }
    }

    @Test func `each file is asked for once`() throws {
        let manifest = try parseManifest(Corpus.text(of: "valid/every-key"), file: "m.yaml")
        var asked: [Int] = []
        _ = try manifest.resolved { lookup in
            asked.append(lookup.id)
            return everything(lookup)
        }
        #expect(asked.sorted() == manifest.lookups.map(\.id))
    }

    @Test func `a step says when it is started again`() throws {
        let campaign = try campaign(of: Corpus.text(of: "valid/retries"))
        let step = try #require(campaign.stepIndex(named: "every-key").map { campaign.steps[$0] })
        #expect(
            step.retry
                == RetrySpec(
                    attempts: 8, backoff: .seconds(90), finalExits: [2, 64, 65],
                    afterTimeLimit: false, memoryPercent: 125, lostWorkers: 2))
        #expect(step.resources.cleanup == .seconds(90))
    }

    @Test(arguments: [
        ("1", 100), ("1.0", 100), ("1.01", 101), ("1.1", 110), ("2", 200), ("9.99", 999),
        ("10", 1000), ("1_0", 1000), ("10.00", 1000),
    ])
    func `memory grows by a factor that is kept in percent`(factor: String, percent: Int) throws {
        let text = manifest(steps: "{s: {run: [s], retry: {grow-memory: \(factor)}}}")
        #expect(try campaign(of: text).steps[0].retry.memoryPercent == percent)
    }

    @Test func `errors are shown with their place, and the remedy below`() {
        let errors = ManifestErrors(errors: [
            ManifestError(
                file: "campaign.yaml", line: 4, column: 7, problem: "unknown key `cpu`",
                remedy: "did you mean `cpus`?"),
            ManifestError(file: "c.yaml", line: 9, column: 1, problem: "wrong", remedy: ""),
        ])
        #expect(
            render(errors) == """
                campaign.yaml:4:7: unknown key `cpu`
                    did you mean `cpus`?
                c.yaml:9:1: wrong
                """)
    }

    @Test(arguments: [
        ("cpu", "did you mean `cpus`?"), ("CPUS", "did you mean `cpus`?"),
        ("cpsu", "did you mean `cpus`?"), ("memroy", "did you mean `memory`?"),
        ("disk", "keys of `resources`: `cpus`, `memory`, `time`, `limit`, `cleanup`"),
    ])
    func `a mistyped key is recognised`(key: String, remedy: String) {
        let found = errors(of: manifest(steps: "{s: {run: [s], resources: {\(key): 1}}}"))
        #expect(found.map(\.remedy) == [remedy])
    }
}
