import ErgonModel
import ErgonWire
import ErgonWireMessages
import FoundationEssentials
import SwiftProtobuf
import Testing
import SeededRandom

private typealias Change<Message> = @Sendable (inout Message) -> Void

/// Messages that mean nothing are refused, whoever sent them, and nothing stops.
@Suite("what means nothing is refused") struct RefusalTests {
    @Test("an interval", arguments: absurdIntervals)
    func refused(_ interval: Ergon_V1_Interval) {
        #expect(throws: WireFault.self) { try interval.model() }
        #expect(throws: WireFault.self) { try IntervalSet([interval]) }
    }

    @Test func `the widest interval is none of them`() throws {
        #expect(try interval(0, .max).model() == 0..<Int.max)
        #expect(try interval(.max, 0).model().isEmpty)
    }

    @Test("a digest of other than 32 bytes", arguments: [0, 1, 31, 33, 64])
    func digest(count: Int) {
        #expect(throws: WireFault(problem: "a digest of \(count) bytes")) {
            try ErgonWire.digest(Data(repeating: 0, count: count))
        }
    }

    // MARK: Leases

    @Test("a lease", arguments: absurdLeases.indices)
    func lease(index: Int) throws {
        var dice = SeededGenerator(seed: 1)
        var lease = dice.lease()
        (lease.tasks, lease.taskFiles) = (3..<5, [[dice.namedFile()], []])
        var message = Ergon_V1_ToWorker(.lease(lease), dataPort: 1)
        #expect(try message.model() == .lease(lease))
        let (name, change) = absurdLeases[index]
        change(&message.lease)
        #expect(throws: WireFault.self, "\(name)") { try message.model() }
    }

    @Test func `an order of no kind`() {
        #expect(throws: WireFault.self) { try Ergon_V1_ToWorker().model() }
    }

    // MARK: Greetings

    @Test("a worker", arguments: absurdFacts.indices)
    func facts(index: Int) throws {
        var dice = SeededGenerator(seed: 1)
        let facts = dice.facts()
        var hello = Ergon_V1_Hello(facts, life: 7, held: [], version: "1")
        #expect(try hello.facts(of: facts.worker) == facts)
        let (name, change) = absurdFacts[index]
        change(&hello)
        #expect(throws: WireFault.self, "\(name)") { try hello.facts(of: facts.worker) }
    }

    @Test("a lease that is held", arguments: absurdIntervals)
    func held(_ interval: Ergon_V1_Interval) {
        var dice = SeededGenerator(seed: 1)
        var hello = Ergon_V1_Hello(dice.facts(), life: 7, held: [dice.held()], version: "1")
        hello.held[0].remaining = [interval]
        #expect(throws: WireFault.self) { try hello.heldLeases() }
    }

    @Test("a life that no number says exactly", arguments: [-1, 1 << 53, Int64.max])
    func life(_ life: Int64) throws {
        var dice = SeededGenerator(seed: 1)
        var hello = Ergon_V1_Hello(dice.facts(), life: 7, held: [], version: "1")
        #expect(try hello.drawnLife() == 7)
        hello.life = life
        #expect(throws: WireFault.self) { try hello.drawnLife() }
        var results = Ergon_V1_Results(dice.report()) { _ in nil }
        results.report.life = life
        #expect(throws: WireFault.self) { try results.model() }
    }

    @Test("tasks that are given back", arguments: absurdIntervals)
    func giveBack(_ interval: Ergon_V1_Interval) throws {
        var dice = SeededGenerator(seed: 1)
        let tasks = dice.intervals()
        var message = Ergon_V1_GiveBack(dice.leaseID(), tasks)
        #expect(try message.returned() == tasks)
        message.tasks = [interval]
        #expect(throws: WireFault.self) { try message.returned() }
    }

    // MARK: Reports

    @Test("a result", arguments: absurdResults.indices)
    func result(index: Int) throws {
        var dice = SeededGenerator(seed: 1)
        var (report, result) = (dice.report(), dice.result())
        (result.outcome, result.outputs, result.log) = (.succeeded, [dice.file()], dice.file())
        report.results = [result]
        var message = Ergon_V1_Results(report) { _ in nil }
        #expect(try message.model() == report)
        let (name, change) = absurdResults[index]
        change(&message.results[0])
        #expect(throws: WireFault.self, "\(name)") { try message.model() }
    }

    @Test func `content that rides along under no digest`() {
        var dice = SeededGenerator(seed: 1)
        var (report, result) = (dice.report(), dice.result())
        (result.outputs, result.log) = ([], dice.file())
        report.results = [result]
        var message = Ergon_V1_Results(report) { _ in [1] }
        message.results[0].log.sha256 = shortDigest
        #expect(throws: WireFault.self) { try message.riding() }
    }

    @Test("a coverage", arguments: absurdIntervals)
    func coverage(_ interval: Ergon_V1_Interval) {
        var dice = SeededGenerator(seed: 1)
        let entry = Ergon_V1_CoverageEntry(dice.coverage())
        var (declared, covered, gaps) = (entry, entry, entry)
        declared.declared = interval
        covered.covered = [interval]
        gaps.gaps = [Ergon_V1_Gap()]
        gaps.gaps[0].range = interval
        for absurd in [declared, covered, gaps] {
            #expect(throws: WireFault.self) { try absurd.model() }
        }
    }

    // MARK: Replays

    @Test("tasks that are to be run again", arguments: absurdReplays.indices)
    func replay(index: Int) throws {
        let replay = Rerun(
            of: CampaignID(1), stage: "gen",
            tasks: [Rerun.Tasks(workers: [WorkerID("w1")], tasks: IntervalSet(0..<3))],
            draw: Rerun.Draw(size: 7, root: Digest(words: (1, 2, 3, 4))))
        var message = Ergon_V1_ReplayRequest(replay)
        #expect(try message.model() == replay)
        let (name, change) = absurdReplays[index]
        change(&message)
        #expect(throws: WireFault.self, "\(name)") { try message.model() }
    }

    // MARK: Anything

    /// Bytes that were changed on the way are refused, or mean something that can travel on.
    @Test("changed bytes", arguments: UInt64(1)...500)
    func changedBytes(seed: UInt64) throws {
        var dice = SeededGenerator(seed: seed)
        let hello = Ergon_V1_Hello(
            dice.facts(), life: 7, held: dice.several { $0.held() }, version: "1")
        if let order = try dice.changed(Ergon_V1_ToWorker(dice.order(), dataPort: 1)),
            let meaning = try? order.model()
        {
            #expect(try Ergon_V1_ToWorker(meaning, dataPort: 1).model() == meaning, "seed \(seed)")
        }
        if let hello = try dice.changed(hello), let facts = try? hello.facts(of: WorkerID("w")),
            let held = try? hello.heldLeases()
        {
            let again = Ergon_V1_Hello(facts, life: 7, held: held, version: "1")
            #expect(try again.facts(of: facts.worker) == facts, "seed \(seed)")
            #expect(try again.heldLeases() == held, "seed \(seed)")
        }
        if let results = try dice.changed(Ergon_V1_Results(dice.report()) { _ in [1] }),
            let report = try? results.model()
        {
            #expect(try results.riding().allSatisfy { $0.claimed.size >= ByteCount(0) })
            let again = Ergon_V1_Results(report) { _ in nil }
            #expect(try again.model() == report, "seed \(seed)")
        }
    }
}

extension SeededGenerator {
    /// The message with some of its bytes changed, if that can still be read as one.
    fileprivate mutating func changed<Message: SwiftProtobuf.Message>(
        _ message: Message
    ) throws -> Message? {
        var bytes: Data = try message.serializedBytes()
        for _ in 0..<roll(1...3) where !bytes.isEmpty {
            bytes[roll(0...bytes.count - 1)] = UInt8(roll(0...255))
        }
        return try? Message(serializedBytes: bytes)
    }
}

// MARK: What means nothing

private let shortDigest = Data(repeating: 7, count: 31)

private func interval(_ first: Int64, _ count: Int64) -> Ergon_V1_Interval {
    var interval = Ergon_V1_Interval()
    interval.first = first
    interval.count = count
    return interval
}

private let absurdIntervals = [
    interval(-1, 1), interval(0, -1), interval(.max, 1), interval(1, .max),
    interval(.min, .min), interval(.min, .max),
]

private let file = {
    var file = Ergon_V1_File()
    file.sha256 = shortDigest
    return file
}()

private let absurdLeases: [(String, Change<Ergon_V1_Lease>)] = [
    ("no manifest", { $0.clearManifest() }),
    ("a short digest", { $0.manifest.sha256 = shortDigest }),
    ("a negative first task", { $0.tasks = interval(-1, 2) }),
    ("tasks beyond all numbers", { $0.tasks = interval(.max, 2) }),
    ("fewer lists of files than tasks", { $0.taskFiles.removeLast() }),
    ("more lists of files than tasks", { $0.taskFiles.append(Ergon_V1_FileList()) }),
    ("a file of a task without digest", { $0.taskFiles[0].files = [Ergon_V1_File()] }),
    ("a file of all tasks with a short digest", { $0.overFiles = [file] }),
    ("a further file with a short digest", { $0.with["more"] = file }),
]

private let absurdReplays: [(String, Change<Ergon_V1_ReplayRequest>)] = [
    ("a negative campaign", { $0.campaign = -1 }),
    ("a log of fewer records than none", { $0.logSize = -1 }),
    ("a log of more records than a number says exactly", { $0.logSize = 1 << 53 }),
    ("a root of other than 32 bytes", { $0.logRoot = shortDigest }),
    ("more workers of a task than there can have been", { message in
        message.tasks[0].workers = (0..<17).map { "w\($0)" }
    }),
    ("tasks before the first", { $0.tasks[0].tasks = [interval(-1, 2)] }),
]

private let absurdFacts: [(String, Change<Ergon_V1_Hello>)] = [
    ("no threads", { $0.cpus = 0 }),
    ("too many threads", { $0.cpus = .max }),
    ("no memory", { $0.memoryBytes = 0 }),
    ("less than no memory", { $0.memoryBytes = .min }),
    ("a machine that makes power", { $0.milliwattsPerThread = -1 }),
]

private let absurdResults: [(String, Change<Ergon_V1_Result>)] = [
    ("a negative task", { $0.task = -1 }),
    ("a start before 1970", { $0.startedMicroseconds = -1 }),
    ("a start after the year 9999", { $0.startedMicroseconds = .max }),
    ("a negative time", { $0.wallMicroseconds = -1 }),
    ("a negative use", { $0.cpuMicroseconds = .min }),
    ("negative energy", { $0.energyMicrojoules = -1 }),
    ("a failure of no kind", { $0.failure = Ergon_V1_Failure() }),
    ("an output without digest", { $0.outputs[0].sha256 = Data() }),
    ("an output with a short digest", { $0.outputs[0].sha256 = shortDigest }),
    ("an output of negative size", { $0.outputs[0].size = -1 }),
    ("a negative number of tasks", { $0.count = -1 }),
    ("more tasks than a lease has", { $0.count = 1 << 20 + 1 }),
    ("tasks beyond all numbers", { ($0.task, $0.count) = (.max - 1, 2) }),
    ("a log of several tasks", { ($0.count, $0.outputs) = (2, []) }),
    (
        "outputs of several tasks",
        {
            $0.count = 2
            $0.clearLog()
        }
    ),
    ("a log with a short digest", { $0.log.sha256 = shortDigest }),
    ("a log of negative size", { $0.log.size = .min }),
]
