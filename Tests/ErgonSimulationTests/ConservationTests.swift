import ErgonAudit
import ErgonCoordinator
import ErgonModel
import ErgonProvenance
import Testing

/// Through the worker's core, the coordinator's, the log and the audit.
@Suite struct `Every joule of a meter` {
    @Test(arguments: (0..<10).map { UInt64($0 * 10 + 1) })
    func `has an owner, whatever the mix of tasks and the meter's faults`(first: UInt64) throws {
        for seed in first..<first + 10 {
            var world = MeteredWorld(seed: seed)
            for _ in 0..<150 { world.step() }
            world.finish()
            try check(world, seed)
        }
    }

    private func check(_ world: MeteredWorld, _ seed: UInt64) throws {
        var audit = Audit { MeteredWorld.campaign($0) }
        var dropped = Microseconds.zero
        for bytes in world.log {
            let (sequence, record) = try decode(bytes)
            audit.add(record, sequence: sequence)
            guard case .energyMetered(let energy) = record.event else { continue }
            #expect(energy.interval.problem == nil, "seed \(seed)")
            if case .dropped = energy.interval.reading { dropped += energy.interval.length }
        }
        #expect(audit.report.findings == [], "seed \(seed)")
        let metered = audit.report.metered
        let parts = [metered.dynamic, metered.idle, metered.unallocated, metered.remainder]
        #expect(parts.reduce(.zero, +) == metered.energy, "seed \(seed)")
        #expect(parts.allSatisfy { !($0 < .zero) }, "seed \(seed)")
        #expect(dropped == metered.dropped, "seed \(seed)")
        if world.hasLost {
            #expect(!(world.told < metered.energy) && !(world.unknown < dropped), "seed \(seed)")
        } else {
            #expect(metered.energy == world.told && dropped == world.unknown, "seed \(seed)")
        }
        try checkAccounts(world, metered, seed)
    }

    /// Steps, campaigns and workers, as the living coordinator and one that starts anew have them.
    private func checkAccounts(
        _ world: MeteredWorld, _ metered: MeterAccount, _ seed: UInt64
    ) throws {
        let report = try #require(world.report())
        #expect(try world.replayed() == report, "seed \(seed): a replay says something else")
        #expect(try world.restored() == report, "seed \(seed): a snapshot says something else")
        let node = try #require(report.nodes.first)
        #expect(node.meter == metered && report.forgotten == .zero, "seed \(seed)")
        var (dynamic, idle) = (Joules.zero, Joules.zero)
        for campaign in report.campaigns {
            let account = campaign.account
            let results =
                account.succeeded.measured + account.failed.measured + account.superseded.measured
            let told = campaign.steps.reduce(Joules.zero) { $0 + $1.dynamic }
            #expect(results + campaign.unclaimed == told, "seed \(seed): \(campaign.name)")
            dynamic += told
            idle = campaign.steps.reduce(idle) { $0 + $1.idle }
        }
        #expect(dynamic == metered.dynamic && idle == metered.idle, "seed \(seed)")
        // Most of it is in results, or the books would be of no use.
        if !world.hasLost, metered.dynamic > .zero {
            #expect(node.unclaimed.microjoules * 2 < metered.dynamic.microjoules, "seed \(seed)")
        }
    }

    @Test func `is looked for in ten thousand intervals`() {
        let samples = (UInt64(1)...100).reduce(0) { sum, seed in
            var world = MeteredWorld(seed: seed)
            for _ in 0..<150 { world.step() }
            world.finish()
            return sum + world.samples
        }
        #expect(samples >= 10_000)
    }
}
