import ErgonModel
import Testing

@testable import ErgonCoordinator

/// What a worker says of its meter is its own to say, but it cannot say just anything.
@Suite struct `What a worker says of its meter` {
    private let worker = WorkerFacts(
        worker: WorkerID("w1"), cpus: 4, memory: ByteCount(1 << 33), cpuModel: "A CPU",
        power: PowerModel(
            source: "model:table", perThread: Watts(milliwatts: 5000), uncertaintyPercent: 30))
    private var coordinator = Coordinator()
    private var lease: Lease?
    private var records: [RecordedEvent] = []

    private mutating func tell(_ event: Coordinator.Event) {
        for effect in coordinator.handle(event, now: Instant(microseconds: 1_000_000)) {
            switch effect {
            case .record(let record): records.append(record.event)
            case .send(_, .lease(let lease)): self.lease = lease
            case .send, .reply, .countLines, .plan, .keepStatement: break
            }
        }
    }

    private mutating func begin() throws -> Lease {
        let campaign = try Fixture.named("many")
        _ = coordinator.start(version: "1", now: Instant(microseconds: 0))
        tell(.workerConnected(worker, life: 7, held: []))
        tell(
            .submit(
                Coordinator.RequestID(1), campaign, manifest: Fixture.manifest(of: campaign),
                by: "anna"))
        return try #require(lease)
    }

    private func joules(_ number: Int64) -> Joules { Joules(microjoules: number) }

    /// - Parameter dynamic: microjoules, of 100 in all.
    private func interval(
        _ number: Int, dynamic: Int64, of lease: Lease, unallocated: Int64? = nil,
        campaign: Int = 1
    ) -> ReportedInterval {
        ReportedInterval(
            id: ReportID(life: 7, batch: number), began: Instant(microseconds: 0),
            length: .seconds(1), reading: .measured(joules(100), by: .rapl),
            shares: [
                ReportedInterval.Share(
                    campaign: CampaignID(campaign), stage: lease.stage, dynamic: joules(dynamic),
                    idle: .zero)
            ], unallocated: joules(unallocated ?? 100 - dynamic))
    }

    private mutating func report(
        _ batch: Int, _ lease: Lease, energies: [Int64], _ metered: [ReportedInterval]
    ) {
        let first = lease.tasks.lowerBound + (batch - 1) * 2
        let results = energies.enumerated().map { number, energy in
            TaskResult(
                task: first + number, outcome: .failed(.exit(1), isFinal: false), outputs: [],
                log: nil, started: Instant(microseconds: 0), wall: .seconds(1), cpu: .seconds(1),
                energy: joules(energy), meter: .rapl)
        }
        tell(
            .report(
                worker.worker,
                WorkerReport(
                    id: ReportID(life: 7, batch: batch), lease: lease.id, campaign: lease.campaign,
                    stage: lease.stage, results: results, metered: metered)))
    }

    /// Of results on record, in order.
    private var claims: [Int64] {
        records.flatMap { event -> [TaskResult] in
            if case .results(let batch) = event { batch.results } else { [] }
        }.map(\.energy.microjoules)
    }

    private var told: [EnergyInterval<String>] {
        records.compactMap { event in
            if case .energyMetered(let energy) = event { energy.interval } else { nil }
        }
    }

    @Test mutating func `is on record before the results that have of it, and they have no more`()
        throws
    {
        let lease = try begin()
        report(1, lease, energies: [40, 90], [interval(1, dynamic: 60, of: lease)])
        #expect(told.map(\.energy) == [joules(100)] && claims == [40, 20])
        report(2, lease, energies: [7, 7], [])
        #expect(claims == [40, 20, 0, 0])
    }

    @Test mutating func `counts once, though it is said again`() throws {
        let lease = try begin()
        let first = interval(1, dynamic: 60, of: lease)
        report(1, lease, energies: [1], [first, first])
        report(2, lease, energies: [2], [first, interval(2, dynamic: 50, of: lease)])
        #expect(told.map(\.id.batch) == [1, 2])
    }

    @Test mutating func `is nothing if it does not add up`() throws {
        let lease = try begin()
        report(
            1, lease, energies: [10, 10],
            [
                interval(1, dynamic: 60, of: lease, unallocated: 50),
                interval(2, dynamic: -1, of: lease),
            ])
        #expect(told.isEmpty && claims == [0, 0])
    }

    @Test mutating func `is the site's where no such campaign is known`() throws {
        let lease = try begin()
        report(1, lease, energies: [10], [interval(1, dynamic: 60, of: lease, campaign: 9)])
        #expect(told.map(\.shares.isEmpty) == [true] && claims == [0])
        #expect(told.map(\.unallocated) == [joules(100)])
    }
}
