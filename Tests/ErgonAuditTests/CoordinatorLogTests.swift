import ErgonAudit
import ErgonCoordinator
import ErgonModel
import ErgonProvenance
import Testing

@Test("what the coordinator puts on record has no finding", arguments: UInt64(1)...96)
func coordinatorLog(seed: UInt64) throws {
    var world = World(seed: seed)
    try world.run()
    var audit = Audit { World.campaign($0) }
    for bytes in world.log {
        let (sequence, record) = try decode(bytes)
        audit.add(record, sequence: sequence)
    }
    #expect(audit.report.findings == [], "seed \(seed)")
    #expect(audit.report.campaigns.allSatisfy { $0.ending != nil }, "seed \(seed): not at its end")
}

@Test(arguments: [UInt64(4), 8, 12])
func `the same campaign again runs nothing, and leaves the same`(seed: UInt64) throws {
    var world = World(seed: seed)
    try world.run()
    let events = try world.log.map { try decode($0).record.event }
    let accepted = try #require(
        events.lastIndex { if case .campaignAccepted = $0 { true } else { false } })
    let seals = events.compactMap { event in
        if case .campaignSealed(let seal) = event { seal } else { nil }
    }
    let third = try #require(seals.last { $0.id == CampaignID(3) })
    let fourth = try #require(seals.last { $0.id == CampaignID(4) })
    #expect(fourth.ending == .complete)
    #expect(fourth.outputs == third.outputs)
    #expect(fourth.coverage == third.coverage)
    #expect(fourth.account == Account())
    let hasRun = events[accepted...].contains { event in
        if case .results(let batch) = event { batch.campaign == CampaignID(4) } else { false }
    }
    #expect(!hasRun)
}

@Test func `reused results that are not those of the same tasks are found`() throws {
    func findings(_ change: (inout Campaign) -> Void) throws -> [String] {
        let (first, second) = (Fixture.manifest, Digest(of: "another form".utf8))
        var other = Fixture.campaign
        change(&other)
        var audit = Audit { $0 == first ? Fixture.campaign : $0 == second ? other : nil }
        let accepted = AcceptedCampaign(
            id: CampaignID(2), name: "z-peak", manifest: second, by: "anna")
        let reused = ReusedResults(
            id: CampaignID(2), from: CampaignID(1),
            tasks: [ReopenedCampaign.Tasks(stage: "gen", tasks: IntervalSet(0..<4))])
        let events = Fixture.log + [.campaignAccepted(accepted), .resultsReused(reused)]
        for (sequence, event) in events.enumerated() {
            audit.add(Record(time: Instant(microseconds: 0), event: event), sequence: sequence)
        }
        return audit.report.findings.map(\.problem)
    }
    let problem = "campaign 2: gen: tasks 0-3 are not those of campaign 1, but have its results"
    #expect(try findings { _ in }.isEmpty)
    #expect(try findings { $0.environment.variables = ["MODE": "fast"] } == [problem])
    #expect(
        try findings { $0.steps[0].split = .seeds(total: 11, perTask: 2, eventsPerSeed: 1) }
            .contains(problem))
}

@Test func `coordinators' logs have records of every kind`() throws {
    var kinds: Set<String> = []
    for seed in UInt64(1)...24 {
        var world = World(seed: seed)
        try world.run()
        for bytes in world.log { kinds.insert(kind(of: try decode(bytes).record.event)) }
    }
    #expect(
        kinds == [
            "start", "join", "accept", "size", "results", "lost", "superseded", "stopped", "hold",
            "release", "reopen", "cancel", "seal", "standing", "forgotten", "reused",
        ])
}

private func kind(of event: RecordedEvent) -> String {
    func has(_ failure: Failure, _ batch: ResultBatch) -> Bool {
        batch.results.contains { $0.outcome == .failed(failure, isFinal: false) }
    }
    return switch event {
    case .coordinatorStarted: "start"
    case .workerJoined: "join"
    case .campaignAccepted: "accept"
    case .stageSized: "size"
    case .results(let batch): has(.workerLost, batch) ? "lost" : "results"
    case .superseded(let batch): has(.stopped, batch) ? "stopped" : "superseded"
    case .campaignHeld: "hold"
    case .campaignReleased: "release"
    case .campaignReopened: "reopen"
    case .campaignCancelled: "cancel"
    case .campaignSealed: "seal"
    case .resultsReused: "reused"
    case .campaignForgotten: "forgotten"
    case .workerStands: "standing"
    case .policyInForce, .policyDecided, .approved: "policy"
    case .planAdopted: "plan"
    case .energyMetered: "energy"
    case .logRepaired: "repair"
    }
}
