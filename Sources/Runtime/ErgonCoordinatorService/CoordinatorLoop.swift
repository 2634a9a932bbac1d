import CLinux
import ErgonCoordinator
import ErgonModel
import ErgonProvenance
import ErgonStorage
import ErgonSystem
import ErgonWire
import ErgonWireMessages
import Logging

/// Drives the coordinator's core on a thread of its own, since writing the log blocks: takes in
/// what has arrived, makes it durable as one group, and only then lets it be seen.
final class CoordinatorLoop {
    private var core: Coordinator
    private let log: LogSegments
    private let signer: NoteSigner
    private let store: ContentStore
    private let inbox: CoordinatorInbox
    private let clock: @Sendable () -> Instant
    private let ports: SharedPorts
    private let isLogged: Bool
    private let policy: Digest?
    /// `nil` if no plans are followed.
    private let planner: PlannerThread?
    private let logger: Logger

    private var streams: [WorkerID: WorkerStream] = [:]
    private var manifests: ShortManifests
    private var answers: [Coordinator.RequestID: CoordinatorNews.Answer] = [:]
    private var lastRequest = 0
    private var looks: [CoordinatorNews.Look] = []
    private let board: Board
    private var counting: Set<Counting> = []
    /// After such a time what could not be counted is tried again.
    private static let countAgainAfter = Duration.seconds(10)
    private var reserve: DiskReserve
    private let snapshots: SnapshotDesk
    /// How many records the last snapshot that was offered stands for.
    private var offered = 0
    /// What arrived while the disk was full.
    private var deferred: [CoordinatorNews] = []
    /// How many of the changes that arrived are in the state.
    private var changes = 0
    private var checkpointed: (size: Int, at: Instant)
    /// At most so often a checkpoint is signed while records keep coming.
    private static let checkpointPeriod = Microseconds.seconds(1)

    init(
        core: Coordinator, log: LogSegments, signer: NoteSigner, store: ContentStore,
        inbox: CoordinatorInbox, board: Board, reserve: DiskReserve,
        clock: @escaping @Sendable () -> Instant, ports: SharedPorts, isLogged: Bool,
        planner: PlannerThread?, policy: Digest?, logger: Logger
    ) {
        self.core = core
        self.log = log
        self.signer = signer
        self.store = store
        self.inbox = inbox
        self.board = board
        self.clock = clock
        self.ports = ports
        self.isLogged = isLogged
        self.policy = policy
        self.planner = planner
        self.logger = logger
        self.reserve = reserve
        manifests = ShortManifests(store: store)
        snapshots = SnapshotDesk(shelf: log.shelf, logger: logger)
        checkpointed = (0, Instant(microseconds: 0))
    }

    /// Runs until `.stop`, or until the log cannot be written any more: then nothing may be
    /// acknowledged and the coordinator has to end. A full disk is waited for.
    func run() throws {
        defer { endAll() }
        do {
            try commit(core.start(version: ergonVersion, policy: policy, now: clock()))
            while try takeGroup() {}
            try writeCheckpoint()
        } catch is StoppedWhileFull {
            logger.warning("stopped while the disk was full: nothing was acknowledged meanwhile")
        }
    }

    /// - Returns: false if it is time to stop.
    private func takeGroup() throws -> Bool {
        let group = deferred.isEmpty ? inbox.takeAll() : .init(news: deferred, changes: changes)
        let news = group.news
        deferred = []
        var effects: [Coordinator.Effect] = []
        var isStopping = false
        for (place, item) in news.enumerated() {
            if case .stop = item { isStopping = true }
            if case .core(.tick) = item {
                effects += watchSpace()
                board.clear(unlessWantedAt: clock())
            }
            if case .linkOpened = item {
                // What was meant for the worker's last stream must not come over the new one.
                try commit(effects)
                effects = []
                guard deferred.isEmpty else {
                    deferred = news[place...] + deferred
                    return !isStopping
                }
            }
            if let event = event(of: item) { effects += core.handle(event, now: clock()) }
        }
        try commit(effects)
        if deferred.isEmpty { changes = group.changes }
        show()
        return !isStopping
    }

    /// All that was decided is on disk.
    private func show() {
        let now = clock()
        if !looks.isEmpty || board.isDue(now: now) {
            board.post(core, now: now, changes: changes)
        }
        for look in looks { look.resume(returning: .success(core)) }
        looks = []
    }

    private func watchSpace() -> [Coordinator.Effect] {
        guard let trouble = reserve.change() else { return [] }
        switch trouble {
        case .low(let text):
            logger.error("the disk is nearly full", metadata: ["problem": "\(text)"])
            return core.handle(.trouble(text), now: clock())
        case .over:
            logger.notice("there is room on the disk again")
            return core.handle(.trouble(nil), now: clock())
        }
    }

    private func event(of news: CoordinatorNews) -> Coordinator.Event? {
        switch news {
        case .core(let event):
            if case .linesCounted(let campaign, let step, let file, _) = event {
                // A file that is made anew may be counted anew.
                counting.remove(Counting(campaign: campaign, step: step, file: file))
            }
            return event
        case .linkOpened(let facts, let life, let held, let session, let outbox):
            streams[facts.worker]?.outbox.finish()
            streams[facts.worker] = WorkerStream(session: session, outbox: outbox)
            logger.info("worker connected", metadata: ["worker": "\(facts.worker)"])
            return .workerConnected(facts, life: life, held: held)
        case .linkClosed(let worker, let session):
            guard streams[worker]?.session == session else { return nil }
            streams[worker] = nil
            logger.info("worker disconnected", metadata: ["worker": "\(worker)"])
            return .workerDisconnected(worker)
        case .report(let worker, let report, let taken):
            taken.resume()
            return .report(worker, report)
        case .uncounted(let what):
            counting.remove(what)
            return .tick
        case .request(let event, let answer):
            lastRequest += 1
            let id = Coordinator.RequestID(lastRequest)
            answers[id] = answer
            return event(id)
        case .look(let look):
            looks.append(look)
            return nil
        case .stop: return nil
        }
    }

    // MARK: Durable first, then visible

    private func commit(_ effects: [Coordinator.Effect]) throws {
        let records = effects.compactMap { effect in
            if case .record(let record) = effect { record } else { nil }
        }
        if !records.isEmpty {
            try write(records)
            planner?.learn(from: records)
        }
        for effect in effects { perform(effect) }
        if let start = log.segmentStart, start.size > offered {
            offered = start.size
            snapshots.offer(core, at: start)
        }
        giveMemoryBack(after: records)
        let isSeal = records.contains { if case .campaignSealed = $0.event { true } else { false } }
        if isSeal || clock() - checkpointed.at >= Self.checkpointPeriod { try writeCheckpoint() }
    }

    /// Of a campaign that was forgotten, which may have been most of all there is.
    private func giveMemoryBack(after records: [Record]) {
        let isForgotten = records.contains {
            if case .campaignForgotten = $0.event { true } else { false }
        }
        guard isForgotten else { return }
        board.clear()
        ergon_give_memory_back()
    }

    private func write(_ records: [Record]) throws {
        guard isLogged else { return }
        var payloads: [[UInt8]] = []
        for record in records {
            payloads += entries(of: record, from: log.nextSequence + payloads.count).map(\.bytes)
        }
        while let full = try append(payloads) { try waitForRoom(full) }
    }

    /// - Returns: why it could not, where all it takes is room on the disk.
    private func append(_ payloads: [[UInt8]]) throws -> (any Actionable)? {
        // What the records name must not be lost either.
        do throws(StoreFault) { try store.sync() } catch {
            guard case .full = error else { throw error }
            return error
        }
        do throws(LogFault) { _ = try log.append(payloads) } catch {
            guard error.isFull else { throw error }
            return error
        }
        return nil
    }

    /// Nothing that was decided on is visible yet, and so nothing further may be decided. People
    /// are told why; everything else waits.
    private func waitForRoom(_ fault: any Actionable) throws {
        logger.error(
            "the disk is full; waiting for room",
            metadata: ["place": "\(fault.place)", "problem": "\(fault.problem)"])
        for item in inbox.takeAll().news {
            switch item {
            case .stop: throw StoppedWhileFull()
            case .request(_, let answer): answer.resume(returning: .refused(DiskReserve.fullText))
            case .look(let look): look.resume(returning: .failure(.diskIsFull))
            case .core(.tick): break
            case .core, .linkOpened, .linkClosed, .report, .uncounted: deferred.append(item)
            }
        }
    }

    private func writeCheckpoint() throws {
        guard log.nextSequence > checkpointed.size else { return }
        let note = SignedNote(
            text: log.checkpoint(origin: signer.verifier.name).text, signers: [signer])
        do throws(LogFault) { try log.writeCheckpoint(note) } catch {
            guard error.isFull else { throw error }
            // The one before still holds; the next one will say more.
            logger.warning("no room for a checkpoint", metadata: ["reason": "\(error.problem)"])
            return
        }
        checkpointed = (log.nextSequence, clock())
    }

    private func perform(_ effect: Coordinator.Effect) {
        switch effect {
        case .record(let record): tell(record)
        case .send(let worker, let order):
            send(order, to: worker)
        case .reply(let request, let reply):
            answers.removeValue(forKey: request)?.resume(returning: reply)
        case .plan(let work): planner?.plan(work)
        case .countLines(let campaign, let step, let file):
            count(file, campaign, step)
        case .keepStatement(let report, let worker):
            keep(ReportStatement(report, by: worker))
        }
    }

    /// Without it nobody can check those results against their worker's signature; they hold all
    /// the same.
    private func keep(_ statement: ReportStatement) {
        do throws(StoreFault) { _ = try store.pack(statement.bytes) } catch {
            logger.error("a report's statement is lost", metadata: ["reason": "\(error.problem)"])
        }
    }

    /// A worker that does not read what it is sent loses its stream, and says what it holds on the
    /// next one.
    private func send(_ order: WorkerOrder, to worker: WorkerID) {
        guard let port = ports.value?.data, let outbox = streams[worker]?.outbox else { return }
        var message = Ergon_V1_ToWorker(order, dataPort: port)
        if case .lease(let lease) = order, streams[worker]?.isFirst(lease.manifest.digest) == true {
            message.lease.manifestText = manifests.text(of: lease.manifest)
        }
        if case .dropped = outbox.yield(message) {
            logger.warning("worker does not read", metadata: ["worker": "\(worker)"])
            outbox.finish()
        }
    }

    /// Says how a campaign has ended.
    private func tell(_ record: Record) {
        guard case .campaignSealed(let seal) = record.event, let run = core.ended(seal.id)
        else { return }
        logger.info(
            "ended",
            metadata: [
                "campaign": "\(seal.id)", "name": "\(run.name)", "how": "\(seal.ending)",
                "tasks": "\(run.done) of \(run.tasks) done", "time": "\(run.time.seconds) s",
            ])
    }

    /// On a thread of its own: the file may be large.
    private func count(_ file: StoredFile, _ campaign: CampaignID, _ step: Int) {
        let what = Counting(campaign: campaign, step: step, file: file)
        guard counting.insert(what).inserted else { return }
        let (store, inbox, logger) = (store, inbox, logger)
        startThread {
            do throws(StoreFault) {
                let lines = lineCount(try store.read(file.digest))
                inbox.push(.core(.linesCounted(campaign, step: step, of: file, lines: lines)))
            } catch {
                logger.error("lines not counted", metadata: ["reason": "\(error.problem)"])
                Task {
                    try? await Task.sleep(for: Self.countAgainAfter)
                    inbox.push(.uncounted(what))
                }
            }
        }
    }

    private func endAll() {
        inbox.close()
        board.clear()
        for stream in streams.values { stream.outbox.finish() }
        for answer in answers.values { answer.resume(returning: nil) }
        answers = [:]
        for look in looks { look.resume(returning: .failure(.isStopping)) }
        looks = []
        for item in deferred { inbox.refuse(item) }
        deferred = []
    }
}

/// Somebody stopped the coordinator while it waited for room on its disk.
private struct StoppedWhileFull: Error {}

/// A last line without an end counts as well.
func lineCount(_ bytes: [UInt8]) -> Int {
    bytes.count { $0 == 10 } + (bytes.isEmpty || bytes.last == 10 ? 0 : 1)
}

extension LogFault {
    fileprivate var isFull: Bool {
        if case .system(let fault) = self { fault.isFull } else { false }
    }
}
