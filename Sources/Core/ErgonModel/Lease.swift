/// Content under the name a program shall see.
package struct NamedFile: Hashable, Sendable {
    package var name: String
    package var content: StoredFile

    package init(name: String, content: StoredFile) {
        self.name = name
        self.content = content
    }
}

/// A range of consecutive tasks in one worker's hands, with all it needs to expand them.
package struct Lease: Hashable, Sendable {
    package var id: LeaseID
    package var campaign: CampaignID
    /// The campaign's canonical form.
    package var manifest: StoredFile
    package var stage: Stage
    package var tasks: Range<Int>
    /// For a step over an earlier step: that step's tasks, or the lines of its merged output.
    package var upstream: Int?
    /// What each task reads of an earlier step, in task order; empty if nothing.
    package var taskFiles: [[NamedFile]]
    /// What every task reads: the earlier step's result that is split by lines.
    package var overFiles: [NamedFile]
    /// The `with` files that come from earlier steps.
    package var with: [String: NamedFile]
    /// This merge makes the published result.
    package var isTop: Bool
    /// What each task may take, where that is more than its step asks for.
    package var memory: ByteCount?

    package init(
        id: LeaseID, campaign: CampaignID, manifest: StoredFile, stage: Stage, tasks: Range<Int>,
        upstream: Int? = nil, taskFiles: [[NamedFile]] = [], overFiles: [NamedFile] = [],
        with: [String: NamedFile] = [:], isTop: Bool = false, memory: ByteCount? = nil
    ) {
        self.id = id
        self.campaign = campaign
        self.manifest = manifest
        self.stage = stage
        self.tasks = tasks
        self.upstream = upstream
        self.taskFiles = taskFiles
        self.overFiles = overFiles
        self.with = with
        self.isTop = isTop
        self.memory = memory
    }
}

/// A lease that a worker still works on when it comes back.
package struct HeldLease: Hashable, Sendable {
    package var id: LeaseID
    package var campaign: CampaignID
    package var stage: Stage
    package var remaining: IntervalSet

    package init(id: LeaseID, campaign: CampaignID, stage: Stage, remaining: IntervalSet) {
        self.id = id
        self.campaign = campaign
        self.stage = stage
        self.remaining = remaining
    }
}

/// Names one report of a worker, so that hearing it twice counts once.
package struct ReportID: Hashable, Comparable, Sendable {
    /// Drawn by each process of a worker when it starts; from 0 to 2^53 − 1.
    package var life: Int
    /// Counted by that process from 1.
    package var batch: Int

    package init(life: Int, batch: Int) {
        self.life = life
        self.batch = batch
    }

    package static func < (left: ReportID, right: ReportID) -> Bool {
        (left.life, left.batch) < (right.life, right.batch)
    }
}

/// Results of one lease that a worker sends together.
package struct WorkerReport: Hashable, Sendable {
    package var id: ReportID
    package var lease: LeaseID
    package var campaign: CampaignID
    package var stage: Stage
    /// In ascending order of their tasks; failures are not final yet.
    package var results: [TaskResult]
    /// Once it has been checked.
    package var signature: ReportSignature?
    /// What the node's meter told since the last report, in order; results draw on these and on
    /// earlier ones only.
    package var metered: [ReportedInterval]

    package init(
        id: ReportID, lease: LeaseID, campaign: CampaignID, stage: Stage, results: [TaskResult],
        signature: ReportSignature? = nil, metered: [ReportedInterval] = []
    ) {
        self.id = id
        self.lease = lease
        self.campaign = campaign
        self.stage = stage
        self.results = results
        self.signature = signature
        self.metered = metered
    }

    /// A report of what the meter told, where there are no results to report.
    package init(id: ReportID, metered: [ReportedInterval]) {
        self.init(
            id: id, lease: LeaseID(epoch: 0, serial: 0), campaign: CampaignID(0),
            stage: Stage(step: 0, part: .work), results: [], metered: metered)
    }
}

/// What the coordinator tells a worker.
package enum WorkerOrder: Hashable, Sendable {
    case welcome(epoch: Int)
    case lease(Lease)
    /// These reports are durable, or refused for good.
    case acknowledge([ReportID])
    /// Stop what runs under these leases and forget them.
    case withdraw([LeaseID])
    /// Stop these tasks of a lease and forget them; the lease's others go on.
    case withdrawTasks(LeaseID, IntervalSet)
}

extension OutputSpec {
    /// The file name for one task's output: `events.parquet` of task 3 is `events-000003.parquet`.
    package func fileName(task: Int) -> String {
        let digits = String(task)
        let number = String(repeating: "0", count: max(0, 6 - digits.count)) + digits
        return named(inserting: "-\(number)")
    }

    /// The file name of the merged output.
    package func fileName(isPartial: Bool) -> String {
        isPartial ? named(inserting: ".partial") : file
    }

    private func named(inserting text: String) -> String {
        guard let dot = file.utf8.firstIndex(of: UInt8(ascii: ".")), dot != file.startIndex
        else { return file + text }
        return file[..<dot] + text + file[dot...]
    }
}
