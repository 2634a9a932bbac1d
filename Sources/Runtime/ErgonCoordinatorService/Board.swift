import ErgonCoordinator
import ErgonModel
import Synchronization

/// Where the state hangs out that people ask: the one on disk a moment ago. A question waits for
/// nothing that is being written, and nothing is written later for a question.
final class Board: Sendable {
    private struct Posted {
        var state: Coordinator
        var at: Instant
        /// How many things that somebody did are in it.
        var changes: Int
    }

    private struct Content {
        var posted: Posted?
        var asked: Instant?
    }

    /// Nothing older is shown.
    private static let longestAge = Microseconds(500_000)
    /// The loop posts a new state so often, while somebody asks: to go on from one that hangs here
    /// is to copy what changes of it.
    private static let period = Microseconds(100_000)
    /// For so long after a question there may be another.
    private static let patience = Microseconds.seconds(2)

    private let content = Mutex(Content())

    /// - Parameter changes: how many things people have done until now, all of which must be seen.
    /// - Returns: `nil` if there is none that is recent enough.
    func state(now: Instant, changes: Int) -> Coordinator? {
        content.withLock { content in
            content.asked = now
            guard let posted = content.posted, posted.changes >= changes,
                now - posted.at < Self.longestAge, posted.at <= now
            else { return nil }
            return posted.state
        }
    }

    func post(_ state: Coordinator, now: Instant, changes: Int) {
        content.withLock { $0.posted = Posted(state: state, at: now, changes: changes) }
    }

    /// Whether somebody would like to see a newer one.
    func isDue(now: Instant) -> Bool {
        content.withLock { content in
            guard let asked = content.asked, now - asked < Self.patience else { return false }
            return content.posted.map { now - $0.at >= Self.period || now < $0.at } ?? true
        }
    }

    /// Takes down what nobody asks for, and the memory it holds.
    func clear(unlessWantedAt now: Instant) {
        content.withLock { content in
            guard let asked = content.asked, now - asked < Self.patience, asked <= now else {
                return content = Content()
            }
        }
    }

    func clear() { content.withLock { $0 = Content() } }
}
