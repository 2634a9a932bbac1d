import ErgonAudit
import ErgonModel
import ErgonProvenance
import Testing

@Test func `a true log has no finding, and its sums are those of its results`() throws {
    let report = try audit(Fixture.log)
    #expect(report.findings == [])
    #expect(report.records == Fixture.log.count && report.epochs == 2)
    #expect(report.workers == [worker])
    let campaign = try #require(report.campaigns.first)
    #expect(campaign.ending == .incomplete && campaign.outputs == Fixture.seal.outputs)
    #expect(campaign.coverage == Fixture.seal.coverage)
    #expect(campaign.account == Fixture.seal.account)
    #expect(report.energy == Joules(microjoules: 48_000_000))
}

@Test func `a log that ends before the seal has no finding either`() throws {
    for length in 1..<Fixture.log.count {
        let report = try audit(Array(Fixture.log.prefix(length)))
        #expect(report.findings == [], "\(length) records")
        #expect(report.campaigns.allSatisfy { $0.ending == nil })
    }
}

@Test func `a cancelled campaign may leave tasks open`() throws {
    var seal = SealedCampaign(
        id: CampaignID(1), ending: .cancelled, outputs: [], coverage: Fixture.seal.coverage,
        account: Fixture.account(succeeded: 4, failed: 0))
    seal.coverage[1] = Coverage(
        step: "lines", source: "gen.list", unit: "lines", declared: 0..<0, covered: IntervalSet(),
        gaps: [Coverage.Gap(range: 0..<0, reason: "not run: gen.list")])
    // Tasks 0 to 2 of `select` are of the first point, 3 to 5 of the second.
    let open: [(entry: Int, range: Range<Int>, tasks: String)] = [
        (2, 0..<4, "tasks 0 to 3"), (3, 1..<4, "tasks 0 to 2"), (4, 1..<3, "tasks 0 to 2"),
        (5, 1..<4, "tasks 3 to 5"), (6, 1..<3, "tasks 3 to 5"), (7, 0..<1, "task 0"),
    ]
    for (entry, range, tasks) in open {
        seal.coverage[entry].covered = IntervalSet()
        seal.coverage[entry].gaps = [Coverage.Gap(range: range, reason: "\(tasks) not run")]
    }
    let log =
        Array(Fixture.log.prefix(4)) + [
            .campaignCancelled(CampaignID(1), by: "anna"), .campaignSealed(seal),
        ]
    #expect(try audit(log).findings == [])
}

private let falsifications: [Falsification] = [
    Falsification("start removed", "the log does not begin with a coordinator's start") {
        $0.removeFirst()
    },
    Falsification("epoch skipped", "epoch 3 follows epoch 1") {
        $0[9] = .coordinatorStarted(epoch: 3, version: "")
    },
    Falsification("epoch repeated", "epoch 1 follows epoch 1") {
        $0[9] = .coordinatorStarted(epoch: 1, version: "")
    },
    Falsification("worker unknown", "results by worker w1, which never joined") {
        $0.remove(at: 1)
    },
    Falsification("acceptance removed", "campaign 1 was never accepted") { $0.remove(at: 2) },
    Falsification("campaign skipped", "campaign 3 follows campaign 1") {
        $0.append(accepted(3, Fixture.manifest))
    },
    Falsification("campaign accepted twice", "campaign 1 was accepted twice") {
        $0.append(accepted(1, Fixture.manifest))
    },
    Falsification("manifest lost", "the manifest of campaign 2 cannot be read") {
        $0.append(accepted(2, Digest(of: [1])))
    },
    Falsification("campaign renamed", "campaign 2 is called z-Peak, its manifest z-peak") {
        $0.append(accepted(2, Fixture.manifest, name: "z-Peak"))
    },
    Falsification("lease of the future", batch: 3, "lease 9/1 in epoch 1") { $0.lease.epoch = 9 },
    Falsification("stage unknown", batch: 15, "campaign 1: no stage `selekt` at this point") {
        $0.stage = "selekt"
    },
    Falsification("level unknown", batch: 14, "campaign 1: no stage `reco.mass/3` at this point") {
        $0.stage = "reco.mass/3"
    },
    Falsification("task beyond the step", batch: 15, "campaign 1: select: task 8 of 6") {
        $0.results[5].task = 8
    },
    Falsification("task counted twice", "campaign 1: gen: task 0 was done before") {
        $0.insert(Fixture.results("gen", 0..<1, outputs: 2), at: 4)
    },
    Falsification("alike tasks counted twice", "campaign 1: select: task 1 was done before") {
        $0.insert(Fixture.results("select", 1..<4), at: 16)
    },
    Falsification("alike tasks beyond the step", "campaign 1: select: task 6 of 6") {
        $0[15] = Fixture.results("select", 0..<9)
    },
    Falsification("forgotten before its end", "campaign 1: forgotten, but not sealed") {
        $0.insert(.campaignForgotten(CampaignID(1), by: "anna"), at: $0.count - 1)
    },
    Falsification("results of what was forgotten", "campaign 1 was forgotten before") {
        $0.append(.campaignForgotten(CampaignID(1), by: "anna"))
        $0.append(Fixture.superseded("select", 0..<1, report: 9))
    },
    Falsification("task revived", "campaign 1: reco: task 2 was given up before") {
        $0.insert(Fixture.results("reco", 2..<3, outputs: 1), at: 12)
    },
    Falsification(
        "tasks out of order", batch: 3,
        "campaign 1: gen: results that are not in the order of their tasks"
    ) {
        $0.results.swapAt(0, 1)
    },
    Falsification("output dropped", batch: 3, "campaign 1: gen: task 1 left 1 outputs of 2") {
        $0.results[1].outputs.removeLast()
    },
    Falsification(
        "output of a failure", batch: 8, "campaign 1: reco: task 2 failed, but left outputs"
    ) {
        $0.results[0].outputs = [Fixture.stored("x")]
    },
    Falsification(
        "given up early", batch: 8,
        "campaign 1: reco: attempt 1 of 2 of task 2 is said to be the last"
    ) {
        $0.results[0].outcome = .failed(.exit(3), isFinal: true)
    },
    Falsification(
        "never given up", batch: 11, "campaign 1: reco: attempt 2 of 2 of task 2 is not the last"
    ) {
        $0.results[0].outcome = .failed(.exit(3), isFinal: false)
    },
    Falsification("energy below nothing", batch: 3, "campaign 1: gen: task 0 has a negative amount")
    {
        $0.results[0].energy = Joules(microjoules: -1)
    },
    Falsification(
        "step before its piece", "campaign 1: reco: task 0 was run before what it reads was there"
    ) {
        $0.swapAt(3, 5)
    },
    Falsification(
        "step before its barrier",
        "campaign 1: final: task 0 was run before what it reads was there"
    ) {
        $0.swapAt(14, 16)
    },
    Falsification(
        "merge before its pieces",
        "campaign 1: gen.list/1: task 0 was run before what it reads was there"
    ) {
        $0.swapAt(3, 4)
    },
    Falsification(
        "piece after its merge",
        "campaign 1: reco: task 3 ended after reco.mass/1 task 1 had merged it"
    ) {
        $0.insert(Fixture.results("reco.mass/1", 0..<2, outputs: 1), at: 12)
        $0.remove(at: 14)
    },
    Falsification(
        "size before its file",
        "campaign 1: `lines` was sized before what it is split over was there"
    ) {
        $0.swapAt(6, 7)
    },
    Falsification("size changed", "campaign 1: `lines` was sized twice") {
        $0.insert(.stageSized(CampaignID(1), stage: "lines", count: 9), at: 8)
    },
    Falsification("size of another step", "campaign 1: the size of `reco` needs no record") {
        $0.insert(.stageSized(CampaignID(1), stage: "reco", count: 9), at: 8)
    },
    Falsification("size removed", "campaign 1: no stage `lines` at this point") {
        $0.remove(at: 7)
    },
    Falsification("result removed", "campaign 1: sealed while task 0 of select could still run") {
        $0.remove(at: 15)
    },
    Falsification("result after the seal", "campaign 1: results after the seal") {
        $0.append(Fixture.results("select", 0..<1))
    },
    Falsification("sealed twice", "campaign 1: sealed twice") {
        $0.append(.campaignSealed(Fixture.seal))
    },
    Falsification("cancelled after the seal", "campaign 1: cancelled after the seal") {
        $0.append(.campaignCancelled(CampaignID(1), by: "anna"))
    },
    Falsification(
        "energy of a result changed", batch: 3,
        "campaign 1: the account of what succeeded says 44000000 µJ, the results 43000000"
    ) {
        $0.results[2].energy = Joules(microjoules: 1_000_000)
    },
    Falsification(
        "content of a merge changed", batch: 14,
        "campaign 1: output reco.mass is not what its last task left"
    ) {
        $0.results[0].outputs = [Fixture.stored("forged")]
    },
    Falsification(seal: "ending", "campaign 1: sealed as complete, but is incomplete") {
        $0.ending = .complete
    },
    Falsification(
        seal: "energy", "campaign 1: the account of what failed says 1 µJ, the results 4000000"
    ) {
        $0.account.failed.energy = Joules(microjoules: 1)
    },
    Falsification(
        seal: "attempts",
        "campaign 1: the account of what succeeded says 21 attempts, the results 22"
    ) {
        $0.account.succeeded.attempts = 21
    },
    Falsification(
        seal: "cpu",
        "campaign 1: the account of what succeeded says 0 µs of cpu, the results 11000000"
    ) {
        $0.account.succeeded.cpu = .zero
    },
    Falsification(
        seal: "wall",
        "campaign 1: the account of what succeeded says 0 µs of wall time, the results 22000000"
    ) {
        $0.account.succeeded.wall = .zero
    },
    Falsification(
        seal: "gap hidden",
        "campaign 1: coverage of reco over gen.events: says 4 tasks, but 3 are done"
    ) {
        $0.coverage[2].covered = IntervalSet(0..<4)
        $0.coverage[2].gaps = []
    },
    Falsification(
        seal: "gap excused",
        "campaign 1: coverage of reco over gen.events: the gaps are not those on record"
    ) {
        $0.coverage[2].gaps[0].reason = "task 2 not run"
    },
    Falsification(
        seal: "less declared", "campaign 1: coverage of gen over seeds: it states something else"
    ) {
        $0.coverage[0].declared = 0..<10
    },
    Falsification(
        seal: "source dropped", "campaign 1: the seal has 7 statements of coverage, not 8"
    ) {
        $0.coverage.removeLast()
    },
    Falsification(seal: "digest", "campaign 1: output gen.list is not what its last task left") {
        $0.outputs[0].content = Fixture.stored("forged")
    },
    Falsification(
        seal: "missing hidden", "campaign 1: output reco.mass lists as missing ``, but `2` are"
    ) {
        $0.outputs[1].missing = IntervalSet()
    },
    Falsification(seal: "partial hidden", "campaign 1: output reco.mass is named mass.txt") {
        $0.outputs[1].file = "mass.txt"
    },
    Falsification(seal: "output hidden", "campaign 1: output final.plot is not published") {
        $0.outputs.removeLast()
    },
    Falsification(seal: "output invented", "campaign 1: output gen.events was never made") {
        $0.outputs[0].name = "gen.events"
    },
    Falsification(seal: "output doubled", "campaign 1: output gen.list is published twice") {
        $0.outputs.append($0.outputs[0])
    },
    Falsification(seal: "outputs shuffled", "campaign 1: the outputs are not in their order") {
        $0.outputs.swapAt(0, 1)
    },
]

private func accepted(_ id: Int, _ manifest: Digest, name: String = "z-peak") -> RecordedEvent {
    .campaignAccepted(
        AcceptedCampaign(id: CampaignID(id), name: name, manifest: manifest, by: "anna"))
}

@Test("a falsified log is found out", arguments: falsifications)
func falsified(_ falsification: Falsification) throws {
    var log = Fixture.log
    falsification.change(&log)
    let report = try audit(log)
    #expect(report.findings.contains { $0.problem == falsification.finding }, "\(report.findings)")
}

@Test func `no record can be taken out, doubled or moved unnoticed`() throws {
    // A later start, and facts nobody relied on yet, are the only ones another log could lack.
    for place in Fixture.log.indices.dropLast() {
        var log = Fixture.log
        log.remove(at: place)
        let isFine = place == 9
        #expect(try audit(log).findings.isEmpty == isFine, "record \(place) taken out")
        log = Fixture.log
        log.insert(log[place], at: place + 1)
        #expect(try audit(log).findings.isEmpty == (place == 1), "record \(place) doubled")
    }
}

@Test func `a gap in the sequence is named`() throws {
    var audit = Audit { _ in nil }
    let start = Record(
        time: Instant(microseconds: 0), event: .coordinatorStarted(epoch: 1, version: ""))
    audit.add(start, sequence: 0)
    audit.add(Record(time: start.time, event: .workerJoined(worker)), sequence: 2)
    #expect(
        audit.report.findings == [
            Finding(sequence: 2, problem: "record 2 stands where record 1 should")
        ])
}

@Test func `a log that is wrong everywhere does not fill the memory`() throws {
    var audit = Audit { _ in nil }
    let record = Record(time: Instant(microseconds: 0), event: Fixture.results("gen", 0..<1))
    for sequence in 0..<2000 { audit.add(record, sequence: sequence) }
    #expect(audit.report.findings.count == 1000)
    #expect(audit.report.omittedFindings > 1000 && !audit.report.findings.isEmpty)
}

@Test func `amounts that no log can mean do not stop the audit`() throws {
    var log = Fixture.log
    guard case .results(var batch) = log[3] else { return }
    for place in batch.results.indices { batch.results[place].energy = Joules(microjoules: .max) }
    log[3] = .results(batch)
    let report = try audit(log)
    #expect(report.findings.count == 1)
    #expect(report.energy == Joules(microjoules: .max))
}
