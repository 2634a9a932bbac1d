package import ErgonModel
package import ErgonWireMessages
package import FoundationEssentials

/// A message that does not mean anything; refused, whoever sent it.
package struct WireFault: Error, Hashable, Sendable {
    package var problem: String

    package init(problem: String) { self.problem = problem }
}

// MARK: Names

extension Ergon_V1_LeaseName {
    package init(_ id: LeaseID) {
        self.init()
        epoch = Int64(id.epoch)
        serial = Int64(id.serial)
    }
    package var model: LeaseID { LeaseID(epoch: Int(epoch), serial: Int(serial)) }
}

extension Ergon_V1_ReportName {
    package init(_ id: ReportID) {
        self.init()
        life = Int64(id.life)
        batch = Int64(id.batch)
    }
    package var model: ReportID { ReportID(life: Int(life), batch: Int(batch)) }
}

extension Ergon_V1_Interval {
    package init(_ range: Range<Int>) {
        self.init()
        first = Int64(range.lowerBound)
        count = Int64(range.count)
    }

    package func model() throws(WireFault) -> Range<Int> {
        let (end, overflow) = first.addingReportingOverflow(count)
        guard first >= 0, count >= 0, !overflow else {
            throw WireFault(problem: "a range of \(count) from \(first)")
        }
        return Int(first)..<Int(end)
    }
}

extension IntervalSet {
    package init(_ intervals: [Ergon_V1_Interval]) throws(WireFault) {
        self.init()
        for interval in intervals {
            let range = try interval.model()
            guard (ranges.last?.upperBound ?? 0) <= range.lowerBound else {
                throw WireFault(problem: "ranges that do not ascend")
            }
            insert(range)
        }
    }
    package var wire: [Ergon_V1_Interval] { ranges.map(Ergon_V1_Interval.init) }
}

extension Ergon_V1_StageName {
    package init(_ stage: Stage) {
        self.init()
        step = UInt32(stage.step)
        if case .merge(let output, let level) = stage.part {
            mergeOutput = UInt32(output)
            mergeLevel = UInt32(level)
        }
    }
    package var model: Stage {
        Stage(
            step: Int(step),
            part: mergeLevel == 0
                ? .work : .merge(output: Int(mergeOutput), level: Int(mergeLevel)))
    }
}

extension Ergon_V1_File {
    package init(name: String, _ content: StoredFile) {
        self.init()
        self.name = name
        sha256 = Data(content.digest.bytes)
        size = content.size.bytes
    }
    package init(_ file: NamedFile) { self.init(name: file.name, file.content) }

    package func stored() throws(WireFault) -> StoredFile {
        guard size >= 0 else { throw WireFault(problem: "a file of \(size) bytes") }
        return StoredFile(digest: try digest(sha256), size: ByteCount(size))
    }
    package func named() throws(WireFault) -> NamedFile {
        NamedFile(name: name, content: try stored())
    }
}

package func digest(_ bytes: Data) throws(WireFault) -> Digest {
    guard let digest = Digest(bytes: bytes) else {
        throw WireFault(problem: "a digest of \(bytes.count) bytes")
    }
    return digest
}

// MARK: Worker to coordinator

extension Ergon_V1_Hello {
    package init(_ facts: WorkerFacts, life: Int, held: [HeldLease], version: String) {
        self.init()
        self.life = Int64(life)
        cpus = UInt32(facts.cpus)
        memoryBytes = facts.memory.bytes
        cpuModel = facts.cpuModel
        powerSource = facts.power.source
        milliwattsPerThread = facts.power.perThread.milliwatts
        powerUncertaintyPercent = UInt32(facts.power.uncertaintyPercent)
        site = facts.place?.site ?? ""
        nodeClass = facts.place?.nodeClass ?? ""
        jurisdiction = facts.custody.jurisdiction ?? ""
        restricted = facts.custody.isRestricted
        if let found = facts.platform { platform = Ergon_V1_Platform(found) }
        self.version = version
        certificate = Data(facts.signing?.certificate ?? [])
        self.held = held.map { held in
            var wire = Ergon_V1_HeldLease()
            wire.lease = Ergon_V1_LeaseName(held.id)
            wire.campaign = Int64(held.campaign.number)
            wire.stage = Ergon_V1_StageName(held.stage)
            wire.remaining = held.remaining.wire
            return wire
        }
    }

    /// - Parameter worker: the name in the peer's certificate; nothing in the message names it.
    package func facts(of worker: WorkerID) throws(WireFault) -> WorkerFacts {
        guard (1...65_536).contains(cpus), memoryBytes > 0, milliwattsPerThread >= 0 else {
            throw WireFault(problem: "a worker with \(cpus) threads, \(memoryBytes) bytes")
        }
        return WorkerFacts(
            worker: worker, cpus: Int(cpus), memory: ByteCount(memoryBytes),
            cpuModel: shortened(cpuModel),
            power: PowerModel(
                source: shortened(powerSource), perThread: Watts(milliwatts: milliwattsPerThread),
                uncertaintyPercent: Int(powerUncertaintyPercent)),
            place: place,
            custody: Custody(
                jurisdiction: jurisdiction.isEmpty ? nil : shortened(jurisdiction),
                isRestricted: restricted), platform: try hasPlatform ? platform.found() : nil)
    }

    private var place: WorkerPlace? {
        guard !site.isEmpty else { return nil }
        return WorkerPlace(
            site: shortened(site), nodeClass: nodeClass.isEmpty ? nil : shortened(nodeClass))
    }

    /// The number that the worker's process drew.
    package func drawnLife() throws(WireFault) -> Int { try drawn(life) }

    package func heldLeases() throws(WireFault) -> [HeldLease] {
        var leases: [HeldLease] = []
        for wire in held {
            leases.append(
                HeldLease(
                    id: wire.lease.model, campaign: CampaignID(Int(wire.campaign)),
                    stage: wire.stage.model, remaining: try IntervalSet(wire.remaining)))
        }
        return leases
    }
}

extension Ergon_V1_Decline {
    package init(_ lease: LeaseID, reason: String) {
        self.init()
        self.lease = Ergon_V1_LeaseName(lease)
        self.reason = reason
    }

    package var shortenedReason: String { shortened(reason) }
}

extension Ergon_V1_GiveBack {
    package init(_ lease: LeaseID, _ tasks: IntervalSet) {
        self.init()
        self.lease = Ergon_V1_LeaseName(lease)
        self.tasks = tasks.wire
    }

    package func returned() throws(WireFault) -> IntervalSet { try IntervalSet(tasks) }
}

extension Ergon_V1_FromWorker {
    /// The worker is about to go.
    package static var goodbye: Ergon_V1_FromWorker {
        var message = Ergon_V1_FromWorker()
        message.leaving = Ergon_V1_Leaving()
        return message
    }
}

/// A life is a number that JSON can say exactly.
private func drawn(_ life: Int64) throws(WireFault) -> Int {
    guard (0..<1 << 53).contains(life) else { throw WireFault(problem: "the life \(life)") }
    return Int(life)
}

extension Ergon_V1_Results {
    /// - Parameter content: what of the outputs and logs rides along.
    package init(_ report: WorkerReport, content: (StoredFile) -> [UInt8]?) {
        self.init()
        self.report = Ergon_V1_ReportName(report.id)
        lease = Ergon_V1_LeaseName(report.lease)
        campaign = Int64(report.campaign.number)
        stage = Ergon_V1_StageName(report.stage)
        results = report.results.map { Ergon_V1_Result($0, content: content) }
        metered = report.metered.map(Ergon_V1_EnergyInterval.init)
    }

    package func model() throws(WireFault) -> WorkerReport {
        let life = try drawn(report.life)
        guard (0..<1 << 53).contains(report.batch) else {
            throw WireFault(problem: "the report \(report.batch)")
        }
        var (results, count): ([TaskResult], Int) = ([], 0)
        results.reserveCapacity(self.results.count)
        for result in self.results {
            results.append(try result.model())
            count += results[results.count - 1].count
            guard count <= Ergon_V1_Lease.longest else {
                throw WireFault(problem: "a report of \(count) tasks")
            }
        }
        var metered: [ReportedInterval] = []
        for interval in self.metered { metered.append(try interval.model(life: life)) }
        return WorkerReport(
            id: ReportID(life: life, batch: Int(report.batch)), lease: lease.model,
            campaign: CampaignID(Int(campaign)),
            stage: stage.model, results: results, metered: metered)
    }

    /// Content that rides along, with the digest it claims to have.
    package func riding() throws(WireFault) -> [(claimed: StoredFile, bytes: Data, isLog: Bool)] {
        var riding: [(claimed: StoredFile, bytes: Data, isLog: Bool)] = []
        for result in results {
            for output in result.outputs where output.hasContent {
                riding.append((try output.model(), output.content, false))
            }
            if result.hasLog, result.log.hasContent {
                riding.append((try result.log.model(), result.log.content, true))
            }
        }
        return riding
    }
}

extension Ergon_V1_Output {
    init(_ file: StoredFile, content: [UInt8]?) {
        self.init()
        sha256 = Data(file.digest.bytes)
        size = file.size.bytes
        if let content { self.content = Data(content) }
    }
    func model() throws(WireFault) -> StoredFile {
        guard size >= 0 else { throw WireFault(problem: "a file of \(size) bytes") }
        return StoredFile(digest: try digest(sha256), size: ByteCount(size))
    }
}

extension Ergon_V1_Result {
    /// The end of the year 9999: what a record can say.
    private static let lastStart: Int64 = 253_402_300_799_999_999

    init(_ result: TaskResult, content: (StoredFile) -> [UInt8]?) {
        self.init()
        task = Int64(result.task)
        if result.count > 1 { count = Int64(result.count) }
        if case .failed(let reason, _) = result.outcome { failure = Ergon_V1_Failure(reason) }
        outputs = result.outputs.map { Ergon_V1_Output($0, content: content($0)) }
        if let file = result.log { log = Ergon_V1_Output(file, content: content(file)) }
        startedMicroseconds = result.started.microseconds
        wallMicroseconds = result.wall.count
        cpuMicroseconds = result.cpu.count
        energyMicrojoules = result.energy.microjoules
        if let source = result.meter { meter = source.rawValue }
    }

    func model() throws(WireFault) -> TaskResult {
        guard (0...Self.lastStart).contains(startedMicroseconds) else {
            throw WireFault(
                problem: "a start \(startedMicroseconds) µs after 1970, of task \(task)")
        }
        guard (0...Int64(Ergon_V1_Lease.longest)).contains(count),
            task <= .max - max(count, 1)
        else { throw WireFault(problem: "a result of \(count) tasks from \(task) on") }
        guard task >= 0, wallMicroseconds >= 0, cpuMicroseconds >= 0, energyMicrojoules >= 0 else {
            throw WireFault(problem: "a result with a negative number, of task \(task)")
        }
        var files: [StoredFile] = []
        for output in outputs { files.append(try output.model()) }
        let result = TaskResult(
            task: Int(task), count: Int(max(count, 1)),
            outcome: hasFailure ? .failed(try failure.model(), isFinal: false) : .succeeded,
            outputs: files, log: hasLog ? try log.model() : nil,
            started: Instant(microseconds: startedMicroseconds),
            wall: Microseconds(wallMicroseconds), cpu: Microseconds(cpuMicroseconds),
            energy: Joules(microjoules: energyMicrojoules),
            meter: meter.isEmpty ? nil : try meterSource(meter))
        guard result.count == 1 || result.mayBeShared else {
            throw WireFault(problem: "\(count) tasks that share what is each one's own")
        }
        return result
    }
}

extension Ergon_V1_Failure {
    init(_ failure: Failure) {
        self.init()
        switch failure {
        case .exit(let code): exit = Int32(truncatingIfNeeded: code)
        case .signal(let number): signal = Int32(truncatingIfNeeded: number)
        case .timeLimit: timeLimit = true
        case .missingOutput(let name): missingOutput = name
        case .notStarted(let reason): notStarted = reason
        case .stopped: stopped = true
        // The coordinator's own finding: no worker says it of itself.
        case .workerLost: notStarted = failure.description
        }
    }

    func model() throws(WireFault) -> Failure {
        switch kind {
        case .exit(let code): .exit(Int(code))
        case .signal(let number): .signal(Int(number))
        case .timeLimit: .timeLimit
        case .missingOutput(let name): .missingOutput(shortened(name))
        case .notStarted(let reason): .notStarted(shortened(reason))
        case .stopped: .stopped
        case nil: throw WireFault(problem: "a failure of no kind")
        }
    }
}
