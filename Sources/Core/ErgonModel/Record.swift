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
    /// Tasks are done that were never run: an earlier campaign had done the same.
    case resultsReused(ReusedResults)
    /// What a step is split over is there, and has `count` lines: its number of tasks is known.
    case stageSized(CampaignID, stage: String, count: Int)
    case results(ResultBatch)
    /// What attempts cost whose results nobody wanted: another attempt had come first, or the
    /// campaign had ended. They change no task.
    case superseded(ResultBatch)
    case campaignHeld(CampaignID, reason: String, by: String)
    case campaignReleased(CampaignID, by: String)
    /// These tasks are open again, as if they had never been started, and so is the campaign.
    case campaignReopened(ReopenedCampaign)
    case campaignCancelled(CampaignID, by: String)
    case campaignSealed(SealedCampaign)
    /// It is known from the log alone from now on.
    case campaignForgotten(CampaignID, by: String)
    case workerStands(WorkerID, Standing, by: String)
    /// From here on campaigns are judged by the policy whose text has that digest, or by none.
    case policyInForce(Digest?)
    /// What a policy said; about a submission it comes before the acceptance.
    case policyDecided(RecordedDecision)
    case approved(Approval)
    /// Leases follow this plan from now on.
    case planAdopted(AdoptedPlan)
    /// What a worker's meter told, and what that went to.
    case energyMetered(MeteredEnergy)
    /// The log was damaged, and somebody cut the damage off.
    case logRepaired(GivenUp)
}

/// Whether a worker is given work.
package enum Standing: Hashable, Sendable {
    case active
    /// It ends what it has and is given nothing more.
    case draining
    /// It is given nothing; after `until`, if there is such a time, one task at a time, and with
    /// the first that succeeds all is well again.
    case quarantined(reason: String, until: Instant?)
}

package struct ReopenedCampaign: Hashable, Sendable {
    package struct Tasks: Hashable, Sendable {
        /// As `Stage.name(in:)` has it.
        package var stage: String
        package var tasks: IntervalSet

        package init(stage: String, tasks: IntervalSet) {
            self.stage = stage
            self.tasks = tasks
        }
    }

    package var id: CampaignID
    package var by: String
    /// The last one granted before: what is done under it or an earlier one was made of what is no
    /// more.
    package var lease: LeaseID
    package var tasks: [Tasks]

    package init(id: CampaignID, by: String, lease: LeaseID, tasks: [Tasks]) {
        self.id = id
        self.by = by
        self.lease = lease
        self.tasks = tasks
    }
}

/// What a repair cut off the end of the log.
package struct GivenUp: Hashable, Sendable {
    /// Sequence numbers, as far as they could be read; the upper bound is the first unknown.
    package var records: Range<Int>
    /// Bytes in segments.
    package var bytes: Int
    package var by: String

    package init(records: Range<Int>, bytes: Int, by: String) {
        self.records = records
        self.bytes = bytes
        self.by = by
    }
}

package struct WorkerFacts: Hashable, Sendable {
    package var worker: WorkerID
    package var cpus: Int
    package var memory: ByteCount
    package var cpuModel: String
    package var power: PowerModel
    /// With what it signs its reports; `nil` in logs from before there were signatures.
    package var signing: SigningKey?
    /// `nil` if nobody said where it stands.
    package var place: WorkerPlace?
    package var custody: Custody
    /// `nil` in logs from before workers looked.
    package var platform: WorkerPlatform?

    package init(
        worker: WorkerID, cpus: Int, memory: ByteCount, cpuModel: String, power: PowerModel,
        signing: SigningKey? = nil, place: WorkerPlace? = nil, custody: Custody = Custody(),
        platform: WorkerPlatform? = nil
    ) {
        self.worker = worker
        self.cpus = cpus
        self.memory = memory
        self.cpuModel = cpuModel
        self.power = power
        self.signing = signing
        self.place = place
        self.custody = custody
        self.platform = platform
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
    /// What it runs once more of an earlier campaign, with the same manifest, if that is all it is.
    package var replay: Rerun?

    package init(
        id: CampaignID, name: String, manifest: Digest, by: String, replay: Rerun? = nil
    ) {
        self.id = id
        self.name = name
        self.manifest = manifest
        self.by = by
        self.replay = replay
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

/// What one attempt left, or each of several neighbouring tasks' attempts, if all left the same.
package struct TaskResult: Hashable, Sendable {
    /// The first one.
    package var task: Int
    /// How many tasks it is true of, at least 1. More than one succeeded and left no files.
    package var count: Int
    package var outcome: Outcome
    /// One for each output of the stage, in its order; empty if the attempt failed.
    package var outputs: [StoredFile]
    /// What it said on its standard streams, head and tail, if it said anything.
    package var log: StoredFile?
    package var started: Instant
    /// Of each, as are `cpu` and `energy`.
    package var wall: Microseconds
    /// User and system time of the process and all it waited for.
    package var cpu: Microseconds
    package var energy: Joules
    /// What measured the energy; `nil` if it comes from the worker's power model.
    package var meter: MeterSource?

    package init(
        task: Int, count: Int = 1, outcome: Outcome, outputs: [StoredFile], log: StoredFile?,
        started: Instant, wall: Microseconds, cpu: Microseconds, energy: Joules,
        meter: MeterSource? = nil
    ) {
        self.task = task
        self.count = count
        self.outcome = outcome
        self.outputs = outputs
        self.log = log
        self.started = started
        self.wall = wall
        self.cpu = cpu
        self.energy = energy
        self.meter = meter
    }
}

/// Results of one stage that one worker reported together, in ascending order of their tasks.
package struct ResultBatch: Hashable, Sendable {
    package var campaign: CampaignID
    package var stage: String
    package var worker: WorkerID
    package var lease: LeaseID
    /// The report they came in; `nil` for what the coordinator itself found.
    package var report: ReportID?
    /// The worker's, under its report.
    package var signature: BatchSignature?
    package var results: [TaskResult]

    package init(
        campaign: CampaignID, stage: String, worker: WorkerID, lease: LeaseID, report: ReportID?,
        signature: BatchSignature? = nil, results: [TaskResult]
    ) {
        self.campaign = campaign
        self.stage = stage
        self.worker = worker
        self.lease = lease
        self.report = report
        self.signature = signature
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

/// Attempts, time and energy, apart for those that counted, those that ended badly, and those that
/// somebody else had done before.
package struct Account: Hashable, Sendable {
    package struct Line: Hashable, Sendable {
        package var attempts = 0
        package var cpu = Microseconds.zero
        package var wall = Microseconds.zero
        /// By power models.
        package var energy = Joules.zero
        /// By meters; the two are never added up.
        package var measured = Joules.zero

        package init() {}

        package init(
            attempts: Int, cpu: Microseconds, wall: Microseconds, energy: Joules,
            measured: Joules = .zero
        ) {
            self.attempts = attempts
            self.cpu = cpu
            self.wall = wall
            self.energy = energy
            self.measured = measured
        }

        package mutating func add(_ result: TaskResult) {
            attempts += result.count
            cpu += result.cpu * result.count
            wall += result.wall * result.count
            if result.meter == nil {
                energy += result.energy * result.count
            } else {
                measured += result.energy * result.count
            }
        }

        package static func += (left: inout Line, right: Line) {
            left.attempts += right.attempts
            left.cpu += right.cpu
            left.wall += right.wall
            left.energy += right.energy
            left.measured += right.measured
        }
    }

    package var succeeded = Line()
    package var failed = Line()
    package var superseded = Line()

    package init() {}

    package mutating func add(_ result: TaskResult) {
        if result.outcome == .succeeded { succeeded.add(result) } else { failed.add(result) }
    }

    /// All that was drawn for all attempts, as far as anybody can tell: what budgets count.
    package var drawn: Joules {
        [succeeded, failed, superseded].reduce(.zero) { $0 + $1.energy + $1.measured }
    }

    package static func += (left: inout Account, right: Account) {
        left.succeeded += right.succeeded
        left.failed += right.failed
        left.superseded += right.superseded
    }
}

/// Tasks that were not run, since an earlier campaign had run the same ones.
package struct ReusedResults: Hashable, Sendable {
    package var id: CampaignID
    /// Whose results they are.
    package var from: CampaignID
    package var tasks: [ReopenedCampaign.Tasks]

    package init(id: CampaignID, from: CampaignID, tasks: [ReopenedCampaign.Tasks]) {
        self.id = id
        self.from = from
        self.tasks = tasks
    }
}
