import ErgonModel
import ErgonProvenance
import Testing

private func coded(_ event: RecordedEvent, sequence: Int = 7) -> [UInt8] {
    encode(
        Record(time: Instant(microseconds: 1_354_752_000_000_001), event: event), sequence: sequence
    )
}

private func text(_ event: RecordedEvent) -> String {
    String(decoding: coded(event), as: UTF8.self)
}

@Test("what is encoded comes back as it was", arguments: UInt64(1)...400)
func roundTrip(seed: UInt64) throws {
    var dice = Dice(state: seed)
    let (record, sequence) = (dice.record(), dice.roll(0...100_000))
    let bytes = encode(record, sequence: sequence)
    let back = try decode(bytes)
    #expect(back.record == record, "seed \(seed)")
    #expect(back.sequence == sequence)
    #expect(encode(back.record, sequence: back.sequence) == bytes)
}

@Test func `a record is one line of canonical JSON`() {
    let event = RecordedEvent.campaignAccepted(
        AcceptedCampaign(id: CampaignID(2), name: "z", manifest: .ofNothing, by: "anna"))
    #expect(
        text(event) == """
            {"actor":"anna","campaign":2,"manifest":"\(Digest.ofNothing.hex)",\
            "name":"z","seq":7,"time":"2012-12-06T00:00:00.000001Z",\
            "type":"campaign-accepted","v":1}
            """)
}

@Test func `equal neighbours share their fields`() {
    let results = (100..<1100).map { task in
        TaskResult(
            task: task, outcome: .succeeded, outputs: [], log: nil,
            started: Instant(microseconds: 1_354_752_000_000_000 + Int64(task) * 1_000_000),
            wall: Microseconds(900_000 + Int64(task)), cpu: Microseconds(880_000), energy: .zero)
    }
    let batch = ResultBatch(
        campaign: CampaignID(1), stage: "reco", worker: WorkerID("w1"),
        lease: LeaseID(epoch: 1, serial: 4), results: results)
    let line = text(.results(batch))
    #expect(line.contains(#""tasks":[[100,1000]]"#))
    #expect(line.contains(#""cpu":[[1000,880000]],"energy":[[1000,0]]"#))
    #expect(line.contains(#""started":[1354752100000000,[999,1000000]]"#))
    #expect(!line.contains("outcomes") && !line.contains("outputs") && !line.contains("logged"))
    #expect(line.utf8.count < 8000, "\(line.utf8.count) bytes")
}

@Test func `numbers that a double cannot hold are strings`() throws {
    let big: Int64 = 1 << 53
    var seal = SealedCampaign(
        id: CampaignID(1), ending: .complete, outputs: [], coverage: [], account: Account())
    seal.account.succeeded.energy = Joules(microjoules: big + 1)
    let line = text(.campaignSealed(seal))
    #expect(line.contains(#""energy":"9007199254740993""#))
    #expect(line.contains(#""failed":{"attempts":0,"cpu":"0","energy":"0","wall":"0"}"#))
    #expect(
        text(.stageSized(CampaignID(1), stage: "s", count: Int(big))).contains(
            #""count":"9007199254740992""#))
    #expect(
        text(.stageSized(CampaignID(1), stage: "s", count: Int(big) - 1)).contains(
            #""count":9007199254740991"#))
}

@Suite struct Refusals {
    private let line =
        """
        {"count":3,"campaign":1,"seq":7,"stage":"s",\
        "time":"2012-12-06T00:00:00.000001Z","type":"stage-sized","v":1}
        """
    private let canonical =
        """
        {"campaign":1,"count":3,"seq":7,"stage":"s",\
        "time":"2012-12-06T00:00:00.000001Z","type":"stage-sized","v":1}
        """

    private func fault(_ text: String) -> RecordFault? {
        do throws(RecordFault) {
            _ = try decode(Array(text.utf8))
            return nil
        } catch {
            return error
        }
    }

    @Test func `only the canonical form is read`() {
        #expect(fault(canonical) == nil)
        #expect(fault(line) == .notCanonical)
        #expect(fault(canonical + "\n") == .notCanonical)
        #expect(fault(canonical.replacing(":3", with: ": 3")) == .notCanonical)
        #expect(fault(canonical.replacing(":3", with: #":"3""#)) == .notCanonical)
        #expect(fault(canonical.replacing("\"s\"", with: #""\u0073""#)) == .notCanonical)
    }

    @Test func `what is unknown is refused by name`() {
        #expect(fault(canonical.replacing("\"v\":1", with: "\"v\":2")) == .unknownVersion("2"))
        #expect(fault(canonical.replacing("stage-sized", with: "sized")) == .unknownType("sized"))
        #expect(fault(canonical.replacing("\"v\":1", with: "\"v\":1,\"w\":1")) == .unknownKey("w"))
        #expect(fault(canonical.replacing("\"count\":3,", with: "")) == .missing("count"))
        #expect(fault(canonical.replacing(":3", with: ":3.5")) == .malformed("count"))
        #expect(fault(canonical.replacing("2012-12", with: "2012-13")) == .malformed("time"))
        #expect(fault(String(repeating: " ", count: 65_536)) == .tooLong(65_536))
        guard case .notJSON = fault("{") else {
            Issue.record("a brace is not JSON")
            return
        }
    }

    @Test(arguments: ["9223372036854775807", "-9223372036854775808", "9007199254740993", "-1"])
    func `no number in a record makes a reader overflow`(number: String) {
        let value = number == "-1" ? number : "\"\(number)\""
        for key in ["campaign", "count", "seq"] {
            let digit = key == "campaign" ? "1" : key == "count" ? "3" : "7"
            let line = canonical.replacing("\"\(key)\":\(digit)", with: "\"\(key)\":\(value)")
            #expect(fault(line) == .malformed(key))
        }
        let start =
            """
            {"epoch":\(value),"seq":0,"time":"2012-12-06T00:00:00.000001Z",\
            "type":"coordinator-started","v":1,"version":""}
            """
        #expect(fault(start) == .malformed("epoch"))
    }

    @Test(arguments: [
        "[-1,1]", "[0,-1]", #"["-9223372036854775808",1]"#, #"["9007199254740992",1]"#,
        #"[1,"9007199254740992"]"#, #"["9223372036854775807","9223372036854775807"]"#,
    ])
    func `a range lies between 0 and 2^53`(range: String) {
        func seal(_ declared: String, _ covered: String) -> String {
            """
            {"account":{"failed":{"attempts":0,"cpu":"0","energy":"0","wall":"0"},\
            "succeeded":{"attempts":0,"cpu":"0","energy":"0","wall":"0"}},"campaign":1,\
            "coverage":[{"covered":[\(covered)],"declared":\(declared),"gaps":[],"source":"s",\
            "step":"s","unit":"tasks"}],"ending":"complete","outputs":[],"seq":7,\
            "time":"2012-12-06T00:00:00.000001Z","type":"campaign-sealed","v":1}
            """
        }
        let whole = #"[0,"9007199254740992"]"#
        #expect(fault(seal(whole, whole)) == nil)
        #expect(fault(seal(range, whole)) == .malformed("declared"))
        #expect(fault(seal(whole, range)) == .malformed("covered"))
    }

    @Test func `a short text does not become a long array`() {
        let bomb =
            """
            {"campaign":1,"cpu":[[2000000000,0]],"energy":[[2000000000,0]],"lease":[1,1],\
            "seq":7,"stage":"s","started":[[2000000000,0]],"tasks":[[0,2000000000]],\
            "time":"2012-12-06T00:00:00.000001Z","type":"results","v":1,\
            "wall":[[2000000000,0]],"worker":"w"}
            """
        #expect(fault(bomb) == .malformed("tasks"))
        #expect(
            fault(bomb.replacing("0,2000000000]],\"time", with: "0,2]],\"time"))
                == .malformed("started"))
    }
}

@Test(
    "timestamps are civil dates",
    arguments: [
        (0, "1970-01-01T00:00:00.000000Z"), (-1, "1969-12-31T23:59:59.999999Z"),
        (951_782_400_000_000, "2000-02-29T00:00:00.000000Z"),
        (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
        (1_767_225_599_123_456, "2025-12-31T23:59:59.123456Z"),
        (-62_167_219_200_000_000, "0000-01-01T00:00:00.000000Z"),
        (253_402_300_799_999_999, "9999-12-31T23:59:59.999999Z"),
    ] as [(Int64, String)])
func timestamps(microseconds: Int64, text: String) {
    #expect(Instant(microseconds: microseconds).timestamp == text)
    #expect(Instant(timestamp: text)?.microseconds == microseconds)
}

@Test(
    "dates that do not exist are refused",
    arguments: [
        "2023-02-29T00:00:00.000000Z", "2024-02-29T24:00:00.000000Z", "2024-02-29T00:60:00.000000Z",
        "2024-02-29T00:00:60.000000Z", "2024-00-29T00:00:00.000000Z", "2024-02-29t00:00:00.000000Z",
        "2024-02-29T00:00:00.00000Z", "2024-02-29T00:00:00.000000+", "+024-02-29T00:00:00.000000Z",
    ])
func impossibleDates(text: String) {
    #expect(Instant(timestamp: text) == nil)
}
