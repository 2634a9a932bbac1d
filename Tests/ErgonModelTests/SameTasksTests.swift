import ErgonModel
import Testing

private func digest(_ number: Int) throws -> Digest {
    try #require(Digest(bytes: [UInt8](repeating: UInt8(number), count: 32)))
}

/// Files by what is in them and how many events that is.
private func campaign(
    _ contents: [(content: Int, events: Int)], _ split: Split, seeds: Int = 10, seed: Int64 = 0,
    points: [String] = ["a"]
) throws -> Campaign {
    func step(
        _ name: String, _ over: Source?, _ split: Split, _ argument: Placeholder,
        points: [PointAxis] = []
    ) -> StepSpec {
        StepSpec(
            name: name, over: over, split: split, points: points, with: [],
            run: [Template(parts: [.placeholder(argument)])],
            outputs: [
                OutputSpec(
                    name: "out", file: "out",
                    merge: MergeSpec(rule: .lines, fanIn: 2, missing: .partial))
            ],
            resources: Resources(cpus: 1, memory: ByteCount(1), time: nil, limit: .seconds(1)),
            retry: RetrySpec(), variables: [:])
    }
    let files = try contents.enumerated().map { place, file in
        InputFile(
            name: "f\(place)", digest: try digest(file.content), size: ByteCount(1),
            events: file.events)
    }
    return Campaign(
        name: "c", owner: nil, description: nil, seed: seed,
        inputs: [InputSpec(name: "in", files: files, format: .csv, url: nil, licence: nil)],
        code: [], environment: EnvironmentSpec(python: nil, variables: [:]),
        steps: [
            step("gen", nil, .seeds(total: seeds, perTask: 3, eventsPerSeed: 1), .seeds),
            step(
                "reco", .input("in"), split, .inputs,
                points: [PointAxis(name: "cut", values: points)]),
            step("tag", .output(step: "reco", output: "out"), .outputs(2), .inputs),
        ])
}

private func same(
    _ new: Campaign, _ old: Campaign, done: @escaping (Stage) -> IntervalSet
) -> [Stage: IntervalSet] {
    func side(_ campaign: Campaign) -> SameTasks.Side {
        SameTasks.Side(campaign) { step in
            step == 2
                ? Shards(of: campaign.steps[1], in: campaign, upstream: nil)?.count : nil
        }
    }
    return SameTasks(of: side(new), and: side(old), done: done).stages
}

private let everything = IntervalSet(0..<1 << 40)
private let first: [(content: Int, events: Int)] = [(1, 10), (2, 7), (3, 4)]
private func set(_ ranges: Range<Int>...) -> IntervalSet {
    ranges.reduce(into: IntervalSet()) { $0.insert($1) }
}
private func work(_ step: Int) -> Stage { Stage(step: step, part: .work) }
private func merge(_ step: Int, _ level: Int) -> Stage {
    Stage(step: step, part: .merge(output: 0, level: level))
}

@Suite struct `Tasks with the same keys` {
    @Test func `a campaign is the same as itself, all of it`() throws {
        let one = try campaign(first, .events(perTask: 4, range: nil), points: ["a", "b"])
        let stages = same(one, one) { _ in everything }
        // 3 + 2 + 1 tasks at each of two points.
        #expect(stages[work(1)] == IntervalSet(0..<12))
        #expect(stages[work(2)] == IntervalSet(0..<6))
        #expect(stages[merge(1, 4)] == IntervalSet(0..<1))
        #expect(stages[merge(0, 2)] == IntervalSet(0..<1))
        #expect(stages.count == 3 + (2 + 4 + 3))
    }

    @Test func `a file that changed is read again, and what is made from it is made again`() throws
    {
        let split = Split.events(perTask: 4, range: nil)
        let old = try campaign(first, split)
        let stages = same(try campaign([(1, 10), (9, 7), (3, 4)], split), old) { _ in everything }
        #expect(stages[work(0)] == IntervalSet(0..<4))
        #expect(stages[work(1)] == set(0..<3, 5..<6))
        #expect(stages[merge(1, 1)] == IntervalSet(0..<1))
        #expect(stages[merge(1, 3)] == nil)
        #expect(stages[work(2)] == IntervalSet(0..<1))
    }

    /// Each task by itself, as its key is defined.
    @Test(arguments: [
        Split.events(perTask: 4, range: nil), .events(perTask: 3, range: 2..<6), .files(1),
        .files(2), .all,
    ])
    func `what is the same is so task by task`(split: Split) throws {
        let others: [[(content: Int, events: Int)]] = [
            first, [(1, 10), (9, 7), (3, 4)], [(1, 10), (2, 7)], [(1, 9), (2, 7), (3, 4)],
            [(9, 10), (2, 7), (3, 4), (4, 5)], [(2, 7), (1, 10), (3, 4)],
        ]
        for points in [["a"], ["a", "b"]] {
            let old = try campaign(first, split, points: points)
            let former = try #require(Shards(of: old.steps[1], in: old, upstream: nil))
            for contents in others {
                let new = try campaign(contents, split, points: points)
                let shards = try #require(Shards(of: new.steps[1], in: new, upstream: nil))
                let found = same(new, old) { _ in everything }[work(1)] ?? IntervalSet()
                for task in 0..<shards.count where found.contains(task) {
                    #expect(task < former.count)
                    let (now, then) = (shards[task], former[task])
                    #expect(now == then)
                    #expect(
                        now.files.allSatisfy { place in
                            new.inputs[0].files[place].digest == old.inputs[0].files[place].digest
                        })
                }
                guard points.count == 1 else { continue }
                // And none is missed where task numbers stand for the same shards.
                for task in 0..<min(shards.count, former.count) where !found.contains(task) {
                    let isSame =
                        shards[task] == former[task]
                        && shards[task].files.allSatisfy { place in
                            new.inputs[0].files[place].digest == old.inputs[0].files[place].digest
                                && new.inputs[0].files[place].events
                                    == old.inputs[0].files[place].events
                        }
                    #expect(!isSame, "\(split), \(contents): task \(task)")
                }
            }
        }
    }

    @Test func `more seeds are the old ones and some more`() throws {
        let old = try campaign(first, .files(1), seeds: 10)
        let stages = same(try campaign(first, .files(1), seeds: 20), old) { _ in everything }
        // The fourth task had one seed and has three now.
        #expect(stages[work(0)] == IntervalSet(0..<3))
        #expect(stages[merge(0, 1)] == IntervalSet(0..<1))
        #expect(stages[merge(0, 2)] == nil)
    }

    @Test func `another seed is for those who draw, and nothing is the same that was not done`()
        throws
    {
        let old = try campaign(first, .files(1))
        let other = try campaign(first, .files(1), seed: 1)
        let stages = same(other, old) { stage in
            stage == work(1) ? IntervalSet(1..<3) : everything
        }
        #expect(stages[work(0)] == nil)
        #expect(stages[work(1)] == IntervalSet(1..<3))
        #expect(stages[merge(1, 1)] == IntervalSet(1..<2))
        #expect(stages[work(2)] == IntervalSet(1..<2))
    }
}
