import ErgonModel

struct WorkerState: Sendable {
    var facts: WorkerFacts
    var isConnected = false
    /// The process that was heard last, by the number it drew.
    var life: Int?
    /// It has said that it is about to go.
    var isLeaving = false
    /// When its leases go to others, while it is away.
    var awayUntil: Instant?
    var finishedTasks = 0
    /// What it holds, so that nobody searches all leases for one worker's.
    var leases: Set<LeaseID> = []
    var standing = Standing.active
    /// How often it was quarantined without anybody asking for it.
    var quarantines = 0
    /// A quarantine that may end by itself has come to its trial.
    var isOnTrial = false
    /// Distinct tasks that failed here since the last one that did not.
    var streak: [Misfortune] = []
    /// When a record last spoke of it.
    var lastRecord: Instant
    /// The last report on record of each of its latest processes.
    private(set) var reports: [Heard] = []

    /// What attempts on it cost.
    var account = Account()
    /// What its node's meter told.
    var meter = MeterAccount()
    /// What told it last.
    var meterSource: MeterSource?
    /// Of each campaign the dynamic energy that no result has: its tasks still run, or are lost.
    var unclaimed: [CampaignID: Joules] = [:]
    /// The last interval on record of each of its latest processes.
    var intervals: [ReportID] = []

    /// So many processes of a worker are remembered.
    static let mostLives = 8
    /// So many misfortunes are remembered: enough to judge by.
    private static let longestStreak = 16

    /// One attempt that failed here.
    struct Misfortune: Hashable, Sendable {
        var campaign: CampaignID
        var stage: Stage
        var task: Int
        var at: Instant
        var wall: Microseconds
        var failure: Failure
    }

    /// What of a report is on record: all of it, unless a crash came in between.
    struct Heard: Hashable, Sendable {
        var id: ReportID
        var tasks: IntervalSet
    }

    init(facts: WorkerFacts, lastRecord: Instant) {
        self.facts = facts
        self.lastRecord = lastRecord
    }

    /// Whether it may be given anything.
    func mayTake(_ now: Instant) -> Bool {
        guard isConnected, !isLeaving else { return false }
        return switch standing {
        case .active: true
        case .draining: false
        case .quarantined: isOnTrial
        }
    }

    var isQuarantinedForATime: Bool {
        if case .quarantined(_, until: .some) = standing { true } else { false }
    }

    // MARK: Reports

    /// What of a report is on record: of one that is heard again all, or the part that a crash has
    /// kept. A process's reports come in order.
    func tasks(onRecord report: WorkerReport) -> IntervalSet {
        guard let heard = reports.first(where: { $0.id.life == report.id.life }),
            heard.id >= report.id
        else { return IntervalSet() }
        let tasks = report.results.tasks
        return heard.id > report.id ? tasks : tasks.intersection(heard.tasks)
    }

    mutating func note(_ heard: Heard) {
        guard let place = reports.firstIndex(where: { $0.id.life == heard.id.life }) else {
            if reports.count == Self.mostLives { reports.removeFirst() }
            return reports.append(heard)
        }
        guard reports[place].id <= heard.id else { return }
        var latest = reports.remove(at: place)
        if latest.id == heard.id { latest.tasks.formUnion(heard.tasks) } else { latest = heard }
        reports.append(latest)
    }

    /// What it reported went on record.
    mutating func note(_ batch: ResultBatch, at time: Instant) {
        guard let id = batch.report else { return }
        lastRecord = time
        note(Heard(id: id, tasks: batch.results.tasks))
    }

    mutating func note(_ misfortune: Misfortune) {
        let isKnown = streak.contains {
            $0.campaign == misfortune.campaign && $0.stage == misfortune.stage
                && $0.task == misfortune.task
        }
        guard !isKnown, streak.count < Self.longestStreak else { return }
        streak.append(misfortune)
    }
}

extension WorkerFacts {
    /// Whether it is large enough at all.
    func fits(_ needs: Resources) -> Bool { needs.cpus <= cpus && needs.memory <= memory }

    /// How many such tasks run on it at once.
    func slots(for needs: Resources) -> Int {
        min(cpus / needs.cpus, Int(memory.bytes / max(needs.memory.bytes, 1)))
    }
}

struct LeaseState: Sendable {
    let worker: WorkerID
    let campaign: CampaignID
    let stage: Stage
    /// Tasks without an accepted result.
    var remaining: IntervalSet
    /// When it was granted or adopted, or a result under it last came.
    var heard: Instant
}
