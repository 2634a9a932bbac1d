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
            "release", "reopen", "cancel", "seal", "standing", "forgotten",
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
    case .campaignForgotten: "forgotten"
    case .workerStands: "standing"
    case .policyInForce, .policyDecided, .approved: "policy"
    case .logRepaired: "repair"
    }
}
