import ErgonModel

/// Which plan is followed, how far it has come, and whether another one is on its way.
struct Planning: Sendable {
    /// So long something that is not planned yet waits for a plan; then it starts without one.
    static let patience = Microseconds.seconds(30)
    /// A plan is asked for so long after the last one came, at the earliest.
    static let pause = Microseconds.seconds(1)

    typealias Starts = [Schedule.Work: [WorkerPlace: Int]]

    /// An old one stays until a new one comes.
    var schedule: Schedule?
    /// Tasks that have started of what it was made of.
    private(set) var started: Starts = [:]
    /// Tasks that have started since the next plan was asked for, which knows nothing of them.
    private var startedSinceAsked: Starts = [:]
    /// Something has changed that the next plan shall know.
    var isDue = true
    /// When the plan was asked for that has not come yet.
    private(set) var asked: Instant?
    private(set) var answered: Instant?
    /// Campaigns that are going to pass their budgets, and go on.
    var excesses: [CampaignID: String] = [:]

    /// Whether it is time to ask for a plan. One that never came is asked for again.
    func mayAsk(_ now: Instant) -> Bool {
        guard isDue, !isAwaited(now) else { return false }
        guard let answered else { return true }
        return now - answered >= Self.pause || now < answered
    }

    mutating func noteAsked(_ now: Instant) {
        (isDue, asked) = (false, now)
        startedSinceAsked = [:]
    }

    mutating func adopt(_ schedule: Schedule, _ now: Instant) {
        self.schedule = schedule
        started = startedSinceAsked
        (asked, answered) = (nil, now)
    }

    /// There is nothing to plan.
    mutating func drop() {
        schedule = nil
        started = [:]
        (isDue, asked) = (false, nil)
    }

    private func isAwaited(_ now: Instant) -> Bool {
        guard let asked else { return false }
        // A clock that was set back makes nobody wait.
        return asked <= now && now - asked < Self.patience
    }

    /// Whether what is in no plan may hope for one soon.
    func willSay(_ now: Instant) -> Bool { isDue || isAwaited(now) }

    mutating func noteStart(_ tasks: Int, of work: Schedule.Work, at place: WorkerPlace?) {
        guard let place else { return }
        if schedule?.parts[work] != nil { started[work, default: [:]][place, default: 0] += tasks }
        if asked != nil { startedSinceAsked[work, default: [:]][place, default: 0] += tasks }
    }

    /// How many tasks may start there now.
    func allowance(of work: Schedule.Work, at place: WorkerPlace, _ now: Instant) -> Int {
        let quotas = schedule?.parts[work]?.quotas ?? []
        let open = quotas.lazy.filter { $0.opens <= now && $0.place == place }
        return max(0, open.reduce(0) { $0 + $1.tasks } - (started[work]?[place] ?? 0))
    }

    /// Whether more than a tenth of a step's tasks should have started by now and have not.
    func isBehind(_ now: Instant) -> Bool {
        schedule?.parts.contains { work, part in
            var due: [WorkerPlace: Int] = [:]
            for quota in part.quotas where quota.closes <= now {
                due[quota.place, default: 0] += quota.tasks
            }
            let missing = due.reduce(0) { $0 + max(0, $1.value - (started[work]?[$1.key] ?? 0)) }
            return missing * 10 > part.quotas.reduce(0) { $0 + $1.tasks }
        } ?? false
    }
}
