import ErgonModel
import ErgonProvenance
import Testing
import SeededRandom

private func length(_ event: RecordedEvent) -> Int {
    encode(Record(time: Instant(microseconds: 0), event: event), sequence: 1 << 53 - 1).count
}

@Test("a batch is split into records that fit", arguments: [1, 100, 1000, 5000])
func splitting(count: Int) throws {
    var dice = SeededGenerator(seed: 5)
    var batch = dice.batch(count: count)
    for place in batch.results.indices {
        batch.results[place].outputs = [StoredFile(digest: dice.digest(), size: ByteCount(9))]
    }
    let pieces = split(batch)
    #expect(pieces.flatMap(\.results) == batch.results)
    #expect(pieces.allSatisfy { length(.results($0)) <= recordLimit })
    #expect(pieces.allSatisfy { $0.lease == batch.lease && $0.stage == batch.stage })
    #expect((pieces.count == 1) == (count < 1000), "\(pieces.count) pieces")
}

@Test func `a reason without end is cut where one can see it`() {
    let endless = String(repeating: "\u{1}ß", count: 100_000)
    let result = TaskResult(
        task: 1, outcome: .failed(.notStarted(endless), isFinal: true), outputs: [], log: nil,
        started: Instant(microseconds: 0), wall: .zero, cpu: .zero, energy: .zero)
    let pieces = split(
        ResultBatch(
            campaign: CampaignID(1), stage: "s", worker: WorkerID("w"),
            lease: LeaseID(epoch: 1, serial: 1), report: nil, results: [result]))
    guard case .failed(.notStarted(let reason), _) = pieces[0].results[0].outcome else {
        Issue.record("another outcome")
        return
    }
    #expect(reason.hasSuffix("…") && reason.utf8.count <= freeTextLimit)
    #expect(length(.results(pieces[0])) <= recordLimit)
}

@Test func `the pieces of a batch are of the same report and kind`() {
    var dice = SeededGenerator(seed: 6)
    var batch = dice.batch(count: 5000)
    batch.report = ReportID(life: 1, batch: 2)
    for event in [RecordedEvent.results(batch), .superseded(batch)] {
        let pieces = fitted(event)
        #expect(pieces.count > 1 && pieces.allSatisfy { length($0) <= recordLimit })
        var results: [TaskResult] = []
        for piece in pieces {
            switch (piece, event) {
            case (.results(let part), .results), (.superseded(let part), .superseded):
                #expect(part.report == batch.report)
                results += part.results
            default: Issue.record("another kind")
            }
        }
        #expect(results.map(\.task) == batch.results.map(\.task))
    }
}

@Test func `more results than a record may hold are several records, however alike they are`() {
    var dice = SeededGenerator(seed: 7)
    var batch = dice.batch(count: 1)
    batch.results = [
        TaskResult(
            task: 5, count: 200_000, outcome: .succeeded, outputs: [], log: nil,
            started: Instant(microseconds: 1), wall: .zero, cpu: .zero, energy: .zero)
    ]
    let pieces = split(batch)
    #expect(pieces.count == 4 && pieces.allSatisfy { $0.results.taskCount <= 65_536 })
    #expect(pieces.flatMap(\.results).reduce(into: []) { $0.join($1) } == batch.results)
}

@Test("an entry is what its record is when it is encoded", arguments: UInt64(1)...60)
func entriesEncoded(seed: UInt64) {
    var dice = SeededGenerator(seed: seed)
    let time = Instant(microseconds: 1_354_752_000_000_001)
    let count = [3, 700, 5000][Int(seed % 3)]
    for event in [RecordedEvent.results(dice.batch(count: count)), dice.record().event] {
        let entries = entries(of: Record(time: time, event: event), from: 9_998)
        #expect(entries.map(\.record.event) == fitted(event), "seed \(seed)")
        for (place, entry) in entries.enumerated() {
            #expect(entry.record.time == time)
            #expect(entry.bytes == encode(entry.record, sequence: 9_998 + place), "seed \(seed)")
        }
        let bytes = entries.reduce(0) { $0 + $1.bytes.count }
        #expect(entries.count <= 1 + bytes / 40_000, "\(bytes) bytes in \(entries.count) records")
    }
}

@Test func `a long reopening is several records of the same tasks`() {
    var odd = IntervalSet()
    for task in 0..<20_000 where task % 2 == 1 { odd.insert(task..<task + 1) }
    let endless = String(repeating: "\u{1}", count: 100_000)
    let whole = ReopenedCampaign(
        id: CampaignID(3), by: endless, lease: LeaseID(epoch: 1, serial: 4),
        tasks: [
            ReopenedCampaign.Tasks(stage: "a", tasks: odd),
            ReopenedCampaign.Tasks(stage: "b", tasks: IntervalSet(0..<9)),
            ReopenedCampaign.Tasks(stage: "c", tasks: odd),
        ])
    var tasks: [String: IntervalSet] = [:]
    let pieces = fitted(.campaignReopened(whole))
    for piece in pieces {
        guard case .campaignReopened(let part) = piece else {
            Issue.record("another kind")
            return
        }
        #expect(part.id == whole.id && part.by.hasSuffix("…") && length(piece) <= recordLimit)
        for entry in part.tasks {
            tasks[entry.stage, default: IntervalSet()].formUnion(entry.tasks)
        }
    }
    #expect(pieces.count > 2)
    #expect(tasks == ["a": odd, "b": IntervalSet(0..<9), "c": odd])
}

@Test func `whatever people say is cut where one can see it`() {
    let endless = String(repeating: "ß", count: 100_000)
    let quarantine = Standing.quarantined(reason: endless, until: nil)
    let said: [RecordedEvent] = [
        .campaignHeld(CampaignID(1), reason: endless, by: endless),
        .campaignReleased(CampaignID(1), by: endless),
        .campaignCancelled(CampaignID(1), by: endless),
        .workerStands(WorkerID("w"), quarantine, by: endless),
        .workerStands(WorkerID("w"), .draining, by: endless),
        .logRepaired(GivenUp(records: 1..<2, bytes: 3, by: endless)),
    ]
    #expect(said.flatMap(fitted).count == said.count)
    for event in said.flatMap(fitted) { #expect(length(event) < 2 * freeTextLimit + 500) }
}

@Test func `fitting changes nothing that fits`() {
    var dice = SeededGenerator(seed: 11)
    for _ in 0..<200 {
        let event = dice.event()
        #expect(fitted(event) == [event])
    }
}

/// Every second of `tasks` numbers is missing, for its own reason.
private func sieve(_ source: String, _ tasks: Int) -> Coverage {
    var coverage = Coverage(
        step: "reco", source: source, unit: "events", declared: 10..<10 + tasks,
        covered: IntervalSet(), gaps: [])
    for number in coverage.declared {
        if number % 2 == 0 {
            coverage.covered.insert(number..<number + 1)
        } else {
            coverage.gaps.append(
                Coverage.Gap(range: number..<number + 1, reason: "task \(number) failed: exit 3"))
        }
    }
    return coverage
}

private func seal(_ coverage: [Coverage]) -> SealedCampaign {
    SealedCampaign(
        id: CampaignID(1), ending: .incomplete, outputs: [], coverage: coverage, account: Account())
}

private func missing(_ coverage: [Coverage]) -> Int {
    coverage.reduce(0) { sum, entry in sum + entry.declared.count - entry.covered.count }
}

@Test func `very many gaps are joined, visibly, and claim nothing`() throws {
    let whole = seal([sieve("muons/a.csv", 20_000)])
    let short = condensed(whole)
    let (before, after) = (whole.coverage[0], try #require(short.coverage.first))
    #expect(length(.campaignSealed(short)) <= recordLimit)
    #expect(after.gaps.count == 256 && after.gaps.dropLast() == before.gaps.prefix(255))
    let last = try #require(after.gaps.last)
    #expect(last.reason == "task 521 failed: exit 3 … and 9744 more gaps; 9745 missing in all")
    #expect(last.range == 521..<10 + 19_999 + 1)
    #expect(
        before.covered.ranges.allSatisfy { range in
            after.covered.contains(range) || last.range.contains(range.lowerBound)
        })
    #expect(missing([after]) >= missing([before]) && !after.isComplete)
}

@Test func `very many sources are numbered through as one`() throws {
    let files = (0..<3000).map { sieve("muons/file-\($0).csv", $0 == 7 ? 4 : 0) }
    let whole = files.map { file in
        var file = file
        if file.declared.isEmpty {
            file.declared = 0..<1000
            file.covered = IntervalSet(0..<1000)
        }
        return file
    }
    let short = condensed(seal(whole))
    #expect(short.coverage.count == 1)
    let entry = try #require(short.coverage.first)
    #expect(entry.source == "3000 sources" && entry.unit == "events" && entry.step == "reco")
    #expect(entry.declared == 0..<2_999_004 && missing([entry]) == 2)
    #expect(entry.gaps.map(\.range) == [7001..<7002, 7003..<7004])
    #expect(entry.gaps[0].reason == "muons/file-7.csv: task 11 failed: exit 3")
    #expect(length(.campaignSealed(short)) <= recordLimit)
}

/// A hundred outputs with the longest names there may be, of which every letter takes two in JSON;
/// numbers that do as well.
private func longestOutputs(missing: IntervalSet) -> [PublishedOutput] {
    (0..<100).map { number in
        let name = "\(number)" + String(repeating: "\"\\", count: outputNameLimit)
        let output = OutputSpec(
            name: "o", file: String(name.prefix(outputNameLimit)), merge: nil)
        precondition(isFileName(output.file, atMost: outputNameLimit))
        return PublishedOutput(
            name: String(repeating: "o", count: 127), file: output.fileName(isPartial: true),
            content: StoredFile(digest: .ofNothing, size: ByteCount(.max)), missing: missing)
    }
}

@Test func `a seal of everything at its worst fits`() {
    let endless = String(repeating: "\u{1}", count: 1000)
    let steps = (0..<200).flatMap { step in
        (0..<20).map { file in
            var entry = sieve("input/\(String(repeating: "n", count: 250))-\(file)", 60)
            entry.step = String(repeating: "s", count: 60) + "\(step)"
            entry.gaps[0].reason = endless
            return entry
        }
    }
    var whole = seal(steps)
    whole.outputs = longestOutputs(missing: sieve("x", 500).covered)
    let short = condensed(whole)
    #expect(length(.campaignSealed(short)) <= recordLimit)
    #expect(missing(short.coverage) >= missing(steps))
    #expect(short.outputs[0].missing.count >= whole.outputs[0].missing.count)
}

@Test(arguments: [1, 2, 300])
func `a single gap with a reason without end fits beside the longest names`(entries: Int) {
    let endless = String(repeating: "\u{1}", count: 1000)
    let coverage = (0..<entries).map { number in
        Coverage(
            step: String(repeating: "s", count: 63), source: endless, unit: "events",
            declared: 0..<(1 << 53), covered: IntervalSet(),
            gaps: number > 0 ? [] : [Coverage.Gap(range: 0..<(1 << 53), reason: endless)])
    }
    var whole = seal(coverage)
    whole.outputs = longestOutputs(missing: IntervalSet(1 << 52..<1 << 53))
    for line in [\Account.succeeded, \Account.failed, \Account.superseded] {
        whole.account[keyPath: line] = Account.Line(
            attempts: 1 << 53, cpu: Microseconds(.max), wall: Microseconds(.max),
            energy: Joules(microjoules: .max))
    }
    #expect(length(.campaignSealed(condensed(whole))) <= recordLimit)
}

@Test func `numbering through ends where records do, and claims nothing beyond`() throws {
    let size = 1 << 52
    let coverage = (0..<3000).map { number in
        Coverage(
            step: "scan", source: "seeds [p=\(number)]", unit: "seeds", declared: 0..<size,
            covered: IntervalSet(0..<size), gaps: [])
    }
    let short = condensed(seal(coverage))
    let entry = try #require(short.coverage.first)
    #expect(short.coverage.count == 1 && entry.declared == 0..<2 * size)
    #expect(entry.covered == IntervalSet(0..<2 * size))
    let record = Record(time: Instant(microseconds: 0), event: .campaignSealed(short))
    #expect(try decode(encode(record, sequence: 0)).record == record)
}

/// The pieces that a batch is put on record in.
private func split(_ batch: ResultBatch) -> [ResultBatch] {
    fitted(.results(batch)).compactMap { event in
        if case .results(let piece) = event { piece } else { nil }
    }
}
