import ErgonModel

/// A worker that does what its leases say.
struct VirtualWorker {
    struct Held {
        var lease: Lease
        /// Without a result.
        var remaining: IntervalSet
    }

    let facts: WorkerFacts
    var isConnected = false
    /// Everything fails on it.
    var isBlackHole = false
    /// On its way to the worker.
    var inbox: [WorkerOrder] = []
    /// On its way to the coordinator.
    var outbox: [WorkerReport] = []
    private(set) var unacknowledged: [WorkerReport] = []
    /// Reports to which an answer came.
    private(set) var acknowledged: [WorkerReport] = []
    private(set) var leases: [Held] = []
    private(set) var life = 1
    private var lastBatch = 0

    init(number: Int, cpus: Int) {
        facts = WorkerFacts(
            worker: WorkerID("w\(number)"), cpus: cpus, memory: ByteCount(Int64(8 / number) << 30),
            cpuModel: "A CPU",
            power: PowerModel(
                source: "model:table", perThread: Watts(milliwatts: 5000), uncertaintyPercent: 30))
    }

    /// What it declares when it comes back: results without an answer still belong to the lease,
    /// also to one of an earlier process.
    var held: [HeldLease] {
        var held: [LeaseID: HeldLease] = [:]
        for own in leases {
            held[own.lease.id] = HeldLease(
                id: own.lease.id, campaign: own.lease.campaign, stage: own.lease.stage,
                remaining: own.remaining)
        }
        for report in unacknowledged {
            let nothing = HeldLease(
                id: report.lease, campaign: report.campaign, stage: report.stage,
                remaining: IntervalSet())
            for result in report.results where result.outcome != .failed(.stopped, isFinal: false) {
                held[report.lease, default: nothing].remaining.insert(result.task..<result.task + 1)
            }
        }
        return held.values.sorted { $0.id < $1.id }
    }

    /// - Returns: what it has to stop.
    mutating func take(_ order: WorkerOrder) -> [(Lease, IntervalSet)] {
        switch order {
        case .welcome: return []
        case .lease(let lease):
            leases.append(Held(lease: lease, remaining: IntervalSet(lease.tasks)))
            return []
        case .acknowledge(let reports):
            acknowledged += unacknowledged.filter { reports.contains($0.id) }
            unacknowledged.removeAll { reports.contains($0.id) }
            dropFinished()
            return []
        case .withdraw(let ids):
            let stopped = leases.filter { ids.contains($0.lease.id) }
            leases.removeAll { ids.contains($0.lease.id) }
            return stopped.map { ($0.lease, $0.remaining) }
        case .withdrawTasks(let id, let tasks):
            guard let held = leases.first(where: { $0.lease.id == id }) else { return [] }
            drop(tasks, of: id)
            return [(held.lease, held.remaining.subtracting(held.remaining.subtracting(tasks)))]
        }
    }

    mutating func drop(_ tasks: IntervalSet, of id: LeaseID) {
        for index in leases.indices where leases[index].lease.id == id {
            leases[index].remaining.subtract(tasks)
        }
        dropFinished()
    }

    private mutating func dropFinished() {
        leases.removeAll { held in
            held.remaining.isEmpty && !unacknowledged.contains { $0.lease == held.lease.id }
        }
    }

    mutating func report(_ results: [TaskResult], of lease: Lease) {
        guard !results.isEmpty else { return }
        lastBatch += 1
        let report = WorkerReport(
            id: ReportID(life: life, batch: lastBatch), lease: lease.id, campaign: lease.campaign,
            stage: lease.stage, results: results)
        unacknowledged.append(report)
        if isConnected { outbox.append(report) }
        for index in leases.indices where leases[index].lease.id == lease.id {
            for result in results { leases[index].remaining.remove(result.task..<result.task + 1) }
        }
    }

    mutating func loseConnection() {
        isConnected = false
        inbox = []
        outbox = []
    }

    /// Its process is gone, and with it all it knew but the reports on its disk.
    mutating func die(keepingReports isKept: Bool) {
        life += 1
        lastBatch = 0
        leases = []
        if !isKept { unacknowledged = [] }
    }
}
