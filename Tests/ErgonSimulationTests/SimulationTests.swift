import ErgonModel
import Testing

@testable import ErgonSimulation

/// A thousand seeds, one test for each fifty. In debug builds things go wrong during 120 steps a
/// seed, so that the whole takes a minute; `ergon simulate` takes 500 and is faster.
@Test(arguments: (0..<20).map { UInt64($0 * 50 + 1) })
func `whatever goes wrong, every promise is kept`(first: UInt64) {
    for seed in first..<first + 50 {
        let run = Simulation(seed: seed, operations: 120)
        #expect(run.violation == nil, "ergon simulate --seeds \(seed) --ops 120 --trace")
    }
}

@Test(arguments: UInt64(2001)...2024)
func `a seed goes the same way twice`(seed: UInt64) {
    let first = Simulation(seed: seed, operations: 200, isTraced: true)
    let second = Simulation(seed: seed, operations: 200, isTraced: true)
    #expect(first.lines == second.lines && first.trace == second.trace)
    #expect(first.violation == nil && !first.lines.isEmpty)
}

@Test func `two seeds go two ways`() {
    #expect(Simulation(seed: 1).trace != Simulation(seed: 2).trace)
}

/// What a seed once brought to light, so that it stays mended.
@Test(arguments: Regression.all)
func `what was mended stays mended`(regression: Regression) {
    let run = Simulation(seed: regression.seed)
    #expect(run.violation == nil, "\(regression.was)")
}

struct Regression: Sendable {
    let seed: UInt64
    /// What was wrong: in the cores, or in the ledger that watches them.
    let was: String

    static let all = [
        Regression(seed: 10531, was: "the ledger: a task waits whose lost worker is back with it"),
        Regression(seed: 17333, was: "the ledger: a wait that a snapshot had kept began anew"),
    ]
}

/// Same manifest, same inputs: same bytes out, whatever went wrong on the way.
@Test(arguments: UInt64(1)...20)
func `what goes wrong does not change what comes out`(seed: UInt64) throws {
    let calm = Simulation(seed: seed, isCalm: true)
    try #require(calm.violation == nil)
    let stormy = Simulation(seed: seed, operations: 150)
    for seal in stormy.sealed where seal.ending == .complete {
        // A submit that was repeated after its campaign's end makes another, of the same name.
        let name = stormy.names[seal.id]
        let same = calm.sealed.first { calm.names[$0.id] == name }
        #expect(same?.ending == .complete && same?.outputs == seal.outputs)
        #expect(same?.coverage == seal.coverage)
    }
}

@Test func `every kind of fault happens`() {
    var faults = FaultCounts()
    for seed in UInt64(1)...200 { faults += Simulation(seed: seed, operations: 300).faults }
    for fault in Fault.allCases { #expect(faults[fault] > 0, "\(fault.rawValue)") }
}

@Test func `what people want is no fault`() {
    var faults = FaultCounts()
    faults[.intervention] = 3
    faults[.workerLeaves] = 2
    faults[.workerCrash] = 1
    #expect(faults.total == 1)
}

@Test func `a calm world has no faults`() {
    for seed in UInt64(1)...20 {
        let run = Simulation(seed: seed, isCalm: true)
        #expect(run.violation == nil && run.faults.total == 0)
        #expect(run.sealed.count == run.names.count && !run.sealed.isEmpty)
    }
}

@Test func `the agenda is in order of time, then of entry`() {
    var (agenda, dice): (Agenda<Int>, Dice) = (Agenda(), Dice(seed: 7))
    var expected: [(time: Int64, entry: Int)] = []
    for entry in 0..<200 {
        let time = dice.span(0...20)
        agenda.add(entry, at: time)
        expected.append((time, entry))
    }
    expected.sort { ($0.time, $0.entry) < ($1.time, $1.entry) }
    for next in expected {
        let met = agenda.next()
        #expect(met?.time == next.time && met?.entry == next.entry)
    }
    #expect(agenda.isEmpty && agenda.next() == nil)
}
