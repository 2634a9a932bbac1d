import ErgonModel
import Testing

@Suite("results of neighbours that are alike") struct ResultRunTests {
    private func result(_ tasks: Range<Int>, wall: Int64 = 5) -> TaskResult {
        TaskResult(
            task: tasks.lowerBound, count: tasks.count, outcome: .succeeded, outputs: [],
            log: nil, started: Instant(microseconds: 1), wall: Microseconds(wall),
            cpu: Microseconds(3), energy: Joules(microjoules: 7))
    }

    @Test func `stand as one, and only these`() {
        var results: [TaskResult] = []
        for task in 0..<4 { results.join(result(task..<task + 1)) }
        for next in [result(5..<8), result(8..<9, wall: 6), result(9..<10, wall: 6)] {
            results.join(next)
        }
        #expect(results == [result(0..<4), result(5..<8), result(8..<10, wall: 6)])
        #expect(
            results.taskCount == 9
                && results.tasks
                    == {
                        var set = IntervalSet(0..<10)
                        set.remove(4..<5)
                        return set
                    }()
        )
    }

    @Test func `never share what is each one's own`() {
        let file = StoredFile(digest: emptyDigest, size: ByteCount(0))
        var (failed, logged, left) = (result(0..<1), result(0..<1), result(0..<1))
        failed.outcome = .failed(.timeLimit, isFinal: false)
        logged.log = file
        left.outputs = [file]
        for single in [failed, logged, left] {
            var (results, next) = ([single], single)
            next.task = 1
            results.join(next)
            #expect(results.count == 2 && !single.mayBeShared)
        }
    }

    @Test func `fall apart into those within a set and those without`() {
        var set = IntervalSet(2..<4)
        set.insert(7..<20)
        let whole = result(0..<10)
        #expect(whole.within(set) == [result(2..<4), result(7..<10)])
        #expect(whole.without(set) == [result(0..<2), result(4..<7)])
        #expect(whole.without(IntervalSet(10..<12)) == [whole])
        #expect(Array(whole.singly) == (0..<10).map { result($0..<$0 + 1) })
    }

    @Test func `add up to what each of them costs`() {
        var (together, alone) = (Account(), Account())
        together.add(result(0..<10))
        for single in result(0..<10).singly { alone.add(single) }
        #expect(together == alone && together.succeeded.attempts == 10)
        together.add(result(0..<10, wall: .max))
        #expect(together.succeeded.wall == Microseconds(.max))
    }

    private var emptyDigest: Digest { Digest(words: (0, 0, 0, 0)) }
}
