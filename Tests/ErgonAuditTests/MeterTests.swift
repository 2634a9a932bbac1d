import ErgonAudit
import ErgonModel
import Testing

/// 100 J, of which the one task of `final` has 30 J, and 20 J for its cores.
private func told(_ number: Int = 1, worker: String = "w1") -> MeteredEnergy {
    MeteredEnergy(
        worker: WorkerID(worker),
        interval: EnergyInterval(
            id: ReportID(life: 7, batch: number), began: Instant(microseconds: 5),
            length: .seconds(10), reading: .measured(joules(100), by: .rapl),
            idlePower: Watts(milliwatts: 7000),
            shares: [
                EnergyInterval.Share(
                    campaign: CampaignID(1), stage: "final", dynamic: joules(30), idle: joules(20))
            ], unallocated: joules(49), remainder: joules(1)))
}

private func joules(_ number: Int64) -> Joules { Joules(microjoules: number * 1_000_000) }

/// Results of `final` that have so much of a meter.
private func claim(_ number: Int64) -> RecordedEvent {
    var batch = Fixture.batch("final", 0..<1)
    batch.report = ReportID(life: 9, batch: 1)
    batch.results[0].energy = joules(number)
    batch.results[0].meter = .rapl
    return .superseded(batch)
}

private func problems(_ events: [RecordedEvent]) throws -> [String] {
    try audit(Array(Fixture.log.dropLast()) + events).findings.map(\.problem)
}

@Suite struct `What a meter told` {
    @Test func `is a campaign's, a worker's and the site's, and adds up`() throws {
        let report = try audit(
            Array(Fixture.log.dropLast()) + [.energyMetered(told()), claim(30)])
        #expect(report.findings == [])
        #expect(report.campaigns[0].metered["final"]?.dynamic == joules(30))
        #expect(report.campaigns[0].metered["final"]?.idle == joules(20))
        #expect(report.campaigns[0].account.superseded.measured == joules(30))
        #expect(report.campaigns[0].account.superseded.energy == .zero)
        #expect(report.metered.energy == joules(100))
        #expect(report.metered.unallocated == joules(49))
        #expect(report.meters[WorkerID("w1")]?.metered == .seconds(10))
    }

    @Test func `is no more than it told`() throws {
        var wrong = told()
        wrong.interval.unallocated = joules(48)
        #expect(
            try problems([.energyMetered(wrong)]) == [
                "energy of worker w1: the meter read 100000000 µJ, "
                    + "but 99000000 µJ are accounted for"
            ])
        var negative = told()
        negative.interval.shares[0].dynamic = joules(-1)
        negative.interval.unallocated = joules(80)
        #expect(
            try problems([.energyMetered(negative)]) == [
                "energy of worker w1: a negative share"
            ])
    }

    @Test func `is told once, by a worker that joined, of stages that there are`() throws {
        #expect(
            try problems([.energyMetered(told()), .energyMetered(told())]) == [
                "energy of worker w1: interval 1 of it follows interval 1"
            ])
        #expect(
            try problems([.energyMetered(told(worker: "w9"))]) == [
                "energy of worker w9, which never joined"
            ])
        var unknown = told()
        unknown.interval.shares[0].stage = "finale"
        #expect(
            try problems([.energyMetered(unknown)]) == [
                "campaign 1: energy of a stage `finale`, which there is not"
            ])
    }

    @Test func `is there before results have it, and is had once`() throws {
        let excess = "campaign 1: final: results of worker w1 have 1000000 µJ that no meter told of"
        #expect(try problems([.energyMetered(told()), claim(31)]) == [excess])
        #expect(
            try problems([claim(30), .energyMetered(told())]) == [
                "campaign 1: final: results of worker w1 have 30000000 µJ that no meter told of"
            ])
    }

    @Test func `is not of a seal that leaves it out`() throws {
        var seal = Fixture.seal
        seal.account.superseded = Account.Line(
            attempts: 1, cpu: Microseconds(500_000), wall: .seconds(1), energy: .zero)
        #expect(
            try problems([.energyMetered(told()), claim(30), .campaignSealed(seal)]) == [
                "campaign 1: the account of what was superseded says 0 measured µJ, "
                    + "the results 30000000"
            ])
    }
}
