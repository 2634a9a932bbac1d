import ErgonModel
import Testing

@Suite struct `A task` {
    private let again = Outcome.failed(.exit(3), isFinal: false)
    private let forGood = Outcome.failed(.timeLimit, isFinal: true)

    private let lost = Outcome.failed(.workerLost, isFinal: false)
    private let here = WorkerID("here")
    private let there = WorkerID("there")

    @Test func `counts what goes wrong until it succeeds or fails for good`() throws {
        let open = TaskState.open(Setbacks())
        let once = try open.after(again, on: here)
        #expect(once == .open(Setbacks(failures: 1, kills: 0, losses: 0, lostWorkers: [])))
        let twice = try once.after(lost, on: there)
        #expect(twice == .open(Setbacks(failures: 1, kills: 0, losses: 1, lostWorkers: [there])))
        #expect(try twice.after(.succeeded, on: here) == .done)
        #expect(try open.after(forGood, on: here) == .failed)
    }

    @Test(arguments: [TaskState.done, .failed])
    func `that has ended does not change`(ended: TaskState) {
        for outcome in [.succeeded, again, forGood, lost] {
            let error = #expect(throws: IllegalTransition.self) {
                try ended.after(outcome, on: here)
            }
            #expect(error?.from == ended)
            #expect(error?.by == outcome)
        }
    }
}

@Suite struct `An account` {
    @Test func `keeps what counted apart from what did not`() {
        func result(_ outcome: Outcome) -> TaskResult {
            TaskResult(
                task: 0, outcome: outcome, outputs: [], log: nil,
                started: Instant(microseconds: 0), wall: Microseconds(5), cpu: Microseconds(3),
                energy: Joules(microjoules: 7))
        }
        var account = Account()
        account.add(result(.succeeded))
        account.add(result(.succeeded))
        account.add(result(.failed(.signal(9), isFinal: false)))
        account.add(result(.failed(.exit(1), isFinal: true)))
        for _ in 0..<2 { account.superseded.add(result(.failed(.stopped, isFinal: false))) }
        let line = Account.Line(
            attempts: 2, cpu: Microseconds(6), wall: Microseconds(10),
            energy: Joules(microjoules: 14))
        #expect(account.succeeded == line)
        #expect(account.failed == line)
        #expect(account.superseded == line)
    }
}
