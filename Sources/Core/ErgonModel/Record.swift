/// One entry of the log: everything that must survive, and nothing else (`docs/LOG.md`).
package struct Record: Hashable, Sendable {
    package var time: Instant
    package var event: RecordedEvent

    package init(time: Instant, event: RecordedEvent) {
        self.time = time
        self.event = event
    }
}

package enum RecordedEvent: Hashable, Sendable {
    /// The coordinator started; `epoch` is one more than any before.
    case coordinatorStarted(epoch: Int, version: String)
    case workerJoined(WorkerFacts)
    case campaignAccepted(AcceptedCampaign)
    /// What a step is split over is there, and has `count` lines: its number of tasks is known.
    case stageSized(CampaignID, stage: String, count: Int)
    case results(ResultBatch)
    case campaignCancelled(CampaignID, by: String)
    case campaignSealed(SealedCampaign)
}

package struct WorkerFacts: Hashable, Sendable {
    package var worker: WorkerID
    package var cpus: Int
    package var memory: ByteCount
    package var cpuModel: String
    package var power: PowerModel

    package init(
        worker: WorkerID, cpus: Int, memory: ByteCount, cpuModel: String, power: PowerModel
    ) {
        self.worker = worker
        self.cpus = cpus
        self.memory = memory
        self.cpuModel = cpuModel
        self.power = power
    }
}

/// Where a worker's joules come from.
package struct PowerModel: Hashable, Sendable {
    /// The rung of the ladder: `model:<table>`.
    package var source: String
    /// What one busy hardware thread is taken to draw.
    package var perThread: Watts
    /// How far off it may be, in percent either way.
    package var uncertaintyPercent: Int

    package init(source: String, perThread: Watts, uncertaintyPercent: Int) {
        self.source = source
        self.perThread = perThread
        self.uncertaintyPercent = uncertaintyPercent
    }
}

package struct AcceptedCampaign: Hashable, Sendable {
    package var id: CampaignID
    package var name: String
    /// SHA-256 of the canonical form, which is in the content store under it.
    package var manifest: Digest
    /// Who asked, by the name in their certificate.
    package var by: String

    package init(id: CampaignID, name: String, manifest: Digest, by: String) {
        self.id = id
        self.name = name
        self.manifest = manifest
        self.by = by
    }
}

/// Content by its name and size.
package struct StoredFile: Hashable, Sendable {
    package var digest: Digest
    package var size: ByteCount

    package init(digest: Digest, size: ByteCount) {
        self.digest = digest
        self.size = size
    }
}

/// What one attempt left.
package struct TaskResult: Hashable, Sendable {
    package var task: Int
    package var outcome: Outcome
    /// One for each output of the stage, in its order; empty if the attempt failed.
    package var outputs: [StoredFile]
    /// What it said on its standard streams, head and tail, if it said anything.
    package var log: StoredFile?
    package var started: Instant
    package var wall: Microseconds
    /// User and system time of the process and all it waited for.
    package var cpu: Microseconds
    package var energy: Joules

    package init(
        task: Int, outcome: Outcome, outputs: [StoredFile], log: StoredFile?, started: Instant,
        wall: Microseconds, cpu: Microseconds, energy: Joules
    ) {
        self.task = task
        self.outcome = outcome
        self.outputs = outputs
        self.log = log
        self.started = started
        self.wall = wall
        self.cpu = cpu
        self.energy = energy
    }
}

/// Results of one stage that one worker reported together, in ascending order of their tasks.
package struct ResultBatch: Hashable, Sendable {
    package var campaign: CampaignID
    package var stage: String
    package var worker: WorkerID
    package var lease: LeaseID
    package var results: [TaskResult]

    package init(
        campaign: CampaignID, stage: String, worker: WorkerID, lease: LeaseID, results: [TaskResult]
    ) {
        self.campaign = campaign
        self.stage = stage
        self.worker = worker
        self.lease = lease
        self.results = results
    }
}

/// How a campaign ended.
package struct SealedCampaign: Hashable, Sendable {
    package enum Ending: String, Hashable, Sendable, CaseIterable {
        case complete, incomplete, failed, cancelled
    }

    package var id: CampaignID
    package var ending: Ending
    package var outputs: [PublishedOutput]
    package var coverage: [Coverage]
    package var account: Account

    package init(
        id: CampaignID, ending: Ending, outputs: [PublishedOutput], coverage: [Coverage],
        account: Account
    ) {
        self.id = id
        self.ending = ending
        self.outputs = outputs
        self.coverage = coverage
        self.account = account
    }
}

/// A merged result that the campaign publishes.
package struct PublishedOutput: Hashable, Sendable {
    /// `step.output`.
    package var name: String
    /// What the file is called when it is fetched.
    package var file: String
    package var content: StoredFile
    /// Tasks of the step that are not in it.
    package var missing: IntervalSet

    package init(name: String, file: String, content: StoredFile, missing: IntervalSet) {
        self.name = name
        self.file = file
        self.content = content
        self.missing = missing
    }
}

/// Attempts, time and energy, apart for those that counted and those that did not.
package struct Account: Hashable, Sendable {
    package struct Line: Hashable, Sendable {
        package var attempts = 0
        package var cpu = Microseconds.zero
        package var wall = Microseconds.zero
        package var energy = Joules.zero

        package init() {}

        package init(attempts: Int, cpu: Microseconds, wall: Microseconds, energy: Joules) {
            self.attempts = attempts
            self.cpu = cpu
            self.wall = wall
            self.energy = energy
        }

        fileprivate mutating func add(_ result: TaskResult) {
            attempts += 1
            cpu += result.cpu
            wall += result.wall
            energy += result.energy
        }
    }

    package var succeeded = Line()
    package var failed = Line()

    package init() {}

    package mutating func add(_ result: TaskResult) {
        if result.outcome == .succeeded { succeeded.add(result) } else { failed.add(result) }
    }
}
