import ErgonModel

/// The record of a batch: most of what a log is, so it is written and read without building JSON
/// values (`docs/LOG.md`, "results").
struct BatchText {
    var sequence = 0
    var time = Instant(microseconds: 0)
    /// `results` or `superseded`.
    var type = ""
    var campaign = CampaignID(0)
    var stage = ""
    var worker = WorkerID("")
    var lease = LeaseID(epoch: 0, serial: 0)
    var report: ReportID?
    var signature: BatchSignature?
    var columns = ResultColumns()

    init(_ batch: ResultBatch, type: String, at time: Instant, sequence: Int) {
        (self.type, self.time, self.sequence) = (type, time, sequence)
        (campaign, stage, worker) = (batch.campaign, batch.stage, batch.worker)
        (lease, report, signature) = (batch.lease, batch.report, batch.signature)
        columns = ResultColumns(batch.results)
    }

    func batch() throws(RecordFault) -> ResultBatch {
        ResultBatch(
            campaign: campaign, stage: stage, worker: worker, lease: lease, report: report,
            signature: signature, results: try columns.results())
    }

    // MARK: Members

    static let required = [
        "campaign", "cpu", "energy", "lease", "stage", "started", "tasks", "wall", "worker",
    ]
    static let optional = [
        "digests", "logSizes", "logged", "logs", "meters", "outcomes", "outputs", "report",
        "signature", "sizes", "statement",
    ]

    /// Members that are not needed are left out, and a run never ends where the next one begins:
    /// there is one text for what it says.
    var bytes: [UInt8] {
        let files = columns.digests.count + columns.logs.count
        let runs = columns.started.runs.count + columns.wall.runs.count + columns.cpu.runs.count
        var writer = TextWriter(expected: 512 + 16 * runs + 80 * files)
        writer.member("campaign")
        writer.integer(campaign.number)
        writer.integers("cpu", columns.cpu)
        writer.digests("digests", columns.digests)
        writer.integers("energy", columns.energy)
        writer.member("lease")
        writer.pair(lease.epoch, lease.serial)
        writer.integers("logSizes", columns.logSizes, isNeeded: !columns.logs.isEmpty)
        if !columns.logs.isEmpty {
            writer.member("logged")
            writer.column(columns.logged) { $0.text($1 ? "true" : "false") }
        }
        writer.digests("logs", columns.logs)
        if columns.meters.runs.contains(where: { $0.value != nil }) {
            writer.member("meters")
            writer.column(columns.meters) { $0.json($1.map { .string($0.rawValue) } ?? .null) }
        }
        if columns.outcomes.runs.contains(where: { $0.value != .succeeded }) {
            writer.member("outcomes")
            writer.column(columns.outcomes) { $0.json(json($1)) }
        }
        writer.integers("outputs", columns.outputs, isNeeded: !columns.digests.isEmpty)
        if let report {
            writer.member("report")
            writer.pair(report.life, report.batch)
        }
        writer.member("seq")
        writer.integer(sequence)
        if let signature {
            writer.member("signature")
            writer.string(Base64.text(signature.bytes))
        }
        writer.integers("sizes", columns.sizes, isNeeded: !columns.digests.isEmpty)
        writer.member("stage")
        writer.string(stage)
        writer.integers("started", columns.started)
        if let statement = signature?.statement {
            writer.member("statement")
            writer.digest(statement)
        }
        writer.member("tasks")
        writer.list(columns.tasks.ranges) { $0.pair($1.lowerBound, $1.count) }
        writer.member("time")
        writer.string(time.timestamp)
        writer.member("type")
        writer.string(type)
        writer.member("v")
        writer.integer(1)
        writer.integers("wall", columns.wall)
        writer.member("worker")
        writer.string(worker.name)
        writer.end()
        return writer.bytes
    }

    /// - Returns: `nil` if this does not begin as a batch does.
    /// - Throws: where reading stopped. What was read need not be in canonical form: it is if
    ///   `bytes` are these again.
    init?(_ bytes: [UInt8]) throws(RecordFault) {
        var reader = TextReader(bytes)
        guard let campaign = reader.campaign(), reader.hasMember("cpu") else { return nil }
        self.campaign = campaign
        columns.cpu = try reader.integers()
        if reader.hasMember("digests") { columns.digests = try reader.digests() }
        try reader.member("energy")
        columns.energy = try reader.integers()
        try reader.member("lease")
        (lease.epoch, lease.serial) = try reader.pair()
        if reader.hasMember("logSizes") { columns.logSizes = try reader.integers() }
        if reader.hasMember("logged") { columns.logged = try reader.flags() }
        if reader.hasMember("logs") { columns.logs = try reader.digests() }
        if reader.hasMember("meters") { columns.meters = try reader.meters() }
        if reader.hasMember("outcomes") { columns.outcomes = try reader.outcomes() }
        if reader.hasMember("outputs") { columns.outputs = try reader.counts() }
        if reader.hasMember("report") {
            let (life, batch) = try reader.pair()
            report = ReportID(life: life, batch: batch)
        }
        try reader.member("seq")
        sequence = try reader.count()
        if reader.hasMember("signature") { signature = try reader.signature() }
        if reader.hasMember("sizes") { columns.sizes = try reader.integers() }
        try reader.member("stage")
        stage = try reader.string()
        try reader.member("started")
        columns.started = try reader.integers()
        if signature != nil, reader.hasMember("statement") {
            signature?.statement = try reader.digest()
        }
        try reader.member("tasks")
        columns.tasks = try reader.runs()
        try reader.member("time")
        time = try reader.instant()
        try reader.member("type")
        type = try reader.string()
        try reader.member("v")
        guard try reader.integer() == 1 else { throw reader.fault }
        try reader.member("wall")
        columns.wall = try reader.integers()
        try reader.member("worker")
        worker.name = try reader.string()
        try reader.end()
    }
}

extension Fields {
    /// - Throws: what a batch lacks, or has too much.
    mutating func takeBatch() throws(RecordFault) {
        for key in BatchText.optional { _ = optional(key) }
        for key in BatchText.required { _ = try value(key) }
        try finish()
    }
}

extension TextWriter {
    fileprivate mutating func integers(
        _ name: StaticString, _ values: Column<Int64>, isNeeded: Bool = true
    ) {
        guard isNeeded else { return }
        member(name)
        column(values) { $0.integer($1) }
    }

    fileprivate mutating func digests(_ name: StaticString, _ digests: Column<Digest>) {
        guard !digests.isEmpty else { return }
        member(name)
        column(digests) { $0.digest($1) }
    }
}

extension TextReader {
    /// Records of many types begin like this; what is wrong with it, others say.
    fileprivate mutating func campaign() -> CampaignID? {
        guard hasMember("campaign") else { return nil }
        do { return CampaignID(try count()) } catch { return nil }
    }

    fileprivate mutating func integers() throws(RecordFault) -> Column<Int64> {
        try column { reader throws(RecordFault) in try reader.integer() }
    }

    fileprivate mutating func counts() throws(RecordFault) -> Column<Int64> {
        try column { reader throws(RecordFault) in Int64(try reader.count()) }
    }

    fileprivate mutating func digests() throws(RecordFault) -> Column<Digest> {
        try column { reader throws(RecordFault) in try reader.digest() }
    }

    fileprivate mutating func flags() throws(RecordFault) -> Column<Bool> {
        try column { reader throws(RecordFault) in try reader.bool() }
    }

    fileprivate mutating func meters() throws(RecordFault) -> Column<MeterSource?> {
        try column { reader throws(RecordFault) in
            if reader.take("null") { return nil }
            guard let source = MeterSource(rawValue: try reader.string()) else {
                throw reader.fault
            }
            return source
        }
    }

    fileprivate mutating func outcomes() throws(RecordFault) -> Column<Outcome> {
        try column { reader throws(RecordFault) in
            reader.take("\"succeeded\"") ? .succeeded : try outcome(try reader.json())
        }
    }

    fileprivate mutating func runs() throws(RecordFault) -> Runs {
        var runs = Runs()
        try list { reader throws(RecordFault) in
            let (first, count) = try reader.pair()
            guard first + count <= largestCount, count <= resultLimit - runs.count else {
                throw reader.fault
            }
            runs.append(first..<first + count)
        }
        return runs
    }

    fileprivate mutating func signature() throws(RecordFault) -> BatchSignature {
        guard let bytes = Base64.bytes(try string()) else { throw fault }
        return BatchSignature(bytes: bytes, statement: nil)
    }

    fileprivate mutating func instant() throws(RecordFault) -> Instant {
        guard let instant = Instant(timestamp: try string()) else { throw fault }
        return instant
    }
}
