import ErgonModel
import ErgonWire
import ErgonWireMessages
import FoundationEssentials
import SwiftProtobuf
import Testing
import SeededRandom

/// From the model over the wire's bytes and back: nothing is lost on the way.
@Suite("what travels arrives as it was") struct RoundTripTests {
    private static let seeds = UInt64(1)...100

    private func travelled<Message: SwiftProtobuf.Message>(_ message: Message) throws -> Message {
        let bytes: Data = try message.serializedBytes()
        return try Message(serializedBytes: bytes)
    }

    @Test("an order to a worker", arguments: seeds)
    func order(seed: UInt64) throws {
        var dice = SeededGenerator(seed: seed)
        let order = dice.order()
        let arrived = try travelled(Ergon_V1_ToWorker(order, dataPort: 4433))
        #expect(try arrived.model() == order, "seed \(seed)")
        if case .welcome = order { #expect(arrived.welcome.dataPort == 4433) }
    }

    @Test("a worker's greeting", arguments: seeds)
    func hello(seed: UInt64) throws {
        var dice = SeededGenerator(seed: seed)
        let (facts, held) = (dice.facts(), dice.several { $0.held() })
        let arrived = try travelled(Ergon_V1_Hello(facts, life: 7, held: held, version: "1.2.3"))
        #expect(try arrived.facts(of: facts.worker) == facts, "seed \(seed)")
        #expect(try arrived.heldLeases() == held, "seed \(seed)")
        #expect(arrived.version == "1.2.3")
    }

    @Test("a worker's report", arguments: seeds)
    func report(seed: UInt64) throws {
        var dice = SeededGenerator(seed: seed)
        let report = dice.report()
        let arrived = try travelled(Ergon_V1_Results(report) { _ in nil })
        #expect(try arrived.model() == report, "seed \(seed)")
        #expect(try arrived.riding().isEmpty)
    }

    @Test("a coverage", arguments: seeds)
    func coverage(seed: UInt64) throws {
        var dice = SeededGenerator(seed: seed)
        let coverage = dice.coverage()
        #expect(try travelled(Ergon_V1_CoverageEntry(coverage)).model() == coverage, "seed \(seed)")
    }

    @Test("an account", arguments: seeds)
    func account(seed: UInt64) throws {
        var dice = SeededGenerator(seed: seed)
        let line = dice.accountLine()
        #expect(try travelled(Ergon_V1_AccountLine(line)).model == line, "seed \(seed)")
    }

    @Test func `small content rides along with its digest, large content stays behind`() throws {
        var dice = SeededGenerator(seed: 1)
        var (result, failed) = (dice.result(), dice.result())
        let (small, empty, large, log) = (dice.file(), dice.file(), dice.file(), dice.file())
        (result.outputs, result.log) = ([small, large, empty], nil)
        (failed.outputs, failed.log) = ([], log)
        var report = dice.report()
        report.results = [result, failed]
        let content: [StoredFile: [UInt8]] = [small: [1, 2, 3], empty: [], log: [4]]
        let arrived = try travelled(Ergon_V1_Results(report) { content[$0] })
        let riding = try arrived.riding()
        #expect(riding.map(\.claimed) == [small, empty, log])
        #expect(riding.map { [UInt8]($0.bytes) } == [[1, 2, 3], [], [4]])
    }

    @Test func `a failure that a record could not hold is cut, and says so`() throws {
        var dice = SeededGenerator(seed: 1)
        var (report, result) = (dice.report(), dice.result())
        let long = String(repeating: "µ", count: 4000)
        result.outcome = .failed(.notStarted(long), isFinal: false)
        report.results = [result]
        let arrived = try travelled(Ergon_V1_Results(report) { _ in nil }).model()
        guard case .failed(.notStarted(let reason), isFinal: false) = arrived.results[0].outcome
        else {
            Issue.record("\(arrived.results[0].outcome)")
            return
        }
        #expect(reason.utf8.count <= freeTextLimit)
        #expect(reason.hasPrefix("µµµ") && reason.hasSuffix("…"))
    }

    @Test func `that a failure is final is not a worker's to say`() throws {
        var dice = SeededGenerator(seed: 1)
        var (report, result) = (dice.report(), dice.result())
        result.outcome = .failed(.timeLimit, isFinal: true)
        report.results = [result]
        let arrived = try travelled(Ergon_V1_Results(report) { _ in nil }).model()
        #expect(arrived.results[0].outcome == .failed(.timeLimit, isFinal: false))
    }
}
