import ErgonModel
import ErgonProvenance
import Testing
import SeededRandom

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
    var dice = SeededGenerator(seed: seed)
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
        lease: LeaseID(epoch: 1, serial: 4),
        report: ReportID(life: 5, batch: 6), results: results)
    let line = text(.results(batch))
    #expect(line.contains(#""tasks":[[100,1000]]"#))
    #expect(line.contains(#""cpu":[[1000,880000]],"energy":[[1000,0]]"#))
    #expect(line.contains(#""started":[1354752100000000,[999,1000000]]"#))
    #expect(!line.contains("outcomes") && !line.contains("outputs") && !line.contains("logged"))
    #expect(line.utf8.count < 8000, "\(line.utf8.count) bytes")
}

@Test func `results that stand as one make the record that each alone makes`() throws {
    let alike = TaskResult(
        task: 10, count: 60_000, outcome: .succeeded, outputs: [], log: nil,
        started: Instant(microseconds: 1_354_752_000_000_000), wall: Microseconds(9),
        cpu: Microseconds(8), energy: Joules(microjoules: 7))
    var last = alike.of(70_010..<70_011)
    last.outcome = .failed(.exit(1), isFinal: true)
    var batch = ResultBatch(
        campaign: CampaignID(1), stage: "reco", worker: WorkerID("w1"),
        lease: LeaseID(epoch: 1, serial: 4), report: ReportID(life: 5, batch: 6),
        results: [alike, last])
    let bytes = coded(.results(batch))
    #expect(bytes.count < 500, "\(bytes.count) bytes")
    #expect(try decode(bytes).record.event == .results(batch))
    batch.results = batch.results.flatMap(\.singly)
    #expect(coded(.results(batch)) == bytes)
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

@Test func `what people did is one line of canonical JSON each`() {
    let frame = #""seq":7,"time":"2012-12-06T00:00:00.000001Z","type""#
    let campaign = CampaignID(2)
    #expect(
        text(.campaignHeld(campaign, reason: "no power", by: "anna"))
            == #"{"actor":"anna","campaign":2,"reason":"no power",\#(frame):"campaign-held","v":1}"#
    )
    #expect(
        text(.campaignReleased(campaign, by: "anna"))
            == #"{"actor":"anna","campaign":2,\#(frame):"campaign-released","v":1}"#)
    let tasks = ReopenedCampaign.Tasks(stage: "reco.mass/1", tasks: IntervalSet(3..<5))
    #expect(
        text(
            .campaignReopened(
                ReopenedCampaign(
                    id: campaign, by: "anna", lease: LeaseID(epoch: 1, serial: 4), tasks: [tasks])))
            == #"{"actor":"anna","campaign":2,"lease":[1,4],"seq":7,"#
            + #""tasks":[{"stage":"reco.mass/1","#
            + #""tasks":[[3,2]]}],"time":"2012-12-06T00:00:00.000001Z","#
            + #""type":"campaign-reopened","v":1}"#)
    #expect(
        text(.logRepaired(GivenUp(records: 7..<9, bytes: 512, by: "root")))
            == #"{"actor":"root","bytes":512,"records":[7,2],\#(frame):"log-repaired","v":1}"#)
}

@Test func `a worker's standing is one line of canonical JSON`() {
    func said(_ standing: Standing) -> String {
        text(.workerStands(WorkerID("w1"), standing, by: "anna"))
            .replacing(#""seq":7,"#, with: "").replacing(
                #""time":"2012-12-06T00:00:00.000001Z","#, with: "")
    }
    let end = #""type":"worker-standing","#
    #expect(
        said(.active)
            == #"{"actor":"anna","standing":"active",\#(end)"v":1,"worker":"w1"}"#)
    #expect(
        said(.quarantined(reason: "r", until: nil))
            == #"{"actor":"anna","reason":"r","standing":"quarantined",\#(end)"v":1,"worker":"w1"}"#
    )
    #expect(
        said(.quarantined(reason: "r", until: Instant(microseconds: 1_700_000_000_000_000)))
            == #"{"actor":"anna","reason":"r","standing":"quarantined",\#(end)"#
            + #""until":"2023-11-14T22:13:20.000000Z","v":1,"worker":"w1"}"#)
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

    @Test func `a standing has what belongs to it, and nothing else`() {
        func standing(_ members: String) -> RecordFault? {
            fault(
                #"{"actor":"a",\#(members),"time":"2012-12-06T00:00:00.000001Z","#
                    + #""type":"worker-standing","v":1,"worker":"w"}"#)
        }
        #expect(standing(#""seq":7,"standing":"active""#) == nil)
        #expect(standing(#""seq":7,"standing":"asleep""#) == .malformed("standing"))
        #expect(
            standing(#""reason":"r","seq":7,"standing":"draining""#) == .unknownKey("reason"))
        #expect(standing(#""seq":7,"standing":"quarantined""#) == .missing("reason"))
    }

    @Test func `an account without superseded attempts does not mention them`() {
        let zero = #"{"attempts":0,"cpu":"0","energy":"0","wall":"0"}"#
        func seal(_ more: String) -> RecordFault? {
            fault(
                #"{"account":{"failed":\#(zero),"succeeded":\#(zero)\#(more)},"campaign":1,"#
                    + #""coverage":[],"ending":"complete","outputs":[],"seq":7,"#
                    + #""time":"2012-12-06T00:00:00.000001Z","type":"campaign-sealed","v":1}"#)
        }
        #expect(seal("") == nil)
        #expect(seal(#","superseded":\#(zero)"#) == .notCanonical)
        #expect(seal(#","superseded":\#(zero.replacing("0", with: "1"))"#) == nil)
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

    /// A batch of two results, in which one member may be something else.
    private func batch(_ key: String, _ value: String, type: String = "results") -> String {
        var columns = ["cpu": "[[2,0]]", "energy": "[[2,0]]", "lease": "[1,1]"]
        columns["started"] = "[[2,0]]"
        columns["tasks"] = "[[0,2]]"
        columns["wall"] = "[[2,0]]"
        let members = columns.merging([key: value]) { $1 }.merging([
            "campaign": "1", "seq": "7", "stage": #""s""#, "type": #""\#(type)""#, "v": "1",
            "time": #""2012-12-06T00:00:00.000001Z""#, "worker": #""w""#,
        ]) { $1 }
        let sorted = members.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }
        return "{" + sorted.map { #""\#($0)":\#($1)"# }.joined(separator: ",") + "}"
    }

    @Test(arguments: ["cpu", "energy", "started", "wall", "outputs", "logged", "outcomes"])
    func `a short text does not become a long array`(column: String) {
        let value = column == "logged" ? "false" : column == "outcomes" ? #""succeeded""# : "0"
        for type in ["results", "superseded"] {
            #expect(fault(batch("tasks", "[[0,2]]", type: type)) == nil)
            #expect(fault(batch("tasks", "[[0,2000000000]]", type: type)) == .malformed("tasks"))
            let bomb = batch(column, "[[2000000000,\(value)]]", type: type)
            #expect(fault(bomb) == .malformed(column))
            #expect(fault(batch(column, "[[3,\(value)]]", type: type)) == .malformed(column))
        }
    }

    @Test func `the columns of a batch are written in one way only`() {
        #expect(fault(batch("cpu", "[1,1]")) == .notCanonical)
        #expect(fault(batch("cpu", "[[1,1],0]")) == .notCanonical)
        #expect(fault(batch("cpu", "[[0,1],[2,0]]")) == .notCanonical)
        #expect(fault(batch("cpu", "[9007199254740992,2]")) == .notCanonical)
        #expect(fault(batch("cpu", "[-0,2]")) == .notCanonical)
        #expect(fault(batch("cpu", #"["1",2]"#)) == .notCanonical)
        #expect(fault(batch("cpu", #"["9223372036854775808",2]"#)) == .malformed("cpu"))
        #expect(fault(batch("cpu", #"["-9223372036854775808",2]"#)) == nil)
        #expect(fault(batch("cpu", "[1.5,2]")) == .malformed("cpu"))
        #expect(fault(batch("tasks", "[[0,1],[1,1]]")) == .notCanonical)
        #expect(fault(batch("tasks", "[[0,2],[5,0]]")) == .notCanonical)
        #expect(fault(batch("outputs", "[[2,0]]")) == .notCanonical)
        #expect(fault(batch("outcomes", #"[[2,"succeeded"]]"#)) == .notCanonical)
        guard case .notJSON = fault(batch("cpu", "[01,2]")) else {
            Issue.record("a leading zero is not JSON")
            return
        }
        #expect(fault(batch("report", "[1,2]")) == nil)
        #expect(fault(batch("report", "[1,-2]")) == .malformed("report"))
        #expect(fault(batch("cpu", "[[2,0]]") + " ") == .notCanonical)
    }

    @Test func `what a batch has too much or too little is named`() {
        #expect(fault(batch("wall", "")) == .missing("wall"))
        #expect(fault(batch("watts", "[[2,0]]")) == .unknownKey("watts"))
        #expect(fault(batch("a", "1")) == .unknownKey("a"))
        let whole = batch("report", "[1,2]")
        #expect(fault(whole.replacing(#""v":1"#, with: #""v":2"#)) == .unknownVersion("2"))
        #expect(fault(whole.replacing("results", with: "resulted")) == .unknownType("resulted"))
        #expect(fault(whole.replacing("2012-12", with: "2012-13")) == .malformed("time"))
        guard case .notJSON = fault(String(whole.dropLast())) else {
            Issue.record("half a batch is not JSON")
            return
        }
    }
}

@Test(
    "a batch with another byte is refused, or is what would be written so", arguments: UInt64(1)...6
)
func changedBytes(seed: UInt64) throws {
    var dice = SeededGenerator(seed: seed)
    var batch = dice.batch(count: 6)
    batch.results[0].outcome = .failed(.notStarted("ü\"\n"), isFinal: true)
    let bytes = coded(seed % 2 == 0 ? .results(batch) : .superseded(batch))
    for place in bytes.indices {
        for byte in [bytes[place] ^ 1, UInt8(ascii: "0"), UInt8(ascii: "\""), UInt8(ascii: "]")] {
            var changed = bytes
            changed[place] = byte
            guard changed != bytes else { continue }
            do throws(RecordFault) {
                let other = try decode(changed)
                let text = encode(other.record, sequence: other.sequence)
                #expect(text == changed, "byte \(place)")
            } catch {}
        }
        #expect(throws: RecordFault.self) { try decode(Array(bytes[..<place])) }
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
