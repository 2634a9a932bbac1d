import ErgonCoordinator
import ErgonModel
import ErgonWire
import ErgonWireMessages
import FoundationEssentials

extension Ergon_V1_StatusReply {
    init(_ report: Coordinator.StatusReport) {
        self.init()
        campaigns = report.campaigns.map(Ergon_V1_CampaignStatus.init)
        workers = UInt32(report.workers)
        cpus = UInt32(report.cpus)
        energyUncertaintyPercent = UInt32(report.energyUncertaintyPercent)
        trouble = report.trouble ?? ""
    }
}

extension Ergon_V1_CampaignStatus {
    init(_ report: Coordinator.CampaignReport) {
        self.init()
        id = Int64(report.id.number)
        name = report.name
        by = report.by
        manifestSha256 = Data(report.manifest.bytes)
        acceptedMicroseconds = report.accepted.microseconds
        if let sealed = report.sealed { sealedMicroseconds = sealed.microseconds }
        state = report.ending?.rawValue ?? (report.held == nil ? "running" : "held")
        heldReason = report.held ?? ""
        withheld = report.withheld ?? ""
        notice = report.notice ?? ""
        stages = report.stages.map(Ergon_V1_StageStatus.init)
        succeeded = Ergon_V1_AccountLine(report.account.succeeded)
        failed = Ergon_V1_AccountLine(report.account.failed)
        superseded = Ergon_V1_AccountLine(report.account.superseded)
    }
}

extension Ergon_V1_StageStatus {
    init(_ report: Coordinator.StageReport) {
        self.init()
        name = report.name
        if let count = report.tasks { tasks = Int64(count) }
        done = Int64(report.done)
        failed = Int64(report.failed)
        unreachable = Int64(report.unreachable)
        leased = Int64(report.leased)
        meanWallSeconds = report.meanWall?.seconds ?? 0
    }
}

extension Ergon_V1_ResultsReply {
    init(_ report: Coordinator.ResultsReport) {
        self.init()
        state = report.ending?.rawValue ?? "running"
        withheld = report.withheld ?? ""
        outputs = report.published.map { output in
            var wire = Ergon_V1_NamedOutput()
            wire.name = output.name
            wire.file = Ergon_V1_File(name: output.file, output.content)
            wire.missing = output.missing.wire
            wire.merged = true
            return wire
        }
        outputs += report.kept.map { kept in
            var wire = Ergon_V1_NamedOutput()
            wire.name = kept.name
            wire.file = Ergon_V1_File(kept.file)
            return wire
        }
        coverage = report.coverage.map(Ergon_V1_CoverageEntry.init)
        failures = report.failures.map { failure in
            var wire = Ergon_V1_FailedTask()
            wire.stage = failure.stage
            wire.task = Int64(failure.task)
            wire.reason = failure.reason
            wire.reads = failure.reads
            return wire
        }
    }
}

extension Ergon_V1_WorkerStatus {
    init(_ status: Coordinator.WorkerStatus) {
        self.init()
        name = status.facts.worker.name
        connected = status.isConnected
        cpus = UInt32(status.facts.cpus)
        memoryBytes = status.facts.memory.bytes
        cpuModel = status.facts.cpuModel
        jurisdiction = status.facts.custody.jurisdiction ?? ""
        restricted = status.facts.custody.isRestricted
        leasedTasks = Int64(status.leasedTasks)
        finishedTasks = Int64(status.finishedTasks)
        standing = status.standing.name
        site = status.facts.place?.site ?? ""
        nodeClass = status.facts.place?.nodeClass ?? ""
        if case .quarantined(let why, _) = status.standing {
            reason = why
        } else {
            reason = status.suspicion ?? ""
        }
    }
}

extension Ergon_V1_TaskAttempt {
    init(_ trouble: Trouble) {
        self.init()
        worker = trouble.worker.name
        lease = Ergon_V1_LeaseName(trouble.lease)
        outcome = trouble.description
        startedMicroseconds = trouble.started.microseconds
        wallMicroseconds = trouble.wall.count
        cpuMicroseconds = trouble.cpu.count
        energyMicrojoules = trouble.energy.microjoules
        meter = trouble.meter?.rawValue ?? ""
        if let file = trouble.log { log = Ergon_V1_File(name: "", file) }
    }
}
