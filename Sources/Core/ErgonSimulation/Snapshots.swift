import ErgonCoordinator
import ErgonProvenance

/// A snapshot of the coordinator, as long as it is not on its disk yet.
struct TakenSnapshot {
    let payload: [UInt8]
    /// Of the records that it stands for.
    let frontier: MerkleFrontier
}

/// Snapshots as the real loop takes them: when a segment has just begun, to be written by another
/// thread while the log grows. Whoever dies meanwhile takes them along.
extension World {
    mutating func takeSnapshot() {
        guard let process = coordinator, process.snapshot == nil,
            let frontier = process.log.segmentStart
        else { return }
        let payload = process.core.snapshot()
        trace.note(now, "snapshot", [frontier.size, payload.count])
        coordinator?.snapshot = TakenSnapshot(payload: payload, frontier: frontier)
        later(.snapshotIsWritten(life: coordinatorLife), 1000...5_000_000)
    }

    mutating func writeSnapshot(_ life: Int) {
        guard life == coordinatorLife, let log = coordinator?.log,
            let snapshot = coordinator?.snapshot
        else { return }
        coordinator?.snapshot = nil
        do throws(LogFault) {
            try log.shelf.write(snapshot.payload, at: snapshot.frontier)
            trace.note(now, "snapshot is written", [snapshot.frontier.size])
        } catch {
            // Without it a start takes longer, and that is all.
            counts[.lostSnapshot] += 1
            trace.note(now, "snapshot", text: error.problem)
            if disk.isCrashed { endCoordinator(losingPower: dice.happens(1, in: 2)) }
        }
    }
}
