import ErgonModel

/// What a worker remembers.
extension Worker {
    /// What tasks may still take of this worker.
    struct Free: Hashable, Sendable {
        var cpus: Int
        var memory: Int64
    }

    /// A lease in hand.
    struct Held: Sendable {
        let lease: Lease
        /// Once its campaign is there; none if it does not fit that.
        var plan: LeasePlan?
        /// Not begun.
        var waiting: IntervalSet
        /// Begun or not, without a result.
        var remaining: IntervalSet
        /// With a result that nobody has acknowledged.
        var unthanked = IntervalSet()

        init(_ lease: Lease) {
            self.lease = lease
            (waiting, remaining) = (IntervalSet(lease.tasks), IntervalSet(lease.tasks))
        }

        /// Nothing of it was begun.
        var isUntouched: Bool { waiting == remaining && unthanked.isEmpty }
        var isFinished: Bool { remaining.isEmpty && unthanked.isEmpty }

        /// These tasks are no longer this worker's.
        mutating func lose(_ tasks: IntervalSet) {
            waiting.subtract(tasks)
            remaining.subtract(tasks)
            unthanked.subtract(tasks)
        }
    }

    enum Loading: Sendable {
        case underWay
        case there(Campaign)
        case failed
    }

    struct Activity: Sendable {
        enum Phase: Hashable, Sendable { case preparing, prepared, starting, running, collecting }
        var phase = Phase.preparing
        /// The tasks that are not done: one, but where a program is given many at once.
        var block: Range<Int>
        let needs: Resources
        /// Whose code it runs, and of what, even when its lease is gone.
        let manifest: Digest
        let campaign: CampaignID
        let stage: Stage
        /// Since when it runs, by the worker's uptime.
        var since = Microseconds.zero
        var started = Instant(microseconds: 0)
        var wall = Microseconds.zero
        var cpu = Microseconds.zero
        var failure: Failure?
        /// What of it intervals have accounted for.
        var metered = Metered()
        /// It was told that its time is nearly up.
        var isWarned = false
        /// It is no longer this worker's: it is stopped, and only what it cost is reported.
        var isUnwanted = false

        init(block: Range<Int>, needs: Resources, lease: Lease) {
            self.block = block
            self.needs = needs
            manifest = lease.manifest.digest
            campaign = lease.campaign
            stage = lease.stage
        }

        /// Nothing of it has run.
        var isUnbegun: Bool { phase == .preparing || phase == .prepared }
    }

    /// Results of one lease, which may be gone.
    struct Unreported: Sendable {
        let campaign: CampaignID
        let stage: Stage
        var results: [TaskResult] = []
        /// Of each result, where there is a meter, what it has and what it still lacks.
        var dues: [Due] = []
    }

    struct Unanswered: Sendable {
        let report: WorkerReport
        /// About what it takes on disk and on its way.
        let bytes: Int64
        /// It was sent over the present connection.
        var isSent = false
    }

    /// How the worker's life goes on.
    enum Course: Hashable, Sendable {
        case working
        /// It begins nothing more; what runs may end by itself until then.
        case leaving(until: Microseconds)
        /// What ran was stopped then.
        case stopping(Ending, since: Microseconds)
        case over

        var isLeaving: Bool {
            switch self {
            case .working: false
            case .leaving, .stopping, .over: true
            }
        }
    }
}
