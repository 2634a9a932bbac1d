import ErgonAudit
import ErgonModel
import Testing

private typealias Place = Fixture.Place

@Test func `a true log of an eventful campaign has no finding`() throws {
    for length in 1...Fixture.eventful.count {
        let report = try audit(Array(Fixture.eventful.prefix(length)))
        #expect(report.findings == [], "\(length) records")
    }
    let campaign = try #require(try audit(Fixture.eventful).campaigns.first)
    #expect(campaign.ending == .complete && campaign.isComplete)
    #expect(campaign.account == Fixture.lastSeal.account)
    #expect(campaign.coverage == Fixture.lastSeal.coverage)
}

@Test func `a reopened campaign runs, and lacks what was reopened`() throws {
    let log = Fixture.eventful.prefix(Place.reopenedRest + 1)
    let campaign = try #require(try audit(Array(log)).campaigns.first)
    #expect(campaign.ending == nil)
    #expect(campaign.unmade == ["gen.list", "reco.mass", "final.plot"])
    #expect(
        campaign.coverage[1].gaps == [Coverage.Gap(range: 0..<0, reason: "not run: gen.list")])
    #expect(campaign.coverage[2].covered == IntervalSet(0..<2))
}

@Test func `what was superseded counts for the seal before which it stands`() throws {
    let report = try audit(Fixture.eventful)
    // 33 that succeeded, 2 that failed and 3 that were superseded, at two joules each.
    #expect(report.energy == Joules(microjoules: 76_000_000))
    var log = Fixture.eventful
    log.append(Fixture.superseded("reco", 0..<1, report: 9))
    #expect(try audit(log).campaigns.first?.account.superseded.attempts == 4)
    log.remove(at: Place.superseded)
    #expect(
        try audit(log).findings.map(\.problem).contains(
            "campaign 1: the account of what was superseded says 1 attempts, the results 0"))
}

private func changed(
    _ place: Int, _ name: String, _ finding: String,
    _ change: @escaping @Sendable (inout ResultBatch) -> Void
) -> Falsification {
    Falsification(name, "campaign 1: \(finding)") { log in
        switch log[place] {
        case .results(var batch):
            change(&batch)
            log[place] = .results(batch)
        case .superseded(var batch):
            change(&batch)
            log[place] = .superseded(batch)
        default: break
        }
    }
}

private let ofBatches: [Falsification] = [
    changed(Place.superseded, "superseded: unknown stage", "there never was a stage `gone`") {
        $0.stage = "gone"
    },
    changed(Place.superseded, "superseded: stage not yet there", "there never was a stage `lines`")
    {
        $0.stage = "lines"
    },
    changed(Place.superseded, "superseded: no such task", "gen: task 4 of 4") {
        $0.results[0].task = 4
    },
    changed(
        Place.superseded, "superseded: outputs", "gen: task 1 was superseded, but left outputs"
    ) {
        $0.results[0].outputs = [Fixture.stored("x")]
    },
    changed(
        Place.superseded, "superseded: the last attempt",
        "gen: task 1 was superseded, but is said to be given up"
    ) {
        $0.results[0].outcome = .failed(.exit(1), isFinal: true)
    },
    changed(
        Place.superseded, "superseded: worker lost",
        "gen: task 1 was superseded, but lost with its worker"
    ) {
        $0.results[0].outcome = .failed(.workerLost, isFinal: false)
    },
    changed(
        Place.superseded, "superseded: nobody's", "gen: superseded results that stand in no report"
    ) {
        $0.report = nil
    },
    changed(
        Place.superseded, "superseded: less than nothing", "gen: task 1 has a negative amount"
    ) {
        $0.results[0].cpu = Microseconds(-1)
    },
    changed(
        Place.superseded, "superseded: out of order",
        "gen: results that are not in the order of their tasks"
    ) {
        $0.results.append(Fixture.result("gen", 0))
    },
    changed(Place.gen, "nobody's result", "gen: task 0 stands in no report") { $0.report = nil },
    changed(Place.gen, "stopped", "gen: task 0 was stopped, and yet it counts") {
        $0.results[0].outcome = .failed(.stopped, isFinal: false)
    },
    changed(Place.lost, "a loss that was reported", "reco: task 2 was lost, but reported") {
        $0.report = ReportID(life: 8, batch: 1)
    },
    changed(Place.lost, "a loss at a cost", "reco: task 2 has a cost that nobody reported") {
        $0.results[0].energy = Joules(microjoules: 1)
    },
    changed(Place.lost, "given up for one worker", "reco: loss 1 of task 2 is said to be the last")
    {
        $0.results[0].outcome = .failed(.workerLost, isFinal: true)
    },
    Falsification(
        "superseded in the report it counted in",
        "campaign 1: gen: task 1 stands twice in a report of worker w1"
    ) { log in
        guard case .results(let counted) = log[Place.gen],
            case .superseded(var batch) = log[Place.superseded]
        else { return }
        batch.report = counted.report
        log[Place.superseded] = .superseded(batch)
    },
    Falsification(
        "superseded twice", "campaign 1: gen: task 1 stands twice in a report of worker w1"
    ) {
        $0.insert($0[Place.superseded], at: Place.superseded)
    },
    Falsification(
        "superseded by a worker that never joined", "results by worker w9, which never joined"
    ) { log in
        guard case .superseded(var batch) = log[Place.superseded] else { return }
        batch.worker = WorkerID("w9")
        log[Place.superseded] = .superseded(batch)
    },
    Falsification("superseded under no lease", "lease 2/1 in epoch 1") { log in
        guard case .superseded(var batch) = log[Place.superseded] else { return }
        batch.lease.epoch = 2
        log[Place.superseded] = .superseded(batch)
    },
]

private let ofInterventions: [Falsification] = [
    Falsification("held twice", "campaign 1: held twice") {
        $0.insert($0[Place.held], at: Place.held)
    },
    Falsification("held after the seal", "campaign 1: held after the seal") {
        $0.insert($0[Place.held], at: Place.seal + 1)
    },
    Falsification("released after the seal", "campaign 1: released after the seal") {
        $0.insert($0.remove(at: Place.released), at: Place.seal)
    },
    Falsification("released twice", "campaign 1: released, but not held") {
        $0.insert($0[Place.released], at: Place.released)
    },
    Falsification("standing of a stranger", "the standing of worker w9, which never joined") {
        $0[Place.standing] = .workerStands(WorkerID("w9"), .active, by: "anna")
    },
    Falsification(
        "superseded hidden",
        "campaign 1: the account of what was superseded says 2 attempts, the results 3"
    ) {
        var seal = Fixture.lastSeal
        seal.account.superseded = Fixture.account(succeeded: 0, failed: 0, superseded: 2).superseded
        $0[$0.count - 1] = .campaignSealed(seal)
    },
]

private let ofReopenings: [Falsification] = [
    reopened(
        "unknown stage", "campaign 1: no stage `gone` to reopen at this point", ("gone", 0..<1)),
    reopened("no such task", "campaign 1: gen: task 4 of 4 was reopened", ("gen", 3..<5)),
    Falsification("reopening left out", "campaign 1: results after the seal") {
        $0.removeSubrange(Place.reopened...Place.reopenedRest)
    },
    Falsification(
        "merge left out",
        "campaign 1: gen.list/1: task 1 is done, but what it had read was reopened"
    ) {
        $0[Place.reopened] = Fixture.reopened([("gen", 3..<4), ("gen.list/2", 0..<1)])
    },
    Falsification(
        "top of the merge left out",
        "campaign 1: gen.list/2: task 0 is done, but what it had read was reopened"
    ) {
        $0[Place.reopened] = Fixture.reopened([("gen", 3..<4), ("gen.list/1", 1..<2)])
    },
    without("lines", "lines: task 0"), without("reco", "reco: task 3"),
    without("reco.mass/1", "reco.mass/1: task 1"), without("reco.mass/2", "reco.mass/2: task 0"),
    without("final", "final: task 0"),
    Falsification(
        "a reopening in two parts, with something between them",
        "campaign 1: reco: task 3 is done, but what it had read was reopened"
    ) {
        $0.insert(.workerJoined(worker), at: Place.reopenedRest)
    },
    Falsification("not sized again", "campaign 1: no stage `lines` at this point") {
        $0.remove(at: Place.sizedAgain)
    },
    Falsification(
        "sized again too early",
        "campaign 1: `lines` was sized before what it is split over was there"
    ) {
        $0.insert($0.remove(at: Place.sizedAgain), at: Place.reopenedRest + 1)
    },
    Falsification(
        "merged again too early",
        "campaign 1: gen.list/1: task 1 ended after gen.list/2 task 0 had merged it"
    ) {
        $0.swapAt(Place.reopenedRest + 2, Place.reopenedRest + 3)
    },
    Falsification(
        "run again too early",
        "campaign 1: final: task 0 was run before what it reads was there"
    ) {
        $0.swapAt($0.count - 3, $0.count - 2)
    },
    Falsification("sealed at once", "campaign 1: sealed while task 3 of gen could still run") {
        $0.insert(.campaignSealed(Fixture.lastSeal), at: Place.reopenedRest + 1)
    },
    Falsification("not sealed again", "campaign 1: sealed as incomplete, but is complete") { log in
        log[log.count - 1] = log[Place.seal]
    },
]

@Test func `what a repair gave up is a note, and leases of lost starts are no fault`() throws {
    let by = GivenUp(records: 2..<5, bytes: 999, by: "root")
    func log(epoch: Int, lease: Int) -> [RecordedEvent] {
        var batch = Fixture.batch("gen", 0..<4, outputs: 2)
        batch.lease.epoch = lease
        return [
            .coordinatorStarted(epoch: 1, version: "0.1"), .workerJoined(worker),
            .logRepaired(by), .coordinatorStarted(epoch: epoch, version: "0.1"),
            Fixture.eventful[2], .results(batch),
        ]
    }
    let report = try audit(log(epoch: 2, lease: 4))
    #expect(report.findings == [])
    #expect(report.repairs.map(\.givenUp) == [by] && report.repairs.map(\.sequence) == [2])
    let note =
        "3 records from 2 on (999 bytes) were given up by root at 2023-11-14T22:13:20.000002Z"
    #expect(report.repairs.map(renderRepair) == [note])
    #expect(try audit(log(epoch: 5, lease: 1)).findings == [])
    #expect(
        try audit(log(epoch: 6, lease: 1)).findings.map(\.problem) == ["epoch 6 follows epoch 1"])
    #expect(try audit(log(epoch: 2, lease: 5)).findings.map(\.problem) == ["lease 5/1 in epoch 2"])
    var moved = log(epoch: 2, lease: 1)
    moved.insert(.workerJoined(worker), at: 1)
    #expect(try audit(moved).findings.map(\.problem) == ["records were given up from 2 on"])
}

@Test func `starts that were given up excuse no gap between later ones`() throws {
    let log: [RecordedEvent] = [
        .coordinatorStarted(epoch: 1, version: ""),
        .logRepaired(GivenUp(records: 1..<9, bytes: 1, by: "root")),
        .coordinatorStarted(epoch: 2, version: ""), .coordinatorStarted(epoch: 4, version: ""),
    ]
    #expect(try audit(log).findings.map(\.problem) == ["epoch 4 follows epoch 2"])
}

/// The reopening with one entry more.
private func reopened(
    _ name: String, _ finding: String, _ entry: (String, Range<Int>)
) -> Falsification {
    let more = Fixture.reopened([entry])
    return Falsification(name, finding) { $0.insert(more, at: Place.reopenedRest + 1) }
}

/// The reopening without its entry for that stage.
private func without(_ stage: String, _ task: String) -> Falsification {
    Falsification(
        "\(stage) left out", "campaign 1: \(task) is done, but what it had read was reopened"
    ) { log in
        guard case .campaignReopened(var reopened) = log[Place.reopenedRest] else { return }
        reopened.tasks.removeAll { $0.stage == stage }
        log[Place.reopenedRest] = .campaignReopened(reopened)
    }
}

@Test(
    "a falsified eventful log is found out", arguments: ofBatches + ofInterventions + ofReopenings)
func falsifiedEvents(_ falsification: Falsification) throws {
    var log = Fixture.eventful
    falsification.change(&log)
    let problems = try audit(log).findings.map(\.problem)
    #expect(problems.contains(falsification.finding), "\(problems)")
}
