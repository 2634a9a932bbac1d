import ErgonAudit
import ErgonModel
import Testing

/// Steps whose numbers of tasks follow from the lines of `gen.list`, one of them at two points of a
/// grid.
private let campaign: Campaign = {
    var campaign = Fixture.campaign
    let parts = Source.output(step: "lines", output: "part")
    campaign.steps = [
        Fixture.step(
            "gen", split: .seeds(total: 2, perTask: 1, eventsPerSeed: 1),
            outputs: [Fixture.output("list", .lines)]),
        Fixture.step(
            "lines", over: .output(step: "gen", output: "list"), split: .lines(1),
            outputs: [Fixture.output("part")]),
        Fixture.step(
            "each", over: parts, split: .outputs(2),
            points: [PointAxis(name: "p", values: ["a", "b"])]),
        Fixture.step("whole", over: parts, split: .all, outputs: [Fixture.output("plot")]),
    ]
    return campaign
}()

/// Up to where the lines are counted.
private func start(lines: Int) -> [RecordedEvent] {
    Array(Fixture.eventful[0..<3]) + [
        Fixture.results("gen", 0..<2, outputs: 1),
        Fixture.results("gen.list/1", 0..<1, outputs: 1),
        .stageSized(CampaignID(1), stage: "lines", count: lines),
    ]
}

private func problems(_ log: [RecordedEvent]) throws -> [String] {
    // Another record, so that a reopening at the end is judged.
    try audit(Fixture.numbered(log + [Fixture.eventful[1]]), of: campaign).findings.map(\.problem)
}

@Test func `a task that read nothing is reopened with what it might have read`() throws {
    let log = start(lines: 0) + [Fixture.results("whole", 0..<1, outputs: 1)]
    #expect(try problems(log) == [])
    let forgotten = Fixture.reopened([("gen", 0..<1), ("gen.list/1", 0..<1)])
    #expect(
        try problems(log + [forgotten])
            == ["campaign 1: whole: task 0 is done, but what it had read was reopened"])
    let whole = Fixture.reopened([("gen", 0..<1), ("gen.list/1", 0..<1), ("whole", 0..<1)])
    #expect(try problems(log + [whole]) == [])
}

@Test func `steps that got their size from lines that were reopened are sized with them`() throws {
    let again: [RecordedEvent] = [
        Fixture.results("gen", 0..<1, outputs: 1),
        Fixture.results("gen.list/1", 0..<1, outputs: 1),
        .stageSized(CampaignID(1), stage: "lines", count: 3),
        Fixture.results("lines", 0..<3, outputs: 1), Fixture.results("each", 0..<4),
        Fixture.results("whole", 0..<1, outputs: 1),
    ]
    let reopened = Fixture.reopened([("gen", 0..<1), ("gen.list/1", 0..<1)])
    #expect(try problems(start(lines: 0) + [reopened] + again) == [])
    #expect(
        try problems(start(lines: 0) + [reopened, Fixture.results("whole", 0..<1, outputs: 1)])
            == ["campaign 1: no stage `whole` at this point"])
}

@Test func `readers at every point of a grid are reopened`() throws {
    let log =
        start(lines: 3) + [
            Fixture.results("lines", 0..<3, outputs: 1), Fixture.results("each", 0..<4),
        ]
    // Tasks 1 and 3 read line 2, at one point each.
    #expect(
        try problems(log + [Fixture.reopened([("lines", 2..<3), ("each", 1..<2)])])
            == ["campaign 1: each: task 3 is done, but what it had read was reopened"])
    #expect(
        try problems(
            log + [Fixture.reopened([("lines", 2..<3), ("each", 1..<2), ("each", 3..<4)])]) == [])
}

@Test func `a reopened task has all its attempts again`() throws {
    let failed = Fixture.results("gen", 0..<1, .failed(.exit(1), isFinal: false))
    let last = Fixture.results("gen", 0..<1, .failed(.exit(1), isFinal: true))
    let open = Array(Fixture.eventful[0..<3])
    for before in [[failed], [failed, last]] {
        let log = open + before + [Fixture.reopened([("gen", 0..<1)])]
        #expect(try problems(log + [failed, last]) == [])
        #expect(
            try problems(log + [last])
                == ["campaign 1: gen: attempt 1 of 2 of task 0 is said to be the last"])
    }
}

@Test func `an exit after which no attempt can help is the last, and so is a lost worker too many`()
    throws
{
    var strict = Fixture.campaign
    strict.steps[0].retry = RetrySpec(attempts: 5, finalExits: [3], lostWorkers: 1)
    func said(_ event: RecordedEvent) throws -> [String] {
        try audit(Fixture.numbered(Array(Fixture.eventful[0..<3]) + [event]), of: strict).findings
            .map(\.problem)
    }
    #expect(try said(Fixture.results("gen", 0..<1, .failed(.exit(3), isFinal: true))) == [])
    #expect(
        try said(Fixture.results("gen", 0..<1, .failed(.exit(3), isFinal: false)))
            == ["campaign 1: gen: attempt 1 of 5 of task 0 is not the last"])
    #expect(
        try said(Fixture.lost("gen", 0))
            == ["campaign 1: gen: loss 1 of task 0 is not the last"])
}
