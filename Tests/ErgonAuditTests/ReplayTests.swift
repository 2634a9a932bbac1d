import ErgonAudit
import ErgonModel
import ErgonProvenance
import SeededRandom
import Testing

private let honest = Fixture.stored("what everybody gets")

/// Ten workers with a thousand tasks each, of which the first one spoils two in a hundred, the
/// others none.
private struct Trial {
    private var dice: SeededGenerator
    private var makers = Makers(of: CampaignID(1))
    private var spoilt: Set<Int> = []
    private let seed: UInt64
    private static let share = 1000
    private static let workers = (0..<10).map { WorkerID("w\($0)") }

    init(seed: UInt64, spoils: Bool = true) {
        self.seed = seed
        dice = SeededGenerator(seed: seed)
        for (number, worker) in Self.workers.enumerated() {
            let tasks = number * Self.share..<(number + 1) * Self.share
            var batch = Fixture.batch("gen", 0..<1)
            batch.worker = worker
            batch.results[0].task = tasks.lowerBound
            batch.results[0].count = tasks.count
            makers.add(.results(batch))
        }
        while spoils, spoilt.count < Self.share / 50 {
            spoilt.insert(Int.random(in: 0..<Self.share, using: &dice))
        }
    }

    /// What a worker leaves when it runs the task again: the first one is no better than before.
    private mutating func outputs(of task: Int, by worker: WorkerID, isFirst: Bool) -> [StoredFile]
    {
        let isSpoilt =
            worker == Self.workers[0] && !spoilt.isEmpty
            && (isFirst ? spoilt.contains(task) : Int.random(in: 0..<50, using: &dice) == 0)
        return [isSpoilt ? Fixture.stored("spoilt \(dice.next())") : honest]
    }

    /// - Returns: whom the replay accuses.
    mutating func accused() -> Set<WorkerID> {
        var numbers = DrawnNumbers(root: Digest(of: "\(seed)".utf8), cosignatures: [])
        var accused: Set<WorkerID> = []
        let sample = makers.sample(&numbers) {
            SampleSize.needed(toFind: 0.02, confidence: 0.99, in: $0)
        }
        for (worker, stages) in sample.sorted(by: { $0.key < $1.key }) {
            for task in (stages["gen"] ?? IntervalSet()).ranges.joined() {
                accused.formUnion(judge(task, by: worker))
            }
        }
        return accused
    }

    private mutating func judge(_ task: Int, by worker: WorkerID) -> [WorkerID] {
        var others = Self.workers.filter { $0 != worker }.shuffled(using: &dice)[...]
        let first = outputs(of: task, by: worker, isFirst: true)
        var repetition = Repetition(
            stage: "gen", task: task, attempts: [.init(worker: worker, outputs: first)])
        // One more; and where that does not agree, a third.
        repeat {
            guard let next = others.popFirst() else { break }
            repetition.attempts.append(
                .init(worker: next, outputs: outputs(of: task, by: next, isFirst: false)))
        } while !repetition.isBitwiseSame && repetition.attempts.count < 3
        return contradicted(in: repetition.groups { _, _ in false })
    }
}

@Suite struct `A replay of a sample` {
    @Test func `finds who spoils two in a hundred, in 95 of 100 trials, and accuses nobody else`() {
        var found = 0
        for seed in UInt64(1)...100 {
            var trial = Trial(seed: seed)
            let accused = trial.accused()
            if accused.contains(WorkerID("w0")) { found += 1 }
            #expect(accused.isSubset(of: [WorkerID("w0")]), "seed \(seed)")
        }
        #expect(found >= 95, "\(found) of 100")
    }

    @Test(arguments: UInt64(1)...20)
    func `accuses nobody where everybody is honest`(seed: UInt64) {
        var trial = Trial(seed: seed, spoils: false)
        #expect(trial.accused().isEmpty)
    }

    /// The table in PROVENANCE of the sizes that N = 1000 and an endless number need.
    @Test func `has the size that the hypergeometric distribution gives`() {
        func needed(_ wrong: Double, _ confidence: Double, _ population: Int) -> Int {
            SampleSize.needed(toFind: wrong, confidence: confidence, in: population)
        }
        #expect(needed(0.05, 0.95, 1000) == 57)
        #expect(needed(0.01, 0.95, 1000) == 258)
        #expect(needed(0.001, 0.95, 1000) == 950)
        #expect(needed(0.1, 0.95, 100_000_000) == 29)
        #expect(needed(0.01, 0.99, 100_000_000) == 459)
        #expect(needed(0.02, 0.99, 1000) == 204)
        #expect(needed(0.5, 0.9, 1) == 1)
        #expect(needed(0.5, 0.9, 0) == 0)
        #expect(SampleSize.upperBound(clean: 300, of: 1000) == 0.01)
        #expect(SampleSize.upperBound(clean: 9, of: 9) == 0)
        #expect(SampleSize.upperBound(clean: 0, of: 9) == 1)
    }

    @Test func `is the same for the same root, and another one for another`() {
        func sample(_ root: String, _ cosignature: [UInt8]) -> IntervalSet {
            var numbers = DrawnNumbers(root: Digest(of: root.utf8), cosignatures: [cosignature])
            return numbers.sample(20, below: 100_000)
        }
        #expect(sample("a", [1]) == sample("a", [1]))
        #expect(sample("a", [1]) != sample("b", [1]))
        #expect(sample("a", [1]) != sample("a", [2]))
        #expect(sample("a", [1]).count == 20)
        var numbers = DrawnNumbers(root: Digest(of: "c".utf8), cosignatures: [])
        #expect(numbers.sample(10, below: 10) == IntervalSet(0..<10))
    }

    @Test
    func `two that differ accuse nobody, a third decides, and who differs from itself is wrong`() {
        func attempt(_ worker: String, _ content: String) -> Repetition.Attempt {
            .init(worker: WorkerID(worker), outputs: [Fixture.stored(content)])
        }
        func accused(_ attempts: Repetition.Attempt...) -> [String] {
            let repetition = Repetition(stage: "gen", task: 0, attempts: attempts)
            return contradicted(in: repetition.groups { _, _ in false }).map(\.name)
        }
        let (a, b) = (attempt("w1", "a"), attempt("w2", "b"))
        #expect(accused(a, b).isEmpty)
        #expect(accused(a, b, attempt("w3", "a")) == ["w2"])
        #expect(accused(a, b, attempt("w3", "c")).isEmpty)
        #expect(accused(a, attempt("w1", "b")) == ["w1"])
        #expect(accused(a, b, attempt("w1", "b")) == ["w1"])
    }

    @Test func `is of those whose attempts count`() {
        var makers = Makers(of: CampaignID(1))
        for event in Fixture.log { makers.add(event) }
        makers.add(Fixture.reopened([("select", 2..<4)]))
        #expect(makers.workers == [worker.worker])
        #expect(makers.count(of: worker.worker) == 22 - 2)
        let all = makers.tasks(IntervalSet(0..<20), of: worker.worker)
        #expect(all["reco"] == makers.tasks(IntervalSet(0..<20), of: worker.worker)["reco"])
        #expect(all["reco"]?.ranges == [0..<2, 3..<4])
        #expect(all["select"]?.ranges == [0..<2, 4..<6])
    }
}
