/// What goes wrong in a simulated world.
package enum Fault: String, CaseIterable, Sendable {
    case workerCrash = "worker process killed"
    case workerLeaves = "worker asked to go"
    case forsaken = "worker a day without its coordinator"
    case blackHole = "worker on which every task fails at once"
    case coordinatorCrash = "coordinator process killed"
    case crashInGroup = "coordinator killed before, within or after a write"
    case crashWhileVisible = "coordinator killed while effects become visible"
    case powerLoss = "power loss of the coordinator's machine"
    case connectionBreak = "connection broken, messages on their way lost"
    case halfOpen = "connection half-open"
    case partition = "worker cut off"
    case lateReport = "report of an earlier connection delivered after the next one opened"
    case clockForward = "clock set forward"
    case clockBack = "clock set back"
    case failedWrite = "write failed, nothing written"
    case tornWrite = "write failed, partly done"
    case falseFailure = "write done, but reported failed"
    case failedSync = "sync failed, content kept in memory"
    case lostSync = "sync failed, content never on disk"
    case fullDisk = "write refused, disk full"
    case lowDisk = "disk nearly full"
    case lostTail = "power loss took bytes that were not synced"
    case tornTail = "power loss tore bytes that were not synced"
    case zeroTail = "power loss left zeros"
    case hole = "power loss left a hole before later bytes"
    case lostName = "power loss took a file or a rename that was not synced"
    case lostSnapshot = "snapshot could not be written"
    case rottenSnapshot = "snapshot damaged on disk"
    case taskFailure = "task failed"
    case taskOverdue = "task ran beyond its limit"
    case straggler = "task took many times as long as its like"
    case poison = "task took its worker with it"
    case stageFailure = "inputs or program not to be had"
    case programMissing = "program missing on a worker"
    case loadFailure = "manifest not to be had on a worker"
    case lostReply = "reply lost, request sent again"
    case intervention = "person held, cancelled, retried, drained, or took it back"

    /// Whether somebody wanted it so.
    package var isWanted: Bool { self == .intervention || self == .workerLeaves }
}

/// How often each kind went wrong.
package struct FaultCounts: Equatable, Sendable {
    private var counts = [Int](repeating: 0, count: Fault.allCases.count)

    package init() {}

    package subscript(fault: Fault) -> Int {
        get { counts[Self.place[fault] ?? 0] }
        set { counts[Self.place[fault] ?? 0] = newValue }
    }

    private static let place = [Fault: Int](
        uniqueKeysWithValues: zip(Fault.allCases, Fault.allCases.indices))

    package static func += (left: inout FaultCounts, right: FaultCounts) {
        for place in left.counts.indices { left.counts[place] += right.counts[place] }
    }

    /// Without what somebody wanted.
    package var total: Int {
        zip(Fault.allCases, counts).reduce(0) { $0 + ($1.0.isWanted ? 0 : $1.1) }
    }
}
