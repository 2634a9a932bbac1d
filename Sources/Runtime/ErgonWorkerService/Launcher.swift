import ErgonModel
import ErgonSystem
import ErgonWorker
import Glibc
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
        case stop(Worker.Attempt)
        case end
    }

    /// How many orders may wait: far more than a worker ever has in hand.
    private static let capacity = 65_536
    private let orders = Mutex<[Order]>([])
    private let bell = Bell()
    private let report: @Sendable (Worker.Event) -> Void

    /// - Parameter report: gets `started`, `startFailed` and `ended`, on the launcher's thread.
    init(report: @escaping @Sendable (Worker.Event) -> Void) {
        self.report = report
        startThread { self.run() }
    }

    func start(_ request: Request) { submit(.start(request)) }
    func stop(_ attempt: Worker.Attempt) { submit(.stop(attempt)) }
    /// Kills what still runs and ends the thread.
    func end() { submit(.end) }

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
        /// Of the day, and of a clock that nobody sets.
        var started: Instant
        var since: ContinuousClock.Instant
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
                case .stop(let attempt): kill(attempt, children)
                case .end:
                    for child in children.keys { Glibc.kill(-child, SIGKILL) }
                    return
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
            let reason = "\(request.outputPath): \(describe(errno))"
            return report(.startFailed(request.attempt, reason: reason))
        }
        defer { close(output) }
        let (started, since) = (systemClock(), ContinuousClock.now)
        let process = spawn(
            request.arguments, environment: request.environment, path: request.path,
            folder: request.folder, output: output)
        guard process > 0 else {
            let reason = "\(request.arguments[0]): \(describe(-process))"
            return report(.startFailed(request.attempt, reason: reason))
        }
        report(.started(request.attempt))
        let watch = Poll.watch(process)
        children[process] = Child(
            attempt: request.attempt, watch: watch, started: started, since: since)
        guard watch >= 0, poll.add(watch, token: UInt64(process)) else {
            // Out of descriptors: wait for this one here rather than lose it.
            return reap(process, &children, poll)
        }
    }

    private func reap(_ process: CInt, _ children: inout [CInt: Child], _ poll: borrowing Poll) {
        guard let child = children.removeValue(forKey: process) else { return }
        let exit = ErgonSystem.reap(process)
        let wall = (ContinuousClock.now - child.since) / .microseconds(1)
        // What it started and left behind ends with it.
        Glibc.kill(-process, SIGKILL)
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
                    status: status, started: child.started, wall: Microseconds(Int64(wall)),
                    cpu: exit.cpu)))
    }

    private func kill(_ attempt: Worker.Attempt, _ children: [CInt: Child]) {
        for (process, child) in children where child.attempt == attempt {
            Glibc.kill(-process, SIGKILL)
        }
    }
}
