import ErgonModel
import ErgonWorker

/// A worker's machine: its process, if it runs, and what its tasks do.
struct SimulatedWorker {
    /// One attempt that takes up room on the machine.
    struct Running {
        let lease: Lease
        let campaign: Campaign
        let plan: TaskPlan
        var cpus = 0
        var memory = ByteCount(0)
        var hasEnded = false
        /// By the machine's clock.
        var started = Instant(microseconds: 0)
        /// In truth.
        var startedAt: Int64 = 0
        /// What its program would leave, by its command alone.
        var outputs: [StoredFile] = []
        var misses: String?
    }

    let facts: WorkerFacts
    var process: Worker?
    /// Counts the starts of the process: what was meant for an earlier one is not for this one.
    var life = 0
    /// The connection it believes to have.
    var link: Int?
    /// How far its clock is ahead of the simulation's.
    var clock: Int64 = 0
    /// How far the time that it has been running, as it takes it, is ahead of the simulation's.
    var uptime: Int64 = 0
    var isCutOff = false
    /// It was asked to go, and begins nothing more.
    var isLeaving = false
    /// Every task fails here at once.
    var isBlackHole = false
    /// Will never be started again.
    var isGone = false
    var running: [Worker.Attempt: Running] = [:]
    /// Reports on its disk, which outlive its process.
    var spool: [ReportID: WorkerReport] = [:]

    init(number: Int, cpus: Int) {
        facts = WorkerFacts(
            worker: WorkerID("w\(number)"), cpus: cpus, memory: ByteCount(8 << 30),
            cpuModel: "A CPU",
            power: PowerModel(
                source: "model:table", perThread: Watts(milliwatts: 3000 + Int64(number)),
                uncertaintyPercent: 30),
            place: number % 4 == 3
                ? nil : WorkerPlace(site: "site-\(number % 2)", nodeClass: "nodes"))
    }

    /// Threads and memory that its programs take.
    var load: (cpus: Int, memory: Int64) {
        running.values.reduce((0, 0)) { sum, task in
            task.hasEnded ? sum : (sum.0 + task.cpus, sum.1 + task.memory.bytes)
        }
    }

    /// It has nothing to do and nothing to say.
    var isIdle: Bool { process?.held.isEmpty == true && running.isEmpty && spool.isEmpty }

    /// The task is in its hands, or its result is on its disk.
    func has(_ key: Ledger.Key) -> Bool {
        let isSpooled = spool.values.contains { report in
            report.campaign == key.campaign && report.stage == key.stage
                && report.results.contains {
                    $0.tasks.contains(key.task) && $0.outcome == .succeeded
                }
        }
        guard !isSpooled, let process else { return isSpooled }
        return process.held.contains { held in
            held.campaign == key.campaign && held.stage == key.stage
                && held.remaining.contains(key.task)
        }
    }

    mutating func kill() {
        process = nil
        link = nil
        isLeaving = false
        running = [:]
    }
}
