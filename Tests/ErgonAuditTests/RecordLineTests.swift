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
            == "\(time) campaign 1: 1 results of reco tasks 2 by w1 under lease 1/1, "
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
        seal.contains("reco.mass \(Fixture.seal.outputs[1].content.digest.hex) without tasks 2;"))
}

@Test func `what peers named cannot break out of its line`() {
    let text = line(.campaignCancelled(CampaignID(1), by: "a\n\u{1B}[2J\u{202E}\"x"))
    #expect(text.hasSuffix(#"cancelled by "a\u{a}\u{1b}[2J\u{202e}\"x""#))
    #expect(text.unicodeScalars.allSatisfy { $0.value >= 0x20 })
}
