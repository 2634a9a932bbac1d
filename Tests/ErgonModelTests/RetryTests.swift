import ErgonModel
import Testing

@Suite struct `Retries` {
    private let workers = (0..<9).map { WorkerID("w\($0)") }

    /// How many times in a row something may go wrong before it was the last time.
    private func endures(
        _ retry: RetrySpec, _ failure: Failure, on worker: (Int) -> WorkerID
    ) -> Int {
        var (setbacks, count) = (Setbacks(), 1)
        while !retry.isLast(failure, on: worker(count), after: setbacks), count < 100 {
            setbacks.add(failure, on: worker(count))
            count += 1
        }
        return count
    }

    @Test func `end when the attempts are used up`() {
        for attempts in 1...4 {
            let retry = RetrySpec(attempts: attempts)
            #expect(endures(retry, .exit(3)) { _ in workers[0] } == attempts)
            #expect(endures(retry, .signal(9)) { workers[$0] } == attempts)
        }
    }

    @Test func `do not count lost workers among the attempts`() {
        let retry = RetrySpec(attempts: 1, lostWorkers: 3)
        #expect(endures(retry, .workerLost) { workers[$0] } == 3)
        #expect(endures(retry, .workerLost) { workers[$0 % 2] } == 6)
        #expect(endures(retry, .workerLost) { _ in workers[0] } == 6)
    }

    @Test func `end at once where no retry helps`() {
        let retry = RetrySpec(attempts: 5, finalExits: [2, 64], afterTimeLimit: false)
        for hopeless in [Failure.exit(2), .exit(64), .timeLimit] {
            #expect(endures(retry, hopeless) { _ in workers[0] } == 1)
        }
        #expect(endures(retry, .exit(3)) { _ in workers[0] } == 5)
    }

    @Test func `wait between half and all of what doubling gives, and at most an hour`() {
        let retry = RetrySpec(backoff: .seconds(4))
        for (setbacks, whole) in [(1, 4), (2, 8), (5, 64), (11, 3600), (70, 3600)] as [(Int, Int64)]
        {
            let waits = (UInt64(0)..<500).map { retry.wait(after: setbacks, seed: $0).count }
            #expect(waits.allSatisfy { $0 >= whole * 500_000 && $0 <= whole * 1_000_000 })
            #expect(Set(waits).count > 400, "the jitter is no jitter")
            #expect(retry.wait(after: setbacks, seed: 7) == retry.wait(after: setbacks, seed: 7))
        }
        #expect(RetrySpec(backoff: .zero).wait(after: 3, seed: 1) == .zero)
    }

    @Test func `give more memory to what was killed`() {
        let retry = RetrySpec(memoryPercent: 150)
        let asked = ByteCount(1000)
        #expect((0...2).map { retry.memory(after: $0, asked: asked).bytes } == [1000, 1500, 2250])
        #expect(RetrySpec().memory(after: 5, asked: asked) == asked)
        #expect(retry.memory(after: 1000, asked: ByteCount(.max)) == ByteCount(.max))
        var setbacks = Setbacks()
        for failure in [Failure.signal(9), .exit(137), .exit(1), .signal(15), .timeLimit] {
            setbacks.add(failure, on: workers[0])
        }
        #expect(setbacks.kills == 2 && setbacks.failures == 5 && setbacks.count == 5)
    }
}
