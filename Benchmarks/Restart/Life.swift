import ErgonCoordinator
import ErgonManifest
import ErgonModel
import ErgonProvenance
import ErgonSecurity
import ErgonStorage
import FoundationEssentials

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
    /// The worker's, if it signs what it reports.
    private let credentials: Credentials?
    /// Of its key.
    private let mark: [UInt8]
    private static let signedAfter = 16
    private var groups = 0
    private static let start = Instant(microseconds: 1_767_225_600_000_000)
    private var now = start
    private var leases: [Lease] = []
    private var reports = 0
    /// Effects whose records are not written yet.
    private var group: [Coordinator.Effect] = []
    /// So many reports are written as one group.
    private static let grouped = 64
    private static let worker = WorkerID("w1")

    init(
        _ workload: Workload, _ store: ContentStore, log: String, writesSnapshots: Bool,
        signer: NoteSigner?, authority: String?
    ) throws {
        self.signer = signer
        credentials = try authority.map { folder in
            let now = Instant(microseconds: Int64(Date.now.timeIntervalSince1970 * 1e6))
            return try Authority.openOrCreate(in: folder, now: now).issueCredentials(
                to: Identity(role: .worker, name: Self.worker.name), in: folder, now: Self.start)
        }
        mark = credentials.map { ReportKey.mark(of: $0.signing.key) } ?? []
        self.workload = workload
        self.store = store
        self.writesSnapshots = writesSnapshots
        self.log = try LogSegments.open(log) { _, _ in }
    }

    mutating func run() throws {
        take(core.start(version: "restart-bench", now: now))
        var facts = WorkerFacts(
            worker: Self.worker, cpus: 4096, memory: ByteCount(1 << 50), cpuModel: "none",
            power: PowerModel(
                source: "none", perThread: Watts(milliwatts: 5000), uncertaintyPercent: 50))
        facts.signing = credentials?.signing
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
            var report = WorkerReport(
                id: ReportID(life: 1, batch: reports), lease: lease.id,
                campaign: lease.campaign, stage: lease.stage, results: results)
            report.signature = signature(of: report)
            handle(.report(Self.worker, report))
            if reports % Self.grouped == 0 { try commit() }
        }
    }

    /// As a worker signs it.
    private func signature(of report: WorkerReport) -> ReportSignature? {
        guard let credentials else { return nil }
        let statement = ReportStatement(report, by: Self.worker).digest
        let signed = credentials.signature(over: ReportStatement.signedText(of: statement))
        return ReportSignature(bytes: mark + signed, statement: statement)
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
