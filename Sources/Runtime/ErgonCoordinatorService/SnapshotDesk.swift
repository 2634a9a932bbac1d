import ErgonCoordinator
import ErgonModel
import ErgonProvenance
import ErgonStorage
import ErgonSystem
import Logging
import Synchronization

/// Writes snapshots of the coordinator's state on a thread of its own, one at a time. Whatever
/// goes wrong costs time at the next start and nothing else.
final class SnapshotDesk: Sendable {
    private struct State {
        var isWriting = false
        /// Of the last one, in bytes.
        var size = 0
        /// Segments that were begun since the last one.
        var segments = 0
    }

    private let shelf: SnapshotShelf<LogFolder>
    private let logger: Logger
    private let state = Mutex(State())

    init(shelf: SnapshotShelf<LogFolder>, logger: Logger) {
        self.shelf = shelf
        self.logger = logger
    }

    /// A segment begins at `start`, and `core` is what all records before it amount to. Not every
    /// one gets a snapshot: what is written must stay in proportion to the log, and what a start
    /// reads with it.
    func offer(_ core: Coordinator, at start: MerkleFrontier) {
        let isDue = state.withLock { state in
            state.segments += 1
            let isDue = !state.isWriting && 2 * state.segments * usualSegmentSize >= state.size
            if isDue { (state.isWriting, state.segments) = (true, 0) }
            return isDue
        }
        guard isDue else { return }
        startThread { [self] in write(core, start) }
    }

    private func write(_ core: Coordinator, _ start: MerkleFrontier) {
        let payload = core.snapshot()
        do throws(LogFault) {
            try shelf.write(payload, at: start)
            logger.info(
                "snapshot written",
                metadata: ["records": "\(start.size)", "bytes": "\(payload.count)"])
        } catch {
            logger.warning("no snapshot written", metadata: ["reason": "\(error.problem)"])
        }
        state.withLock { ($0.isWriting, $0.size) = (false, payload.count) }
    }
}
