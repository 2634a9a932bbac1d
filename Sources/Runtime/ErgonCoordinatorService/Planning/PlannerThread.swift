import ErgonCoordinator
import ErgonModel
import ErgonPlanner
import ErgonStorage
import ErgonSystem
import FoundationEssentials
import Logging
import Synchronization

/// From what plans are made, and how often.
package struct PlanningSettings: Sendable {
    package var loaded: LoadedGrid
    /// The files that it was read from; it is read again when one of them changes.
    package var files: [String]
    package var reload: @Sendable () async throws -> LoadedGrid
    package var clock: SignalClock

    package init(
        loaded: LoadedGrid, files: [String],
        reload: @escaping @Sendable () async throws -> LoadedGrid, clock: SignalClock = .present
    ) {
        self.loaded = loaded
        self.files = files
        self.reload = reload
        self.clock = clock
    }
}

/// Makes plans on a thread of its own, so that no lease waits for one: the coordinator's loop says
/// what there is to plan, and hears of it when there is a plan.
final class PlannerThread: Sendable {
    private struct Mailbox {
        /// Only the latest counts.
        var work: OpenWork?
        /// Of no longer than one plan takes.
        var records: [Record] = []
        /// Read anew.
        var loaded: LoadedGrid?
        var questions: [Question] = []
        var isOver = false
    }

    /// What would be left of the grid for something new?
    private struct Question {
        var work: OpenWork
        var ahead: Microseconds
        var answer: CheckedContinuation<OpenGrid?, Never>
    }

    private let settings: PlanningSettings
    private let store: ContentStore
    private let inbox: CoordinatorInbox
    private let now: @Sendable () -> Instant
    private let logger: Logger
    private let mailbox = Mutex(Mailbox())
    private let bell = Bell()

    /// Whether signals' files have changed is looked at so often.
    private static let watchPeriod = Duration.milliseconds(500)
    /// Services are asked so often.
    private static let servicePeriod = Microseconds.seconds(15 * 60)
    /// Whether a quota opens is looked at so often.
    private static let period = Microseconds(200_000)
    /// A plan is made anew so often, in the signals' time.
    private static let planLifetime = Microseconds.seconds(15 * 60)
    /// And not more often than that.
    private static let leastPause = Microseconds.seconds(1)
    /// So many people may wait for an answer.
    private static let mostQuestions = 8
    /// What the search for a good plan may take; then the best one so far is followed.
    private static let longestSearch = Microseconds.seconds(2)

    init(
        _ settings: PlanningSettings, store: ContentStore, inbox: CoordinatorInbox,
        clock: @escaping @Sendable () -> Instant, logger: Logger
    ) {
        self.settings = settings
        self.store = store
        self.inbox = inbox
        now = clock
        self.logger = logger
    }

    /// - Parameter desk: what earlier starts have learned.
    func start(at desk: PlanDesk) { startThread { self.run(desk) } }

    func plan(_ work: OpenWork) {
        mailbox.withLock { $0.work = work }
        bell.ring()
    }

    /// What is on record of tasks and workers; taken in before the next plan.
    func learn(from records: [Record]) {
        mailbox.withLock { $0.records += records }
    }

    /// What all that is open leaves to others.
    /// - Parameter ahead: how far it is looked at least.
    /// - Returns: `nil` if no known node is there, or too many ask.
    func rest(beside work: OpenWork, ahead: Microseconds) async -> OpenGrid? {
        await withCheckedContinuation { answer in
            let isTaken = mailbox.withLock { box in
                guard !box.isOver, box.questions.count < Self.mostQuestions else { return false }
                box.questions.append(Question(work: work, ahead: ahead, answer: answer))
                return true
            }
            guard isTaken else { return answer.resume(returning: nil) }
            bell.ring()
        }
    }

    func stop() {
        let left = mailbox.withLock { box in
            box.isOver = true
            defer { box.questions = [] }
            return box.questions
        }
        for question in left { question.answer.resume(returning: nil) }
        bell.ring()
    }

    // MARK: On the thread

    private func run(_ first: PlanDesk) {
        var desk = first
        var followed = Followed()
        let poll = Poll()
        guard poll.add(bell.descriptor, token: 0) else {
            logger.error("no plans: the kernel has no room to wait for work")
            return stop()
        }
        while true {
            if !poll.wait(Self.period).isEmpty { bell.hear() }
            let mail = mailbox.withLock { box in
                let taken = box
                (box.work, box.records, box.loaded, box.questions) = (nil, [], nil, [])
                return taken
            }
            guard !mail.isOver else { return }
            for record in mail.records { desk.learn(from: record) }
            if let loaded = mail.loaded {
                desk.loaded = loaded
                followed.isStale = true
            }
            if let work = mail.work { answer(work, &desk, &followed) }
            for question in mail.questions { answer(question, desk) }
            remind(&followed, isSurprised: desk.isSurprised)
        }
    }

    /// What of the last plan is still to come.
    private struct Followed {
        var madeAt: Instant?
        /// Ascending.
        var openings: [Instant] = []
        var isStale = false
    }

    private func answer(
        _ work: OpenWork, _ desk: inout PlanDesk, _ followed: inout Followed
    ) {
        let begin = steadyClock()
        let made = desk.plan(work, now: now()) {
            begin + Self.longestSearch < steadyClock()
        }
        followed = Followed(madeAt: now())
        guard let made else { return inbox.push(.core(.planned(Schedule(), nil))) }
        if let note = made.note { logger.notice("\(note)") }
        let schedule = made.schedule()
        followed.openings = Set(schedule.parts.values.flatMap { $0.quotas.map(\.opens) }).sorted()
        do {
            let bytes = Array(made.document(schedule).text().utf8)
            let adopted = made.adopted(try store.put(bytes))
            inbox.push(.core(.planned(schedule, adopted)))
        } catch {
            // Without its plan on record nothing may follow it; all that waits starts when it can.
            logger.error("a plan cannot be stored", metadata: ["reason": "\(error)"])
            inbox.push(.core(.planned(Schedule(), nil)))
        }
    }

    private func answer(_ question: Question, _ desk: PlanDesk) {
        let begin = steadyClock()
        let rest = desk.rest(beside: question.work, ahead: question.ahead, now: now()) {
            begin + Self.longestSearch < steadyClock()
        }
        question.answer.resume(returning: rest)
    }

    /// Tells the coordinator that something opens, or that it is time for another plan.
    private func remind(_ followed: inout Followed, isSurprised: Bool) {
        let time = now()
        if let next = followed.openings.first, next <= time {
            followed.openings.removeAll { $0 <= time }
            inbox.push(.core(.tick))
        }
        guard let made = followed.madeAt, made + Self.leastPause <= time else { return }
        let isOld = settings.clock.inSignals(time - made) >= Self.planLifetime
        if followed.isStale || isSurprised || isOld {
            followed.madeAt = nil
            inbox.push(.core(.planWanted))
        }
    }

    // MARK: Signals

    /// Reads the signals anew when their files change, and now and then what services say.
    func watchSignals() async throws -> Never {
        var (seen, read) = (stamps(), now())
        while true {
            try await Task.sleep(for: Self.watchPeriod)
            let (found, time) = (stamps(), now())
            guard found != seen || time - read >= Self.servicePeriod else { continue }
            (seen, read) = (found, time)
            do {
                let loaded = try await settings.reload()
                for note in loaded.notes { logger.warning("\(note)") }
                mailbox.withLock { $0.loaded = loaded }
                bell.ring()
            } catch {
                logger.error(
                    "the grid file cannot be read any more; the last one holds",
                    metadata: ["reason": "\(error)"])
            }
        }
    }

    /// When the grid file and its signals were written last.
    private func stamps() -> [String: Date] {
        var stamps: [String: Date] = [:]
        for file in settings.files {
            let facts = try? FileManager.default.attributesOfItem(atPath: file)
            stamps[file] = facts?[.modificationDate] as? Date
        }
        return stamps
    }
}
