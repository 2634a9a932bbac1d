import ErgonCoordinator
import ErgonManifest
import ErgonModel
import ErgonProvenance
import ErgonStorage

/// A coordinator's life without a network: one worker, which answers every lease at once.
struct Life {
    private(set) var (records, bytes, snapshots) = (0, 0, 0)
    private var core = Coordinator()
    private var workload: Workload
    private let store: ContentStore
    private let log: LogSegments
    private let writesSnapshots: Bool
    /// Signs the log as a coordinator does, but after so many groups rather than each second.
    private let signer: NoteSigner?
    private static let signedAfter = 16
    private var groups = 0
    private var now = Instant(microseconds: 1_767_225_600_000_000)
    private var leases: [Lease] = []
    private var reports = 0
    /// Effects whose records are not written yet.
    private var group: [Coordinator.Effect] = []
    /// So many reports are written as one group.
    private static let grouped = 64
    private static let worker = WorkerID("w1")

    init(
        _ workload: Workload, _ store: ContentStore, log: String, writesSnapshots: Bool,
        signer: NoteSigner?
    ) throws {
        self.signer = signer
        self.workload = workload
        self.store = store
        self.writesSnapshots = writesSnapshots
        self.log = try LogSegments.open(log) { _, _ in }
    }

    mutating func run() throws {
        take(core.start(version: "restart-bench", now: now))
        let facts = WorkerFacts(
            worker: Self.worker, cpus: 4096, memory: ByteCount(1 << 50), cpuModel: "none",
            power: PowerModel(
                source: "none", perThread: Watts(milliwatts: 5000), uncertaintyPercent: 50))
        handle(.workerConnected(facts, life: 1, held: []))
        let campaign = try workload.campaign()
        let manifest = try store.put(Array(canonicalForm(of: campaign).utf8))
        try store.sync()
        handle(
            .submit(Coordinator.RequestID(1), campaign, manifest: manifest, by: "restart-bench"))
        while !leases.isEmpty { try answer(leases.removeFirst()) }
        try commit()
        try sign()
    }

    private func sign() throws {
        guard let signer else { return }
        let checkpoint = Checkpoint(origin: signer.verifier.name, head: log.head)
        try log.writeCheckpoint(SignedNote(text: checkpoint.text, signers: [signer]))
    }

    private mutating func answer(_ lease: Lease) throws {
        var rest = lease.tasks
        while !rest.isEmpty {
            let results = rest.prefix(workload.reported).map { task in
                now = now + Microseconds(500)
                return workload.result(task, started: now)
            }
            rest = rest.dropFirst(workload.reported)
            reports += 1
            handle(
                .report(
                    Self.worker,
                    WorkerReport(
                        id: ReportID(life: 1, batch: reports), lease: lease.id,
                        campaign: lease.campaign, stage: lease.stage, results: results)))
            if reports % Self.grouped == 0 { try commit() }
        }
    }

    private mutating func handle(_ event: Coordinator.Event) { take(core.handle(event, now: now)) }

    private mutating func take(_ effects: [Coordinator.Effect]) {
        group += effects
        for case .send(_, .lease(let lease)) in effects { leases.append(lease) }
    }

    /// As the coordinator's loop does.
    private mutating func commit() throws {
        var payloads: [[UInt8]] = []
        for case .record(let record) in group {
            payloads += entries(of: record, from: log.nextSequence + payloads.count).map(\.bytes)
        }
        group = []
        _ = try log.append(payloads)
        records += payloads.count
        bytes += payloads.reduce(0) { $0 + $1.count }
        groups += 1
        if groups % Self.signedAfter == 0 { try sign() }
        guard writesSnapshots, let start = log.segmentStart else { return }
        try log.shelf.write(core.snapshot(), at: start)
        snapshots += 1
    }
}
