import ErgonModel
import ErgonSecurity
import ErgonSystem
import ErgonWire
import ErgonWireMessages
import ErgonWorker

/// Answers every lease at once, as if its tasks had taken no time and left nothing: what a campaign
/// takes then is what the coordinator takes. For benchmarks only.
struct ZeroWork {
    private let facts: WorkerFacts
    private let life: Int
    private let credentials: @Sendable () -> Credentials
    private let clock: @Sendable () -> Instant
    private var signer: Credentials?
    private var outbox: AsyncStream<Ergon_V1_FromWorker>.Continuation?
    private var lastBatch = 0

    init(
        _ facts: WorkerFacts, life: Int, _ credentials: @escaping @Sendable () -> Credentials,
        clock: @escaping @Sendable () -> Instant
    ) {
        self.facts = facts
        self.life = life
        self.credentials = credentials
        self.clock = clock
    }

    /// Until the worker is asked to leave, or cancelled. It never has anything to hand in.
    mutating func run(_ inbox: WorkerInbox) {
        let poll = Poll()
        let isAdded = poll.add(inbox.bell.descriptor, token: 0)
        precondition(isAdded, "no room for a bell")
        while true {
            _ = poll.wait(nil)
            for item in inbox.take() {
                switch item {
                case .linkOpened(let outbox): greet(outbox)
                case .linkClosed: outbox = nil
                case .core(.order(.lease(let lease))): answer(lease)
                case .core(.leave), .cancelled: return
                case .core, .manifest, .prepared, .collected, .dataPort: break
                }
            }
        }
    }

    private mutating func greet(_ outbox: AsyncStream<Ergon_V1_FromWorker>.Continuation) {
        self.outbox = outbox
        let signer = credentials()
        self.signer = signer
        var facts = facts
        facts.signing = signer.signing
        var message = Ergon_V1_FromWorker()
        message.hello = Ergon_V1_Hello(facts, life: life, held: [], version: ergonVersion)
        outbox.yield(message)
    }

    private mutating func answer(_ lease: Lease) {
        lastBatch += 1
        let report = WorkerReport(
            id: ReportID(life: life, batch: lastBatch), lease: lease.id, campaign: lease.campaign,
            stage: lease.stage,
            results: [
                TaskResult(
                    task: lease.tasks.lowerBound, count: lease.tasks.count, outcome: .succeeded,
                    outputs: [], log: nil, started: clock(), wall: .zero, cpu: .zero,
                    energy: .zero)
            ])
        var message = Ergon_V1_FromWorker()
        message.results = Ergon_V1_Results(report) { _ in nil }
        if let signer { message.results.sign(as: signer) }
        outbox?.yield(message)
    }
}
