import ErgonCoordinator
import ErgonModel

extension Ledger {
    struct Hand: Equatable {
        var lease: LeaseID
        var worker: WorkerID
        /// Since when nothing was heard of the lease.
        var since: Instant
    }

    /// In whose hands the coordinator must consider which task.
    struct Hands {
        /// Two hold a task only while one of them has a copy of it.
        private(set) var holders: [Key: [Hand]] = [:]
        var connected: Set<WorkerID> = []
        var leaving: Set<WorkerID> = []
        /// Until when the coordinator waits for a worker that is away.
        var awayUntil: [WorkerID: Instant] = [:]
        /// Until then it waits for workers that were there before it started; `nil` once that is
        /// over.
        var settlesUntil: Instant?
        /// Connected, or quarantined, at any time since the start.
        var unawaited: Set<WorkerID> = []
        var trouble: String?
        /// Taken from their workers within this event, without anybody having said a word.
        var lost: [Key: [Hand]] = [:]
        /// Who must be told within this event to stop: the task has come to its end elsewhere, or
        /// its inputs will be others.
        private(set) var stopping: [Key: [Hand]] = [:]

        subscript(key: Key) -> [Hand] { holders[key] ?? [] }

        mutating func add(_ hand: Hand, _ key: Key) { holders[key, default: []].append(hand) }

        @discardableResult
        mutating func drop(_ isDropped: (Key, Hand) -> Bool) -> [Key: [Hand]] {
            var dropped: [Key: [Hand]] = [:]
            for (key, hands) in holders {
                let gone = hands.filter { isDropped(key, $0) }
                if gone.isEmpty { continue }
                dropped[key] = gone
                let kept = hands.filter { !gone.contains($0) }
                holders[key] = kept.isEmpty ? nil : kept
            }
            return dropped
        }

        func holdsAnything(_ worker: WorkerID) -> Bool {
            holders.values.contains { $0.contains { $0.worker == worker } }
        }

        mutating func lose(_ isLost: (Key, Hand) -> Bool) {
            lost.merge(drop(isLost)) { $0 + $1 }
        }

        mutating func mustStop(_ isStopped: (Key, Hand) -> Bool) {
            for (key, hands) in holders {
                let stopped = hands.filter { isStopped(key, $0) }
                if !stopped.isEmpty { stopping[key, default: []] += stopped }
            }
        }

        mutating func beginEvent() {
            lost = [:]
            stopping = [:]
        }

        mutating func hear(_ lease: LeaseID, _ now: Instant) {
            for (key, hands) in holders where hands.contains(where: { $0.lease == lease }) {
                holders[key] = hands.map {
                    Hand(
                        lease: $0.lease, worker: $0.worker,
                        since: $0.lease == lease ? now : $0.since)
                }
            }
        }
    }

    // MARK: Events

    mutating func begin(
        _ event: Coordinator.Event, _ effects: [Coordinator.Effect], _ grace: Microseconds,
        _ now: Instant
    ) {
        hands.beginEvent()
        if let until = hands.settlesUntil {
            hands.settlesUntil = until <= now ? nil : min(until, now + grace)
        }
        switch event {
        case .workerConnected(let facts, _, let held): connect(facts.worker, held, effects, now)
        case .workerDisconnected(let worker):
            hands.connected.remove(worker)
            hands.awayUntil[worker] = now + grace
        case .report(_, let report): hands.hear(report.lease, now)
        case .tick: loseThoseAway(grace, now)
        case .decline(let worker, let lease, _):
            hands.lose { $1.worker == worker && $1.lease == lease }
        case .giveBack(let worker, let lease, let tasks):
            hands.drop { $1.worker == worker && $1.lease == lease && tasks.contains($0.task) }
        case .leaving(let worker): hands.leaving.insert(worker)
        case .trouble(let reason): hands.trouble = reason
        case .submit, .replay, .intervene, .approve, .linesCounted, .planWanted, .planned:
            break
        }
    }

    mutating func end(_ event: Coordinator.Event, _ effects: [Coordinator.Effect]) {
        switch event {
        case .report(let worker, let report): endReport(report, worker)
        case .workerConnected(let facts, _, let held):
            checkRefusals(of: held, facts.worker, effects)
        case .workerDisconnected, .giveBack, .leaving, .decline, .submit, .replay, .intervene,
            .approve, .linesCounted, .planWanted, .planned, .trouble, .tick:
            break
        }
        for (key, stopped) in hands.stopping {
            for hand in stopped where hands[key].contains(hand) {
                if hands.connected.contains(hand.worker) {
                    fail("\(hand.worker) is not told to stop \(name(of: key))")
                }
                hands.drop { $0 == key && $1 == hand }
            }
        }
    }

    /// Whoever was in force and is not on record now never will be.
    private mutating func endReport(_ report: WorkerReport, _ worker: WorkerID) {
        for result in report.results.flatMap(\.singly) {
            let key = Key(campaign: report.campaign, stage: report.stage, task: result.task)
            let own = hands.drop { $0 == key && $1.lease == report.lease && $1.worker == worker }
            if !own.isEmpty, result.outcome == .succeeded,
                books.answers[key]?.contains(report.lease) != true
            {
                fail("\(name(of: key)): a result in force, of \(worker), did not count")
            }
        }
    }

    /// A worker that comes back is told of every task that it need not go on with.
    private mutating func checkRefusals(
        of held: [HeldLease], _ worker: WorkerID, _ effects: [Coordinator.Effect]
    ) {
        var refused: [LeaseID: IntervalSet] = [:]
        var whole: Set<LeaseID> = []
        for case .send(worker, let order) in effects {
            switch order {
            case .withdraw(let ids): whole.formUnion(ids)
            case .withdrawTasks(let id, let tasks):
                refused[id, default: IntervalSet()].formUnion(tasks)
            case .welcome, .lease, .acknowledge: break
            }
        }
        for lease in held where !whole.contains(lease.id) {
            for task in lease.remaining.ranges.joined() {
                let key = Key(campaign: lease.campaign, stage: lease.stage, task: task)
                let isIts = hands[key].contains { $0.lease == lease.id && $0.worker == worker }
                if !isIts, refused[lease.id]?.contains(task) != true {
                    fail("\(worker) is not told that \(name(of: key)) is not its any more")
                }
            }
        }
    }

    private mutating func loseThoseAway(_ grace: Microseconds, _ now: Instant) {
        for (worker, until) in hands.awayUntil {
            // A clock that was set back makes nobody wait longer than that.
            hands.awayUntil[worker] = until <= now ? nil : min(until, now + grace)
            if until <= now { hands.lose { $1.worker == worker } }
        }
    }

    private mutating func connect(
        _ worker: WorkerID, _ held: [HeldLease], _ effects: [Coordinator.Effect], _ now: Instant
    ) {
        hands.connected.insert(worker)
        hands.unawaited.insert(worker)
        hands.leaving.remove(worker)
        hands.awayUntil[worker] = nil
        var refused: Set<LeaseID> = []
        for case .send(worker, .withdraw(let ids)) in effects { refused.formUnion(ids) }
        let remaining = Dictionary(held.map { ($0.id, $0.remaining) }) { first, _ in first }
        hands.lose { key, hand in
            hand.worker == worker && remaining[hand.lease]?.contains(key.task) != true
        }
        for lease in held where !refused.contains(lease.id) && sealed[lease.campaign] == nil {
            for task in lease.remaining.ranges.joined() {
                let key = Key(campaign: lease.campaign, stage: lease.stage, task: task)
                guard hands[key].isEmpty, books.answers[key]?.contains(lease.id) != true,
                    case .open = state(of: key), !isStale(key, under: lease.id)
                else { continue }
                hands.add(Hand(lease: lease.id, worker: worker, since: now), key)
                // It was taken for lost and lives: after that there is nothing to wait for.
                waited[key] = books.mishaps[key]?.last
            }
        }
    }

    // MARK: Grants

    mutating func grant(
        _ lease: Lease, to worker: WorkerID, by event: Coordinator.Event?, _ now: Instant
    ) {
        checkMayBeGranted(lease, to: worker)
        grants[lease.id] = Grant(
            worker: worker, campaign: lease.campaign, stage: lease.stage, tasks: lease.tasks)
        for task in lease.tasks {
            let key = Key(campaign: lease.campaign, stage: lease.stage, task: task)
            if let holder = hands[key].first {
                checkMayBeCopied(lease, key, holder, to: worker, by: event, now)
            }
            if case .open = state(of: key) {
            } else {
                fail("\(name(of: key)) was granted after its end")
            }
            checkWait(key, now)
            hands.add(Hand(lease: lease.id, worker: worker, since: now), key)
        }
    }

    private mutating func checkMayBeGranted(_ lease: Lease, to worker: WorkerID) {
        if grants[lease.id] != nil { fail("lease \(lease.id) was granted twice") }
        let reason: String? =
            if !hands.connected.contains(worker) {
                "is not there"
            } else if hands.leaving.contains(worker) {
                "is leaving"
            } else if let held = books.held[lease.campaign] {
                "waits, since the campaign is held: \(held)"
            } else if let trouble = hands.trouble {
                "waits, since \(trouble)"
            } else {
                switch books.standings[worker] ?? .active {
                case .active: nil
                case .draining: "is draining"
                case .quarantined(_, let until):
                    until != nil && isTrial(worker, lease) ? nil : "is quarantined"
                }
            }
        if let reason { fail("lease \(lease.id) was granted to \(worker), which \(reason)") }
    }

    /// One task alone shows whether a worker is well again.
    private func isTrial(_ worker: WorkerID, _ lease: Lease) -> Bool {
        lease.tasks.count == 1 && !hands.holdsAnything(worker)
    }

    /// How long a task must have taken before somebody else may be given it as well.
    private static let leastLateness = Microseconds.seconds(5)

    private mutating func checkMayBeCopied(
        _ lease: Lease, _ key: Key, _ holder: Hand, to worker: WorkerID,
        by event: Coordinator.Event?, _ now: Instant
    ) {
        let isTick = if case .tick = event { true } else { false }
        guard isTick, lease.tasks.count == 1, hands[key].count == 1, holder.worker != worker,
            now - holder.since > Self.leastLateness
        else {
            return fail(
                "\(name(of: key)) was granted to \(worker) as \(lease.id) while \(holder.worker) "
                    + "holds it under \(holder.lease)")
        }
    }

    /// After a start nothing is begun anew that somebody may have done already.
    mutating func checkNobodyIsAwaited(
        _ lease: Lease, to worker: WorkerID, _ absent: (Key) -> WorkerID?
    ) {
        guard hands.settlesUntil != nil else { return }
        for task in lease.tasks {
            let key = Key(campaign: lease.campaign, stage: lease.stage, task: task)
            if let holder = absent(key), !hands.unawaited.contains(holder) {
                fail("\(name(of: key)) was granted to \(worker), though \(holder) has it")
            }
        }
    }

    /// A quarantined worker is not waited for; one that is away cannot be told.
    mutating func takeAll(from worker: WorkerID) {
        hands.unawaited.insert(worker)
        if !hands.connected.contains(worker) { hands.drop { $1.worker == worker } }
    }

    // MARK: Results

    /// Only who holds a task may answer for it.
    mutating func checkHand(_ batch: ResultBatch, _ key: Key, _ result: TaskResult) {
        func isOwn(_ hand: Hand) -> Bool {
            hand.lease == batch.lease && hand.worker == batch.worker
        }
        let own = hands.drop { $0 == key && isOwn($1) }
        if batch.report == nil {
            guard hands.lost[key]?.contains(where: isOwn) == true else {
                return fail("\(name(of: key)) is taken for lost, but \(batch.worker) has it")
            }
        } else if own.isEmpty {
            let holders = hands[key].map { "\($0.lease) of \($0.worker)" }
            return fail(
                "\(name(of: key)): a result under superseded lease \(batch.lease); the task is "
                    + (holders.isEmpty ? "nobody's" : holders.joined(separator: " and ")))
        }
        if case .failed(_, isFinal: false) = result.outcome { return }
        hands.mustStop { other, _ in other == key }
    }
}
