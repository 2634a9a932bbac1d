package import ErgonModel

/// A job of a log: what somebody asked for, and when it really ran.
package struct Job: Hashable, Sendable {
    package var submitted: Instant
    /// What it waited for in the log.
    package var waited: Microseconds
    /// On a core of speed 1.
    package var runTime: Microseconds
    package var cores: Int

    package init(
        submitted: Instant, waited: Microseconds, runTime: Microseconds, cores: Int
    ) {
        self.submitted = submitted
        self.waited = waited
        self.runTime = runTime
        self.cores = cores
    }
}

/// Why a text is no log of jobs.
package struct WorkloadFault: Error, Hashable, Sendable {
    /// From 1.
    package var line: Int
    package var problem: String
}

/// Reads the Standard Workload Format, version 2.2 (Feitelson, Parallel Workloads Archive): a job
/// a line, 18 numbers, of which the first five are read; `;` begins a comment. Jobs that never ran
/// or asked for nothing are left out.
/// - Parameter origin: when second 0 is.
/// - Returns: the jobs as they were submitted.
package func parseWorkload(
    _ text: some Sequence<UInt8>, origin: Instant
) throws(WorkloadFault) -> [Job] {
    var jobs: [Job] = []
    var (line, numbers, isComment) = (1, NumbersOfLine(), false)
    func endLine() throws(WorkloadFault) {
        if let job = try numbers.job(line, origin) { jobs.append(job) }
        numbers = NumbersOfLine()
        (line, isComment) = (line + 1, false)
    }
    for byte in text {
        switch byte {
        case UInt8(ascii: "\n"): try endLine()
        case UInt8(ascii: ";") where numbers.isEmpty: isComment = true
        default: if !isComment { numbers.read(byte) }
        }
    }
    try endLine()
    return jobs.enumerated().sorted {
        ($0.element.submitted, $0.offset) < ($1.element.submitted, $1.offset)
    }.map(\.element)
}

/// The first numbers of a line, byte by byte: a log has millions of them.
private struct NumbersOfLine {
    private var values: [Int64] = []
    private var current: Int64?
    private var isNegative = false
    private var isWrong = false
    /// Behind a decimal point, where digits do not count.
    private var isFraction = false
    private let wanted = 5

    var isEmpty: Bool { values.isEmpty && current == nil && !isNegative && !isWrong }

    mutating func read(_ byte: UInt8) {
        guard values.count < wanted else { return }
        switch byte {
        case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): endNumber()
        case UInt8(ascii: "-") where current == nil && !isNegative: isNegative = true
        case UInt8(ascii: ".") where current != nil: isFraction = true
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            guard !isFraction else { return }
            let (shifted, isTooMuch) = (current ?? 0).multipliedReportingOverflow(by: 10)
            if isTooMuch || shifted > Int64.max - 9 { isWrong = true }
            current = isTooMuch ? 0 : shifted &+ Int64(byte - UInt8(ascii: "0"))
        default: isWrong = true
        }
    }

    private mutating func endNumber() {
        if let current { values.append(isNegative ? -current : current) }
        if current == nil, isNegative { isWrong = true }
        (current, isNegative, isFraction) = (nil, false, false)
    }

    /// Number, submit second, wait, run time, processors; -1 for what is unknown.
    mutating func job(_ line: Int, _ origin: Instant) throws(WorkloadFault) -> Job? {
        endNumber()
        if values.isEmpty, !isWrong { return nil }
        guard !isWrong, values.count == wanted else {
            throw WorkloadFault(line: line, problem: "not a job: 18 whole numbers stand in a line")
        }
        let (submit, wait, run, processors) = (values[1], values[2], values[3], values[4])
        guard run > 0, processors > 0, submit >= 0 else { return nil }
        guard processors < 1 << 20, submit < 1 << 40, run < 1 << 32, wait < 1 << 32 else {
            throw WorkloadFault(line: line, problem: "a job beyond all measure")
        }
        return Job(
            submitted: origin + .seconds(submit), waited: .seconds(max(0, wait)),
            runTime: .seconds(run), cores: Int(processors))
    }
}
