import ErgonAudit
import ErgonCoordinator
import ErgonModel
import Testing

/// One step over that many files, or over nothing.
private func grid(_ split: Split, points: Int, files: Int) -> Campaign {
    var step = Fixture.campaign.steps[0]
    (step.name, step.split, step.outputs) = ("scan", split, [])
    step.over = files > 0 ? .input("muons") : nil
    step.points = [PointAxis(name: "p", values: (0..<points).map(String.init))]
    var campaign = Fixture.campaign
    campaign.steps = [step]
    campaign.inputs[0].files = (0..<files).map { number in
        InputFile(
            name: "\(number).csv", digest: Fixture.manifest, size: ByteCount(1), events: 2)
    }
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
    let cancel = Coordinator.Event.intervene(
        Coordinator.RequestID(2), .cancel(CampaignID(1)), by: "a")
    return [submit, cancel].flatMap { coordinator.handle($0, now: now) }.flatMap { effect in
        guard case .record(let record) = effect, case .campaignSealed(let seal) = record.event
        else { return [Coverage]() }
        return seal.coverage
    }
}

private let perFile = Split.events(perTask: 2, range: nil)

@Test(
    arguments: [
        (.single, 4096, files: 0, "task [p=0]"), (.single, 4097, files: 0, "task [all points]"),
        (.seeds(total: 3, perTask: 2, eventsPerSeed: 1), 5000, files: 0, "seeds [all points]"),
        (.files(1), 4097, files: 2, "muons [all points]"),
        (perFile, 1, files: 70_000, "muons/0.csv [p=0]"),
        (perFile, 2, files: 40_000, "muons [all points]"),
    ] as [(Split, Int, files: Int, String)])
func `a grid of very many points is covered as a whole`(
    split: Split, points: Int, files: Int, source: String
) throws {
    let campaign = grid(split, points: points, files: files)
    let tasks = try #require(Shards(of: campaign.steps[0], in: campaign, upstream: nil)).count
    let derived = derivedCoverage(
        of: 0, in: campaign, upstream: nil, done: IntervalSet(), failed: [:])
    let isWhole = source.hasSuffix("[all points]")
    #expect(derived.count == (isWhole ? 1 : points * max(files, 1)))
    #expect(derived.first?.source == source)
    #expect(coverageBySeal(of: campaign) == derived)
    guard isWhole, let whole = derived.first else { return }
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
