import ErgonAudit
import ErgonCoordinator
import ErgonModel
import Testing

private func grid(
    _ split: Split, over: Source? = nil, points: Int, input: Int = 0
) -> Campaign {
    let file = { (number: Int) in
        InputFile(
            name: "\(number).csv", digest: Fixture.manifest, size: ByteCount(1), events: 2)
    }
    var step = Fixture.campaign.steps[0]
    (step.name, step.over, step.split, step.outputs) = ("scan", over, split, [])
    step.points = [PointAxis(name: "p", values: (0..<points).map(String.init))]
    var campaign = Fixture.campaign
    campaign.steps = [step]
    campaign.inputs[0].files = (0..<input).map(file)
    return campaign
}

/// What the coordinator says of a campaign that is cancelled at its start.
private func coverageBySeal(of campaign: Campaign) -> [Coverage] {
    var coordinator = Coordinator()
    let now = Instant(microseconds: 0)
    _ = coordinator.start(version: "0.1", now: now)
    let manifest = StoredFile(digest: Fixture.manifest, size: ByteCount(1))
    let submit = Coordinator.Event.submit(
        Coordinator.RequestID(1), campaign, manifest: manifest, by: "a")
    let cancel = Coordinator.Event.cancel(Coordinator.RequestID(2), CampaignID(1), by: "a")
    return [submit, cancel].flatMap { coordinator.handle($0, now: now) }.flatMap { effect in
        guard case .record(let record) = effect, case .campaignSealed(let seal) = record.event
        else { return [Coverage]() }
        return seal.coverage
    }
}

@Test(arguments: [
    (grid(.single, points: 4096), 4096, "task [p=0]"),
    (grid(.single, points: 4097), 1, "task [all points]"),
    (grid(.seeds(total: 3, perTask: 2, eventsPerSeed: 1), points: 5000), 1, "seeds [all points]"),
    (grid(.files(1), over: .input("muons"), points: 4097, input: 2), 1, "muons [all points]"),
    (
        grid(.events(perTask: 2, range: nil), over: .input("muons"), points: 1, input: 70_000),
        70_000, "muons/0.csv [p=0]"
    ),
    (
        grid(.events(perTask: 2, range: nil), over: .input("muons"), points: 2, input: 40_000),
        1, "muons [all points]"
    ),
])
func `a grid of very many points is covered as a whole`(
    campaign: Campaign, entries: Int, source: String
) throws {
    let tasks = try #require(Shards(of: campaign.steps[0], in: campaign, upstream: nil)).count
    let derived = derivedCoverage(
        of: 0, in: campaign, upstream: nil, done: IntervalSet(), failed: [:])
    #expect(derived.count == entries && derived.first?.source == source)
    #expect(coverageBySeal(of: campaign) == derived)
    guard entries == 1, let whole = derived.first else { return }
    #expect(whole.unit == "tasks" && whole.declared == 0..<tasks && whole.covered.isEmpty)
    let done = derivedCoverage(
        of: 0, in: campaign, upstream: nil, done: IntervalSet(1..<tasks), failed: [0: .exit(3)])
    #expect(done[0].covered == IntervalSet(1..<tasks))
    #expect(done[0].gaps == [Coverage.Gap(range: 0..<1, reason: "task 0 failed: exit 3")])
}

@Test func `a step of more tasks than can be counted is never sized, and that is no finding`()
    throws
{
    var seal = Fixture.seal
    seal.coverage[1] = Coverage(
        step: "lines", source: "gen.list", unit: "lines", declared: 0..<0, covered: IntervalSet(),
        gaps: [Coverage.Gap(range: 0..<0, reason: "not run: gen.list")])
    seal.account = Fixture.account(succeeded: 20, failed: 2)
    let log = Fixture.log.dropLast().compactMap { event -> RecordedEvent? in
        switch event {
        case .stageSized(let id, let stage, _):
            return .stageSized(id, stage: stage, count: 1 << 53)
        case .results(let batch) where batch.stage == "lines": return nil
        default: return event
        }
    }
    #expect(try audit(log + [.campaignSealed(seal)]).findings == [])
}
