package import ErgonModel

/// The state that a fold over the log leads to, as bytes: a restart reads these and folds only
/// what came after. What is not on record, leases and connections, is not in it.
extension Coordinator {
    /// Raised with every change of what stands in a snapshot, or of what a record leads to.
    private static let snapshotVersion = 7

    package func snapshot() -> [UInt8] {
        var state = self
        for lease in leases.keys { state.release(lease) }
        var writer = SnapshotWriter()
        writer.write(Self.snapshotVersion)
        writer.write(epoch)
        writer.write(lastCampaign)
        writer.write(policy) { $0.write($1) }
        writer.write(state.workers.sorted { $0.key < $1.key }) { $0.write($1.value) }
        writer.write(state.campaigns.sorted { $0.key < $1.key }) { $0.write($1.value) }
        return writer.bytes
    }

    /// - Parameter campaign: the campaign whose canonical form has that digest; `nil` if it is not
    ///   there, and throws if it cannot be had.
    /// - Throws: if the bytes are not a snapshot of this version; all records must be folded then.
    package init(
        snapshot bytes: [UInt8], grace: Microseconds,
        campaign: (Digest) throws(ReplayFault) -> (Campaign, size: ByteCount)?
    ) throws(ReplayFault) {
        self.init(grace: grace)
        var reader = SnapshotReader(bytes)
        guard try reader.int() == Self.snapshotVersion else {
            throw ReplayFault(problem: "the snapshot is of another version")
        }
        epoch = try reader.count()
        lastCampaign = try reader.count()
        policy = try reader.optional { reader throws(ReplayFault) in try reader.digest() }
        let workers = try reader.list { reader throws(ReplayFault) in try reader.workerState() }
        let campaigns = try reader.list { reader throws(ReplayFault) in
            try reader.campaignState(campaign)
        }
        guard reader.isAtEnd else { throw reader.refuse() }
        restore(workers, campaigns)
        guard workers.allSatisfy({ $0.streak.allSatisfy(isPossible) }) else {
            throw reader.refuse()
        }
    }

    private func isPossible(_ misfortune: WorkerState.Misfortune) -> Bool {
        campaigns[misfortune.campaign].map {
            $0.campaign.steps.indices.contains(misfortune.stage.step)
        } ?? false
    }

    private mutating func restore(_ workers: [WorkerState], _ campaigns: [CampaignState]) {
        for worker in workers { self.workers[worker.facts.worker] = worker }
        for campaign in campaigns { self.campaigns[campaign.id] = campaign }
        running = campaigns.filter { $0.seal == nil }.map(\.id).sorted()
    }
}

// MARK: Workers

extension SnapshotWriter {
    fileprivate mutating func write(_ worker: WorkerState) {
        write(worker.facts)
        write(worker.lastRecord)
        write(worker.finishedTasks)
        write(worker.standing)
        write(worker.quarantines)
        write(worker.streak) { $0.write($1) }
        write(worker.reports) { writer, heard in
            writer.write(heard.id.life)
            writer.write(heard.id.batch)
            writer.write(heard.tasks)
        }
        writeMeter(of: worker)
    }

    private mutating func write(_ facts: WorkerFacts) {
        write(facts.worker)
        write(facts.cpus)
        write(facts.memory.bytes)
        write(facts.cpuModel)
        write(facts.power.source)
        write(facts.power.perThread.milliwatts)
        write(facts.power.uncertaintyPercent)
        write(facts.signing) { writer, signing in
            writer.write(signing.key) { $0.write(Int($1)) }
            writer.write(signing.certificate) { $0.write(Int($1)) }
        }
        write(facts.place) { writer, place in
            writer.write(place.site)
            writer.write(place.nodeClass) { $0.write($1) }
        }
        write(facts.custody)
        write(facts.platform) { writer, platform in
            writer.write(platform.kernel)
            writer.write(platform.threads)
            writer.write(platform.features)
            writer.write(platform.python) { writer, python in
                writer.write(python.version)
                writer.write(python.packages)
            }
        }
    }

    private mutating func write(_ standing: Standing) {
        switch standing {
        case .active: write(0)
        case .draining: write(1)
        case .quarantined(let reason, let until):
            write(2)
            write(reason)
            write(until) { $0.write($1) }
        }
    }

    private mutating func write(_ misfortune: WorkerState.Misfortune) {
        write(misfortune.campaign.number)
        write(misfortune.stage)
        write(misfortune.task)
        write(misfortune.at)
        write(misfortune.wall)
        write(misfortune.failure)
    }
}

extension SnapshotReader {
    fileprivate mutating func workerState() throws(ReplayFault) -> WorkerState {
        var worker = WorkerState(facts: try facts(), lastRecord: try instant())
        worker.finishedTasks = try count()
        worker.standing = try standing()
        worker.quarantines = try count()
        worker.streak = try list { reader throws(ReplayFault) in try reader.misfortune() }
        let reports = try list { reader throws(ReplayFault) in
            WorkerState.Heard(
                id: ReportID(life: try reader.count(), batch: try reader.count()),
                tasks: try reader.set())
        }
        for heard in reports { worker.note(heard) }
        try readMeter(of: &worker)
        return worker
    }

    private mutating func facts() throws(ReplayFault) -> WorkerFacts {
        WorkerFacts(
            worker: try worker(), cpus: try count(), memory: ByteCount(try int64()),
            cpuModel: try text(),
            power: PowerModel(
                source: try text(), perThread: Watts(milliwatts: try int64()),
                uncertaintyPercent: try int()),
            signing: try optional { reader throws(ReplayFault) in
                SigningKey(key: try reader.octets(), certificate: try reader.octets())
            },
            place: try optional { reader throws(ReplayFault) in try reader.place() },
            custody: try custody(),
            platform: try optional { reader throws(ReplayFault) in try reader.platform() })
    }

    private mutating func platform() throws(ReplayFault) -> WorkerPlatform {
        WorkerPlatform(
            kernel: try text(), threads: try count(), features: try digest(),
            python: try optional { reader throws(ReplayFault) in
                WorkerPlatform.Python(version: try reader.text(), packages: try reader.digest())
            })
    }

    private mutating func octets() throws(ReplayFault) -> [UInt8] {
        try list { reader throws(ReplayFault) in UInt8(try reader.count(255)) }
    }

    private mutating func place() throws(ReplayFault) -> WorkerPlace {
        WorkerPlace(
            site: try text(),
            nodeClass: try optional { reader throws(ReplayFault) in try reader.text() })
    }

    private mutating func standing() throws(ReplayFault) -> Standing {
        switch try count(2) {
        case 0: return .active
        case 1: return .draining
        default:
            let reason = try text()
            let until = try optional { reader throws(ReplayFault) in try reader.instant() }
            return .quarantined(reason: reason, until: until)
        }
    }

    private mutating func misfortune() throws(ReplayFault) -> WorkerState.Misfortune {
        WorkerState.Misfortune(
            campaign: CampaignID(try count()), stage: try stage(), task: try count(),
            at: try instant(), wall: try span(), failure: try failure())
    }
}
