import ErgonModel
import ErgonSystem
import ErgonWorker
import Glibc
import Logging
import Synchronization

/// Starts, watches and reaps processes on a thread of its own: the kernel ends a child when the
/// thread that made it ends, so that thread has to live as long as the worker.
final class Launcher: Sendable {
    struct Request: Sendable {
        var attempt: Worker.Attempt
        var arguments: [String]
        /// `NAME=value`.
        var environment: [String]
        /// Where programs are looked up.
        var path: String
        var folder: String
        /// Standard output and standard error go here.
        var outputPath: String
    }

    private enum Order: Sendable {
        case start(Request)
        case warn(Worker.Attempt)
        case stop(Worker.Attempt)
        case end(CheckedContinuation<Void, Never>)
    }

    /// How many orders may wait: far more than a worker ever has in hand.
    private static let capacity = 65_536
    /// How often a program is tried that somebody has open for writing.
    private static let mostTries = 1000
    private let orders = Mutex<[Order]>([])
    private let bell = Bell()
    private let logger: Logger
    private let report: @Sendable (Worker.Event) -> Void

    /// - Parameter report: gets `started`, `startFailed`, `programMissing` and `ended`, on the
    ///   launcher's thread.
    init(logger: Logger, report: @escaping @Sendable (Worker.Event) -> Void) {
        self.logger = logger
        self.report = report
        startThread { self.run() }
    }

    func start(_ request: Request) { submit(.start(request)) }
    /// Asks the process and all it started to end.
    func warn(_ attempt: Worker.Attempt) { submit(.warn(attempt)) }
    /// Kills the process and all it started.
    func stop(_ attempt: Worker.Attempt) { submit(.stop(attempt)) }
    /// Kills what still runs and ends the thread; returns when all that is done.
    func end() async { await withCheckedContinuation { submit(.end($0)) } }

    private func submit(_ order: Order) {
        orders.withLock { orders in
            precondition(orders.count < Self.capacity, "the launcher's queue is full")
            orders.append(order)
        }
        bell.ring()
    }

    // MARK: The thread

    private struct Child {
        var attempt: Worker.Attempt
        var watch: CInt
        /// By the clock of the day, and by one that nobody sets.
        var started: Instant
        var since: Microseconds
    }

    private func run() {
        var children: [CInt: Child] = [:]
        let poll = Poll()
        _ = poll.add(bell.descriptor, token: 0)
        while true {
            for token in poll.wait() where token != 0 { reap(CInt(token), &children, poll) }
            for order in takeOrders() {
                switch order {
                case .start(let request): start(request, &children, poll)
                case .warn(let attempt): signal(attempt, SIGTERM, children)
                case .stop(let attempt): signal(attempt, SIGKILL, children)
                case .end(let continuation):
                    for child in children.keys { kill(-child, SIGKILL) }
                    for child in children.keys { reap(child, &children, poll) }
                    return continuation.resume()
                }
            }
        }
    }

    private func takeOrders() -> [Order] {
        let taken = orders.withLock { orders in
            let taken = orders
            orders.removeAll(keepingCapacity: true)
            return taken
        }
        // Heard after the orders are taken: one that comes between rings again.
        if !taken.isEmpty { bell.hear() }
        return taken
    }

    private func start(_ request: Request, _ children: inout [CInt: Child], _ poll: borrowing Poll)
    {
        let output = open(request.outputPath, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard output >= 0 else {
            let error = errno
            let reason = "cannot make the task's log: \(describe(error))"
            return fail(request, error, .startFailed(request.attempt, reason: reason))
        }
        defer { close(output) }
        let (started, since) = (systemClock(), steadyClock())
        let process = begin(request, output)
        guard process > 0 else { return fail(request, -process, request.failure(-process)) }
        report(.started(request.attempt))
        let watch = Poll.watch(process)
        children[process] = Child(
            attempt: request.attempt, watch: watch, started: started, since: since)
        guard watch >= 0, poll.add(watch, token: UInt64(process)) else {
            // Out of descriptors: wait for this one here rather than lose it.
            return reap(process, &children, poll)
        }
    }

    /// - Returns: the process, or a negative error number.
    private func begin(_ request: Request, _ output: CInt) -> CInt {
        for _ in 0..<Self.mostTries {
            let process = spawn(
                request.arguments, environment: request.environment, path: request.path,
                folder: request.folder, output: output)
            // A process that is just being started elsewhere still holds open what we had written.
            guard process == -ETXTBSY else { return process }
            sched_yield()
        }
        return -ETXTBSY
    }

    private func fail(_ request: Request, _ error: CInt, _ event: Worker.Event) {
        logger.warning(
            "a task was not started",
            metadata: [
                "reason": "\(describe(error))", "program": "\(request.arguments[0])",
                "folder": "\(request.folder)",
            ])
        report(event)
    }

    private func reap(_ process: CInt, _ children: inout [CInt: Child], _ poll: borrowing Poll) {
        guard let child = children.removeValue(forKey: process) else { return }
        awaitEnd(of: process)
        let wall = Microseconds(steadyClock().count - child.since.count)
        // What it started and left behind ends with it, while the group's number is still its own.
        kill(-process, SIGKILL)
        let exit = ErgonSystem.reap(process)
        if child.watch >= 0 {
            poll.remove(child.watch)
            close(child.watch)
        }
        let status: Worker.ProcessEnd.Status =
            switch exit.status {
            case .exit(let code): .exit(code)
            case .signal(let number): .signal(number)
            }
        report(
            .ended(
                child.attempt,
                Worker.ProcessEnd(
                    status: status, started: child.started, wall: wall, cpu: exit.cpu)))
    }

    private func signal(
        _ attempt: Worker.Attempt, _ number: CInt, _ children: [CInt: Child]
    ) {
        for (process, child) in children where child.attempt == attempt {
            kill(-process, number)
        }
    }
}
