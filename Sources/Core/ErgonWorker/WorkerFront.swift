package import ErgonModel

/// What a worker hears, and what it asks for.
extension Worker {
    /// One attempt at one task; or at a block of tasks that one program is given at once, named by
    /// the first of them.
    package struct Attempt: Hashable, Comparable, Sendable {
        package var lease: LeaseID
        package var task: Int

        package init(lease: LeaseID, task: Int) {
            self.lease = lease
            self.task = task
        }
        package static func < (left: Attempt, right: Attempt) -> Bool {
            (left.lease, left.task) < (right.lease, right.task)
        }
    }

    package enum Event: Sendable {
        case connected
        case disconnected
        case order(WorkerOrder)
        case loaded(Digest, Campaign)
        /// The campaign cannot run here: its manifest, its code or its environment is not to be
        /// had.
        case loadFailed(Digest, reason: String)
        case prepared(Attempt)
        case prepareFailed(Attempt, reason: String)
        case started(Attempt)
        case startFailed(Attempt, reason: String)
        /// It was not started, because this machine lacks its program or what interprets it.
        case programMissing(Attempt, reason: String)
        case ended(Attempt, ProcessEnd)
        /// The first tasks of a block are done. Its end follows: a good one when all are, a bad one
        /// if the next one went wrong, and then the others were not begun.
        case advanced(Attempt, Advance)
        /// The program ended with several tasks of a block in hand: which of them brought it down
        /// is not known. What it had taken for them is.
        case brokeOff(Attempt, cpu: Microseconds)
        case collected(Attempt, Collected)
        /// The worker shall go; what runs may end by itself for so long.
        case leave(patience: Microseconds)
        /// What the node's meter told since the last time; `nil` if it has not moved.
        case metered(MeterSample?)
        /// At least every second: time for limits, and for results that wait.
        case tick
    }

    package enum Effect: Hashable, Sendable {
        /// Fetch and parse a manifest, stage its code and check its environment.
        case load(StoredFile)
        /// Stage what the task reads and make its folder.
        case prepare(Attempt)
        case start(Attempt)
        /// Ask the process and all it started to end: their time is nearly up.
        case warn(Attempt)
        /// Stop the process and all it started.
        case stop(Attempt)
        /// Take in the outputs, or, of a failed attempt, only what it said.
        case collect(Attempt, succeeded: Bool)
        /// Nobody needs the attempt's folder any more, nor what is being collected from it.
        case discard(Attempt)
        /// Put the report, and what rides in it, where it outlives this process.
        case keep(WorkerReport)
        /// Send a report that was kept, if need be again.
        case send(WorkerReport)
        /// This worker cannot run the lease's campaign; nothing of it was started.
        case decline(LeaseID, reason: String)
        /// This worker will not end these tasks of a lease.
        case giveBack(LeaseID, IntervalSet)
        /// This worker takes no more leases.
        case announceLeaving
        case forget(Kept)
        /// Read the node's meter, for results are about to be reported, and say so by `metered`,
        /// even if it is too soon to read it again.
        case readMeter
        /// There is nothing more to do; the last effect of all.
        case end(Ending)
    }

    /// What the runtime keeps until nobody needs it any more.
    package enum Kept: Hashable, Sendable {
        /// The coordinator has it, or does not want it.
        case report(ReportID)
        /// A campaign's code.
        case campaign(Digest)
    }

    package enum Ending: Hashable, Sendable {
        /// As it was asked to.
        case left
        /// There was no coordinator for `longestAbsence`.
        case forsaken
    }

    /// How a process ended, and what it used.
    package struct ProcessEnd: Hashable, Sendable {
        package enum Status: Hashable, Sendable { case exit(Int), signal(Int) }
        package var status: Status
        package var started: Instant
        package var wall: Microseconds
        /// User and system time.
        package var cpu: Microseconds

        package init(
            status: Status, started: Instant, wall: Microseconds, cpu: Microseconds
        ) {
            self.status = status
            self.started = started
            self.wall = wall
            self.cpu = cpu
        }
    }

    /// Tasks of a block that are done, and what they took together.
    package struct Advance: Hashable, Sendable {
        package var tasks: Range<Int>
        package var started: Instant
        package var wall: Microseconds
        package var cpu: Microseconds

        package init(
            tasks: Range<Int>, started: Instant, wall: Microseconds, cpu: Microseconds
        ) {
            self.tasks = tasks
            self.started = started
            self.wall = wall
            self.cpu = cpu
        }
    }

    /// What an attempt left on disk.
    package struct Collected: Hashable, Sendable {
        package enum Outputs: Hashable, Sendable {
            case there([StoredFile])
            case missing(String)
            case lost(reason: String)
        }
        package var outputs: Outputs
        package var log: StoredFile?

        package init(outputs: Outputs, log: StoredFile?) {
            self.outputs = outputs
            self.log = log
        }
    }
}
