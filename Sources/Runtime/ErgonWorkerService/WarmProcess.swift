import ErgonModel
import ErgonSystem
import ErgonTransfer
import ErgonWorker

/// A program that takes task after task, and how far it is.
struct WarmProcess {
    /// Whose tasks it takes.
    struct Kind: Hashable, Sendable {
        private let manifest: Digest
        private let stage: Stage

        /// - Returns: `nil` if each task has a program of its own.
        init?(_ plan: LeasePlan) {
            guard plan.isWarm else { return nil }
            (manifest, stage) = (plan.lease.manifest.digest, plan.lease.stage)
        }
    }

    enum State {
        /// It is not ready for the attempt that it was started for.
        case loading(Worker.Attempt, since: Microseconds)
        case idle(since: Microseconds)
        case busy(Worker.Attempt)
        /// It was told that there is nothing more to do.
        case leaving(until: Microseconds)
    }

    let kind: Kind
    let talk: Launcher.Talk
    let folder: PrivateFolders.Folder
    /// What it reads, held in the cache.
    let pins: [FileCache.Pin]
    var state: State
    /// What it has said of a line that is not at its end.
    var text: [UInt8] = []
    /// Which tasks it is given and has not answered.
    var tasks = 0..<0
    /// When it was given them, or last answered, by the clock of the day and by the other.
    var started = Instant(microseconds: 0)
    var since = Microseconds.zero
    /// What of its processor time is accounted for.
    var spent = Microseconds.zero

    /// Whom it works for.
    var attempt: Worker.Attempt? {
        switch state {
        case .loading(let attempt, _), .busy(let attempt): attempt
        case .idle, .leaving: nil
        }
    }

    mutating func begin(
        _ tasks: Range<Int>, _ attempt: Worker.Attempt, _ now: Instant, _ uptime: Microseconds
    ) {
        self.tasks = tasks
        state = .busy(attempt)
        (started, since) = (now, uptime)
    }

    /// What passed since the last answer.
    /// - Parameter cpu: what it has taken in all.
    mutating func lap(
        _ now: Instant, _ uptime: Microseconds, cpu: Microseconds
    ) -> (started: Instant, wall: Microseconds, cpu: Microseconds) {
        let wall = Microseconds(max(uptime.count - since.count, 0))
        let taken = Microseconds(max(cpu.count - spent.count, 0))
        defer { (started, since, spent) = (now, uptime, spent + taken) }
        return (started, wall, taken)
    }
}

/// A line from a program that takes task after task (`docs/WARM.md`).
enum WarmAnswer: Hashable {
    case ready
    case done(Range<Int>)
    /// With what there is to say about it.
    case failed(Int, said: String)

    /// - Returns: `nil` if it is no such line.
    init?(_ line: some Collection<UInt8>) {
        let words = String(decoding: line, as: UTF8.self)
            .split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        switch (words[0], words.count) {
        case ("ready", 1): self = .ready
        case ("done", 3):
            guard let first = Int(words[1]), let count = Int(words[2]), first >= 0, count > 0,
                count <= Int.max - first
            else { return nil }
            self = .done(first..<first + count)
        case ("failed", 3):
            guard let task = Int(words[1]), let said = try? JSON(parsing: words[2].utf8).string
            else { return nil }
            self = .failed(task, said: said)
        default: return nil
        }
    }
}
