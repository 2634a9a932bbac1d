import ErgonAudit
import ErgonModel
import Testing

private func line(_ event: RecordedEvent) -> String {
    renderRecord(Record(time: Instant(microseconds: 1_700_000_000_000_000), event: event))
}

@Test func `every kind of record is one readable line`() {
    let time = "2023-11-14T22:13:20.000000Z"
    #expect(
        Fixture.log.prefix(3).map(line) == [
            "\(time) coordinator started: epoch 1, version 0.1",
            "\(time) worker w1 joined: 4 cpus, 8192 MiB, A CPU, "
                + "5000 mW a thread ±30 % by model:table",
            "\(time) campaign 1 accepted: z-peak by anna, manifest \(Fixture.manifest.hex)",
        ])
    #expect(line(Fixture.log[7]) == "\(time) campaign 1: lines is split over 3 lines")
    #expect(
        line(Fixture.log[8])
            == "\(time) campaign 1: 1 result of reco task 2 by w1 under lease 1/1, "
            + "0.500 s cpu, 2.000 J; failed: 2 exit 3")
    #expect(
        line(.campaignCancelled(CampaignID(1), by: "anna"))
            == "\(time) campaign 1 cancelled by anna")
    let seal = line(.campaignSealed(Fixture.seal))
    #expect(
        seal.hasPrefix(
            "\(time) campaign 1 sealed: incomplete, 7 of 8 sources covered, 22 tasks, "
                + "11.000 s cpu, 44.000 J; failed: 1.000 s cpu, 4.000 J; gen.list "))
    #expect(
        seal.contains("reco.mass \(Fixture.seal.outputs[1].content.digest.hex) without task 2;"))
}

@Test func `what people and workers did to a campaign is one readable line each`() {
    let time = "2023-11-14T22:13:20.000000Z"
    func said(_ place: Int) -> String { String(line(Fixture.eventful[place]).dropFirst(28)) }
    #expect(line(Fixture.eventful[Fixture.Place.held]).hasPrefix(time))
    #expect(said(Fixture.Place.held) == "campaign 1 held by anna: no power")
    #expect(said(Fixture.Place.released) == "campaign 1 released by anna")
    #expect(
        said(Fixture.Place.superseded)
            == "campaign 1: 1 superseded result of gen task 1 by w1 under lease 1/1, "
            + "0.500 s cpu, 2.000 J")
    #expect(
        said(Fixture.Place.lost)
            == "campaign 1: 1 result of reco task 2 by w1 under lease 1/1, "
            + "0.000 s cpu, 0.000 J; failed: 2 the worker was lost")
    #expect(
        said(Fixture.Place.reopened)
            == "campaign 1 reopened by anna: gen task 3; gen.list/1 task 1; gen.list/2 task 0")
    #expect(said(Fixture.Place.standing) == "worker w1 is draining, by anna")
    #expect(
        said(Fixture.eventful.count - 1).hasPrefix(
            "campaign 1 sealed: complete, 8 of 8 sources covered, 33 tasks, 16.500 s cpu, 66.000 J; "
                + "failed: 1.000 s cpu, 4.000 J; superseded: 1.500 s cpu, 6.000 J; gen.list "))
}

@Test func `a worker's standing and a repair are said with their reasons`() {
    func said(_ standing: Standing) -> String {
        String(line(.workerStands(worker.worker, standing, by: "anna")).dropFirst(28))
    }
    let until = Instant(microseconds: 1_700_000_600_000_000)
    #expect(said(.active) == "worker w1 is active, by anna")
    #expect(
        said(.quarantined(reason: "all fail", until: nil))
            == "worker w1 is quarantined: all fail, by anna")
    #expect(
        said(.quarantined(reason: "a\nb", until: until))
            == #"worker w1 is quarantined until 2023-11-14T22:23:20.000000Z: "a\u{a}b", by anna"#)
    let repaired = line(.logRepaired(GivenUp(records: 7..<9, bytes: 512, by: "root")))
    #expect(repaired.hasSuffix("log repaired by root: 2 records from 7 on (512 bytes) given up"))
}

@Test func `what peers named cannot break out of its line`() {
    let text = line(.campaignCancelled(CampaignID(1), by: "a\n\u{1B}[2J\u{202E}\"x"))
    #expect(text.hasSuffix(#"cancelled by "a\u{a}\u{1b}[2J\u{202e}\"x""#))
    #expect(text.unicodeScalars.allSatisfy { $0.value >= 0x20 })
}
