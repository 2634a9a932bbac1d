package import ErgonModel

/// An attempt that did not count, as it is on record.
package struct Trouble: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case failed(Failure)
        /// Another attempt had come first, or nobody wanted the result any more.
        case superseded(Outcome)
    }

    package var kind: Kind
    package var worker: WorkerID
    package var lease: LeaseID
    package var started: Instant
    package var wall: Microseconds
    package var cpu: Microseconds
    package var energy: Joules
    package var meter: MeterSource?
    package var log: StoredFile?

    init(
        kind: Kind, worker: WorkerID, lease: LeaseID, started: Instant, wall: Microseconds,
        cpu: Microseconds, energy: Joules, meter: MeterSource?, log: StoredFile?
    ) {
        self.kind = kind
        self.worker = worker
        self.lease = lease
        self.started = started
        self.wall = wall
        self.cpu = cpu
        self.energy = energy
        self.meter = meter
        self.log = log
    }

    init(_ kind: Kind, _ result: TaskResult, _ batch: ResultBatch) {
        self.kind = kind
        worker = batch.worker
        lease = batch.lease
        started = result.started
        wall = result.wall
        cpu = result.cpu
        energy = result.energy
        meter = result.meter
        log = result.log
    }

    package var description: String {
        switch kind {
        case .failed(let failure): failure.description
        case .superseded(.succeeded): "superseded: another attempt had come first"
        case .superseded(.failed(.stopped, _)): "superseded: stopped, its result was not needed"
        case .superseded(.failed(let failure, _)): "superseded: \(failure.description)"
        }
    }
}
