import Crypto
import ErgonAudit
import ErgonModel
import ErgonProvenance
import Testing

@Suite struct SignatureTests {
    static let key = try? P256.Signing.PrivateKey(rawRepresentation: Array(repeating: 7, count: 32))
    static let other = try? P256.Signing.PrivateKey(
        rawRepresentation: Array(repeating: 9, count: 32))

    private static func signing(_ key: P256.Signing.PrivateKey?) throws -> SigningKey {
        SigningKey(
            key: Array(try #require(key).publicKey.compressedRepresentation), certificate: [1, 2])
    }

    private static func signature(
        _ statement: ReportStatement, _ key: P256.Signing.PrivateKey? = key
    ) throws -> BatchSignature {
        let key = try #require(key)
        let signed = try key.signature(for: ReportStatement.signedText(of: statement.digest))
        let mark = ReportKey.mark(of: Array(key.publicKey.compressedRepresentation))
        return BatchSignature(bytes: mark + Array(signed.rawRepresentation), statement: nil)
    }

    private static func statement(_ batch: ResultBatch) throws -> ReportStatement {
        let stage = try #require(Stage(name: batch.stage, in: Fixture.campaign))
        return ReportStatement(batch, of: stage)
    }

    /// The log of the fixture, in which the worker has signed everything.
    private static func signedLog() throws -> [RecordedEvent] {
        var facts = worker
        facts.signing = try signing(key)
        return try Fixture.log.map { event in
            switch event {
            case .workerJoined: return .workerJoined(facts)
            case .results(var batch):
                batch.signature = try signature(try statement(batch))
                return .results(batch)
            default: return event
            }
        }
    }

    /// Puts something else in the place of the first record of results of that stage.
    private static func log(
        with stage: String, _ change: (ResultBatch) throws -> [RecordedEvent]
    ) throws -> [RecordedEvent] {
        var (log, isDone) = (try signedLog(), false)
        for place in log.indices {
            guard !isDone, case .results(let batch) = log[place], batch.stage == stage else {
                continue
            }
            log.replaceSubrange(place...place, with: try change(batch))
            isDone = true
        }
        return log
    }

    @Test func `what every worker signed has no finding`() throws {
        let report = try audit(try Self.signedLog())
        #expect(report.findings.isEmpty)
        #expect(report.signatures.good == 12)
        #expect(report.signatures.unsigned == 0)
    }

    @Test(arguments: ["energy", "outputs", "task", "wall", "lease", "signature", "key"])
    func `a batch that was changed after it was signed is found`(what: String) throws {
        var changed = 0
        let log = try Self.log(with: "reco") { batch in
            var batch = batch
            switch what {
            case "energy": batch.results[0].energy = Joules(microjoules: 1_999_999)
            case "outputs": batch.results[0].outputs = [Fixture.stored("forged")]
            case "task": batch.results.removeLast()
            case "wall": batch.results[1].wall = .seconds(2)
            case "lease": batch.lease.serial = 2
            case "signature": batch.signature?.bytes[10] ^= 1
            default: batch.signature = try Self.signature(try Self.statement(batch), Self.other)
            }
            changed += 1
            return [.results(batch)]
        }
        let findings = try audit(log).findings
        #expect(changed == 1)
        #expect(
            findings.contains {
                $0.sequence == 5 && $0.problem.contains("not what worker w1 signed (report 2/5)")
            }, "\(findings)")
    }

    @Test func `signatures may be checked by somebody else, and come to the same`() throws {
        let log = try Self.log(with: "reco") { batch in
            var batch = batch
            batch.results[0].wall = .seconds(3)
            return [.results(batch)]
        }
        func report(_ verdict: (SignatureClaim) -> Bool) -> AuditReport {
            var audit = Audit { $0 == Fixture.manifest ? Fixture.campaign : nil }
            for (sequence, event) in log.enumerated() {
                audit.add(
                    Record(time: Instant(microseconds: 0), event: event), sequence: sequence)
                let claims = audit.takeClaims()
                audit.settle(claims, claims.map(verdict))
            }
            return audit.report
        }
        let (alone, apart) = (try audit(log), report(\.holds))
        #expect(apart.findings == alone.findings)
        #expect(apart.signatures == alone.signatures)
        let none = report { _ in false }
        #expect(none.signatures.good == 0)
        let refused = none.findings.count { $0.problem.contains("signed") }
        // What stands where a crash may have cut it is left open.
        #expect(refused + none.signatures.unchecked == 12 && refused > 9)
        #expect(none.findings.map(\.sequence) == none.findings.map(\.sequence).sorted())
    }

    @Test func `results without their signature are found`() throws {
        let log = try Self.log(with: "reco") { batch in
            var batch = batch
            batch.signature = nil
            return [.results(batch)]
        }
        #expect(
            try audit(log).findings.map(\.problem) == ["results that worker w1 did not sign"])
    }

    @Test func `one report in several records is whole, and not without one of them`() throws {
        func pieces(_ batch: ResultBatch) -> [RecordedEvent] {
            batch.results.map { result in
                var piece = batch
                piece.results = [result]
                return .results(piece)
            }
        }
        #expect(try audit(try Self.log(with: "gen") { pieces($0) }).findings.isEmpty)
        let torn = try Self.log(with: "gen") { Array(pieces($0).dropLast()) }
        #expect(
            try audit(torn).findings.contains {
                $0.sequence == 3 && $0.problem.contains("not what worker w1 signed")
            })
    }

    @Test func `what only a part counts of is judged by the statement that was kept`() throws {
        let whole = Fixture.batch("select", 0..<6)
        let statement = try Self.statement(whole)
        var facts = worker
        facts.signing = try Self.signing(Self.key)
        func findings(_ change: (inout ResultBatch) -> Void) throws -> [Finding] {
            var batch = whole
            batch.results.removeLast()
            batch.signature = try Self.signature(statement)
            batch.signature?.statement = statement.digest
            change(&batch)
            var audit = Audit {
                $0 == statement.digest ? statement.bytes : nil
            } campaign: {
                $0 == Fixture.manifest ? Fixture.campaign : nil
            }
            let events = Array(Fixture.log.prefix(3)) + [.workerJoined(facts), .results(batch)]
            for (sequence, event) in events.enumerated() {
                audit.add(
                    Record(time: Instant(microseconds: 0), event: event), sequence: sequence)
            }
            return audit.report.findings.filter { $0.problem.contains("signed") }
        }
        #expect(try findings { _ in }.isEmpty)
        #expect(try findings { $0.results[0].energy = Joules(microjoules: 1) }.count == 1)
        #expect(try findings { $0.results[0].task = 7 }.count == 1)
        let forged = Fixture.stored("forged")
        #expect(try findings { $0.results[0].outputs = [forged] }.count == 1)
        #expect(try findings { $0.results[0].log = forged }.count == 1)
        #expect(try findings { $0.results[0].cpu = .seconds(99) }.count == 1)
        let failed = Outcome.failed(.exit(1), isFinal: true)
        #expect(try findings { $0.results[0].outcome = failed }.count == 1)
    }

    @Test func `a worker without a key is found where others have one`() throws {
        var log = try Self.signedLog()
        var late = worker
        late.worker = WorkerID("w2")
        log.insert(.workerJoined(late), at: 2)
        #expect(
            try audit(log).findings.map(\.problem)
                == ["worker w2 joined without a key, others with one"])
    }
}
