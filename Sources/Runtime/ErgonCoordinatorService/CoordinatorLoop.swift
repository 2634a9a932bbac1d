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
    private let logger: Logger

    private var outboxes: [WorkerID: (session: Int, outbox: CoordinatorNews.Outbox)] = [:]
    private var answers: [Coordinator.RequestID: CoordinatorNews.Answer] = [:]
    private var lastRequest = 0
    /// Steps whose lines are being counted.
    private var counting: Set<Counting> = []
    private struct Counting: Hashable {
        var campaign: CampaignID
        var step: Int
    }
    /// After such a time what could not be counted is tried again.
    private static let countAgainAfter = Duration.seconds(10)
    private var checkpointed: (size: Int, at: Instant)
    /// At most so often a checkpoint is signed while records keep coming.
    private static let checkpointPeriod = Microseconds.seconds(1)

    init(
        core: Coordinator, log: LogSegments, signer: NoteSigner, store: ContentStore,
        inbox: CoordinatorInbox, clock: @escaping @Sendable () -> Instant, ports: SharedPorts,
        logger: Logger
    ) {
        self.core = core
        self.log = log
        self.signer = signer
        self.store = store
        self.inbox = inbox
        self.clock = clock
        self.ports = ports
        self.logger = logger
        checkpointed = (0, Instant(microseconds: 0))
    }

    /// Runs until `.stop`, or until the log cannot be written any more: then nothing may be
    /// acknowledged and the coordinator has to end.
    func run() throws {
        defer { endAll() }
        try commit(core.start(version: ergonVersion, now: clock()))
        while true {
            let news = inbox.takeAll()
            var effects: [Coordinator.Effect] = []
            var isStopping = false
            for item in news {
                if case .stop = item { isStopping = true }
                if case .linkOpened = item {
                    // What was meant for the worker's last stream must not come over the new one.
                    try commit(effects)
                    effects = []
                }
                if let event = event(of: item) { effects += core.handle(event, now: clock()) }
            }
            try commit(effects)
            if isStopping { return try writeCheckpoint() }
        }
    }

    private func event(of news: CoordinatorNews) -> Coordinator.Event? {
        switch news {
        case .core(let event): return event
        case .linkOpened(let facts, let held, let session, let outbox):
            outboxes[facts.worker]?.outbox.finish()
            outboxes[facts.worker] = (session, outbox)
            logger.info("worker connected", metadata: ["worker": "\(facts.worker)"])
            return .workerConnected(facts, held: held)
        case .linkClosed(let worker, let session):
            guard outboxes[worker]?.session == session else { return nil }
            outboxes[worker] = nil
            logger.info("worker disconnected", metadata: ["worker": "\(worker)"])
            return .workerDisconnected(worker)
        case .report(let worker, let report, let taken):
            taken.resume()
            return .report(worker, report)
        case .uncounted(let campaign, let step):
            counting.remove(Counting(campaign: campaign, step: step))
            return .tick
        case .request(let event, let answer):
            lastRequest += 1
            let id = Coordinator.RequestID(lastRequest)
            answers[id] = answer
            return event(id)
        case .stop: return nil
        }
    }

    // MARK: Durable first, then visible

    private func commit(_ effects: [Coordinator.Effect]) throws {
        let records = effects.compactMap { effect in
            if case .record(let record) = effect { record } else { nil }
        }
        if !records.isEmpty {
            // What the records name must not be lost either.
            try store.sync()
            var sequence = log.nextSequence
            var payloads: [[UInt8]] = []
            for record in records {
                for event in fitted(record.event) {
                    payloads.append(
                        encode(Record(time: record.time, event: event), sequence: sequence))
                    sequence += 1
                }
            }
            _ = try log.append(payloads)
        }
        for effect in effects { perform(effect) }
        let isSeal = records.contains { if case .campaignSealed = $0.event { true } else { false } }
        if isSeal || clock() - checkpointed.at >= Self.checkpointPeriod { try writeCheckpoint() }
    }

    private func writeCheckpoint() throws {
        guard log.nextSequence > checkpointed.size else { return }
        let note = SignedNote(
            text: log.checkpoint(origin: signer.verifier.name).text, signers: [signer])
        try log.writeCheckpoint(note)
        checkpointed = (log.nextSequence, clock())
    }

    private func perform(_ effect: Coordinator.Effect) {
        switch effect {
        case .record: break
        case .send(let worker, let order):
            send(order, to: worker)
        case .reply(let request, let reply):
            answers.removeValue(forKey: request)?.resume(returning: reply)
        case .countLines(let campaign, let step, let file):
            count(file, campaign, step)
        }
    }

    /// A worker that does not read what it is sent loses its stream, and says what it holds on the
    /// next one.
    private func send(_ order: WorkerOrder, to worker: WorkerID) {
        guard let port = ports.value?.data, let outbox = outboxes[worker]?.outbox else { return }
        if case .dropped = outbox.yield(Ergon_V1_ToWorker(order, dataPort: port)) {
            logger.warning("worker does not read", metadata: ["worker": "\(worker)"])
            outbox.finish()
        }
    }

    /// On a thread of its own: the file may be large.
    private func count(_ file: StoredFile, _ campaign: CampaignID, _ step: Int) {
        guard counting.insert(Counting(campaign: campaign, step: step)).inserted else { return }
        let (store, inbox, logger) = (store, inbox, logger)
        startThread {
            do throws(StoreFault) {
                let lines = lineCount(try store.read(file.digest))
                inbox.push(.core(.linesCounted(campaign, step: step, lines: lines)))
            } catch {
                logger.error("lines not counted", metadata: ["reason": "\(error.problem)"])
                Task {
                    try? await Task.sleep(for: Self.countAgainAfter)
                    inbox.push(.uncounted(campaign, step: step))
                }
            }
        }
    }

    private func endAll() {
        inbox.close()
        for (_, outbox) in outboxes.values { outbox.finish() }
        for answer in answers.values { answer.resume(returning: nil) }
        answers = [:]
    }
}

/// A last line without an end counts as well.
func lineCount(_ bytes: [UInt8]) -> Int {
    bytes.count { $0 == 10 } + (bytes.isEmpty || bytes.last == 10 ? 0 : 1)
}
