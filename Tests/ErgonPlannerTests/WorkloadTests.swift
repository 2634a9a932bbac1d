import ErgonModel
import ErgonPlanner
import Testing

struct WorkloadTests {
    private let origin = Instant(microseconds: 1_000_000_000)

    @Test func `a log is read in the order of submission, without jobs that never ran`() throws {
        let text = """
            ; Version: 2.2
            ;UnixStartTime: 5

              1   20  30   40  2 -1 -1 -1 50 -1 1 1 1 1 1 1 -1 -1
            2 10 -1 5.75 1 -1 -1 -1 -1 -1 1 1 1 1 1 1 -1 -1\r
            3 10 0 0 1 -1 -1 -1 -1 -1 1 1 1 1 1 1 -1 -1
            4 10 0 7 -1 -1 -1 -1 -1 -1 1 1 1 1 1 1 -1 -1
            """
        #expect(
            try parseWorkload(text.utf8, origin: origin) == [
                Job(
                    submitted: origin + .seconds(10), waited: .zero, runTime: .seconds(5),
                    cores: 1),
                Job(
                    submitted: origin + .seconds(20), waited: .seconds(30), runTime: .seconds(40),
                    cores: 2),
            ])
    }

    @Test(
        arguments: [
            ("1 2 3 4", 1), ("; x\n1 2 x 4 5", 2), ("1 2 3 - 5", 1),
            ("1 2 3 99999999999999999999 5", 1), ("1 2 3 4 1\n1 2 3 4 99999999\n", 2),
        ] as [(String, Int)])
    func `or refused with the line`(text: String, line: Int) {
        let fault = #expect(throws: WorkloadFault.self) {
            try parseWorkload(text.utf8, origin: origin)
        }
        #expect(fault?.line == line)
    }

    @Test func `deadlines count from when a job ended in the log`() throws {
        // 1970-01-01 was a Thursday.
        let job = Job(
            submitted: Instant(microseconds: 0), waited: .seconds(3600), runTime: .seconds(7200),
            cores: 1)
        func hours(_ rule: DeadlineRule) -> Double {
            Double(rule.deadline(of: job).microseconds) / 3.6e9
        }
        #expect(hours(.slack(.seconds(1800))) == 3.5)
        #expect(hours(.weekly(days: [3], at: .seconds(3 * 3600))) == 3)
        #expect(hours(.weekly(days: [3], at: .seconds(2 * 3600))) == 7 * 24 + 2)
        #expect(hours(.weekly(days: [0, 3], at: .seconds(2 * 3600))) == 4 * 24 + 2)
        let late = DeadlineRule.weekly(days: [3], at: .seconds(3 * 3600), slack: .seconds(1800))
        #expect(hours(late) == 3.5)
        #expect(hours(.bucket(slot: .seconds(3600))) == 2)
        #expect(hours(.bucket(slot: .seconds(1500))) == 1500 * 8 / 3600.0)
    }
}
