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
    var isCutOff = false
    /// Will never be started again.
    var isGone = false
    var running: [Worker.Attempt: Running] = [:]

    init(number: Int, cpus: Int) {
        facts = WorkerFacts(
            worker: WorkerID("w\(number)"), cpus: cpus, memory: ByteCount(8 << 30),
            cpuModel: "A CPU",
            power: PowerModel(
                source: "model:table", perThread: Watts(milliwatts: 3000 + Int64(number)),
                uncertaintyPercent: 30))
    }

    var busyThreads: Int { running.values.reduce(0) { $0 + ($1.hasEnded ? 0 : $1.cpus) } }

    mutating func kill() {
        process = nil
        link = nil
        running = [:]
    }
}

/// What a task's program does at one attempt: drawn from the seed, the task and the attempt.
enum Fate {
    case succeeds
    case exits(Int)
    case isKilled
    case leavesNothing
    /// It would never end.
    case hangs

    init(seed: UInt64, task: Ledger.Key, attempt: Int, failureRate: Int) {
        var words: [UInt8] = []
        for number in [task.campaign.number, task.stage.step, task.task, attempt] {
            words.append(UInt8(truncatingIfNeeded: number))
        }
        if case .merge(let output, let level) = task.stage.part {
            words += [UInt8(truncatingIfNeeded: output), UInt8(truncatingIfNeeded: level)]
        }
        var dice = Dice(seed: seed, purpose: stableHash(words))
        guard dice.happens(failureRate, in: 100) else {
            self = .succeeds
            return
        }
        switch dice.roll(1...8) {
        case 1: self = .isKilled
        case 2: self = .leavesNothing
        case 3: self = .hangs
        default: self = .exits(dice.roll(1...255))
        }
    }
}
