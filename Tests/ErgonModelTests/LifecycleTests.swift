import ErgonModel
import Testing

@Suite struct `A task` {
    private let again = Outcome.failed(.exit(3), isFinal: false)
    private let forGood = Outcome.failed(.timeLimit, isFinal: true)

    @Test func `counts its failures until it succeeds or fails for good`() throws {
        let open = TaskState.open(failures: 0)
        #expect(try open.after(again) == .open(failures: 1))
        #expect(try open.after(again).after(again) == .open(failures: 2))
        #expect(try open.after(again).after(.succeeded) == .done)
        #expect(try open.after(forGood) == .failed)
    }

    @Test(arguments: [TaskState.done, .failed])
    func `that has ended does not change`(ended: TaskState) {
        for outcome in [.succeeded, again, forGood] {
            let error = #expect(throws: IllegalTransition.self) { try ended.after(outcome) }
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
        let line = Account.Line(
            attempts: 2, cpu: Microseconds(6), wall: Microseconds(10),
            energy: Joules(microjoules: 14))
        #expect(account.succeeded == line)
        #expect(account.failed == line)
    }
}
