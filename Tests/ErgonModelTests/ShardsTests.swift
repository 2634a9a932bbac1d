import ErgonModel
import Testing

/// One step over files of 10, 0, 7 and 3 events.
private func shards(
    _ split: Split, over: Source? = nil, points: [PointAxis] = [], upstream: Int? = nil
) throws -> Shards? {
    let digest = try #require(Digest(bytes: [UInt8](repeating: 7, count: 32)))
    let files = [10, 0, 7, 3].enumerated().map { number, events in
        InputFile(name: "f\(number)", digest: digest, size: ByteCount(1), events: events)
    }
    let step = StepSpec(
        name: "work", over: over, split: split, points: points, with: [], run: [], outputs: [],
        resources: Resources(cpus: 1, memory: ByteCount(1), time: nil, limit: .seconds(1)),
        retry: RetrySpec(), variables: [:])
    let campaign = Campaign(
        name: "c", owner: nil, description: nil, seed: 0,
        inputs: [InputSpec(name: "muons", files: files, format: .csv, url: nil, licence: nil)],
        code: [], environment: EnvironmentSpec(python: nil, variables: [:]), steps: [step])
    return Shards(of: step, in: campaign, upstream: upstream)
}

private let input = Source.input("muons")
private let output = Source.output(step: "before", output: "out")

extension Shards {
    fileprivate var all: [Shard] { (0..<count).map { self[$0] } }
}

@Suite struct `The tasks of a step` {
    @Test func `a step without an input is one task`() throws {
        let shards = try #require(try shards(.single))
        #expect(shards.count == 1)
        #expect(shards[0].files.isEmpty)
        #expect(shards[0].range == nil)
        #expect(shards[0].point.isEmpty)
    }

    @Test func `files come in groups, the last may be smaller`() throws {
        let shards = try #require(try shards(.files(3), over: input))
        #expect(shards.all.map(\.files) == [0..<3, 3..<4])
        #expect(shards.all.allSatisfy { $0.range == nil })
    }

    @Test func `everything is one task`() throws {
        #expect(try shards(.all, over: input)?.all.map(\.files) == [0..<4])
        #expect(try shards(.all, over: output, upstream: 9)?.all.map(\.files) == [0..<9])
    }

    @Test func `events are cut at the end of a file, and a file without any has no task`() throws {
        let shards = try #require(try shards(.events(perTask: 4, range: nil), over: input))
        #expect(shards.all.map(\.files) == [0..<1, 0..<1, 0..<1, 2..<3, 2..<3, 3..<4])
        #expect(shards.all.map(\.range) == [0..<4, 4..<8, 8..<10, 0..<4, 4..<7, 0..<3])
    }

    @Test func `a range of events holds in each file`() throws {
        let split = Split.events(perTask: 3, range: 5..<9)
        let shards = try #require(try shards(split, over: input))
        #expect(shards.all.map(\.files) == [0..<1, 0..<1, 2..<3])
        #expect(shards.all.map(\.range) == [5..<8, 8..<9, 5..<7])
    }

    @Test func `lines of an input are cut at the end of a file`() throws {
        let shards = try #require(try shards(.lines(6), over: input))
        #expect(shards.all.map(\.files) == [0..<1, 0..<1, 2..<3, 2..<3, 3..<4])
        #expect(shards.all.map(\.range) == [0..<6, 6..<10, 0..<6, 6..<7, 0..<3])
    }

    @Test func `a step over another's output waits until its number is known`() throws {
        for split in [Split.outputs(1), .lines(1), .all] {
            #expect(try shards(split, over: output) == nil)
        }
        let groups = try #require(try shards(.outputs(4), over: output, upstream: 10))
        #expect(groups.all.map(\.files) == [0..<4, 4..<8, 8..<10])
        let lines = try #require(try shards(.lines(2), over: output, upstream: 5))
        #expect(lines.all.map(\.range) == [0..<2, 2..<4, 4..<5])
        #expect(lines.all.allSatisfy { $0.files == 0..<1 })
        #expect(try shards(.lines(2), over: output, upstream: 0)?.count == 0)
    }

    @Test func `seeds are consecutive`() throws {
        let shards = try #require(try shards(.seeds(total: 7, perTask: 3, eventsPerSeed: 100)))
        #expect(shards.all.map(\.range) == [0..<3, 3..<6, 6..<7])
    }

    @Test func `the split runs fastest, then the last axis of the grid`() throws {
        let axes = [
            PointAxis(name: "pt", values: ["20", "30"]),
            PointAxis(name: "eta", values: ["1", "2", "3"]),
        ]
        let split = Split.seeds(total: 2, perTask: 1, eventsPerSeed: 1)
        let shards = try #require(try shards(split, points: axes))
        #expect(shards.perPoint == 2)
        #expect(shards.count == 12)
        #expect(shards.all.map { $0.range?.lowerBound } == (0..<12).map { $0 % 2 })
        #expect(
            shards.all.map(\.point)
                == [
                    ["20", "1"], ["20", "1"], ["20", "2"], ["20", "2"], ["20", "3"], ["20", "3"],
                    ["30", "1"], ["30", "1"], ["30", "2"], ["30", "2"], ["30", "3"], ["30", "3"],
                ])
    }

    @Test func `more tasks than can be counted with are none`() throws {
        let lines = try shards(.lines(1), over: output, upstream: Shards.limit)
        #expect(lines?.count == Shards.limit)
        #expect(try shards(.lines(1), over: output, upstream: Shards.limit + 1) == nil)
        #expect(try shards(.lines(1), over: output, upstream: .max) == nil)
        #expect(try shards(.lines(.max), over: output, upstream: .max)?.count == 1)
        let axes = (0..<8).map { PointAxis(name: "p\($0)", values: (0..<256).map(String.init)) }
        #expect(try shards(.single, points: axes) == nil)
        #expect(try shards(.single, points: Array(axes.prefix(5)))?.count == Shards.limit)
        #expect(try shards(.lines(1), over: output, points: axes, upstream: 0)?.points == 0)
    }

    @Test func `coverage goes by points as long as they, and the files, are few`() throws {
        let split = Split.events(perTask: 1, range: nil)
        func isByPoint(_ points: Int, _ split: Split, _ over: Source?) throws -> Bool? {
            let axis = PointAxis(name: "p", values: (0..<points).map(String.init))
            return try shards(split, over: over, points: [axis])?.isCoveredByPoint
        }
        #expect(try isByPoint(4096, split, input) == true)
        #expect(try isByPoint(4097, split, input) == false)
        #expect(try isByPoint(4097, .single, nil) == false)
    }

    @Test(arguments: 1...12)
    func `every event is in exactly one task, whatever the split`(size: Int) throws {
        let shards = try #require(try shards(.events(perTask: size, range: nil), over: input))
        var seen: [Int: [Int]] = [:]
        for shard in shards.all {
            seen[shard.files.lowerBound, default: []] += shard.range ?? 0..<0
        }
        #expect(seen == [0: Array(0..<10), 2: Array(0..<7), 3: Array(0..<3)])
    }

    @Test func `a hundred million tasks cost no more than ten`() throws {
        let split = Split.seeds(total: 100_000_000, perTask: 1, eventsPerSeed: 1)
        let shards = try #require(try shards(split))
        #expect(shards.count == 100_000_000)
        #expect(shards[99_999_999].range == 99_999_999..<100_000_000)
    }
}
