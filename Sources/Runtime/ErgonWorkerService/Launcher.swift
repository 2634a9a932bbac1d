import ErgonModel
import ErgonSystem
import ErgonWorker
import Glibc
import Logging

/// Starts, watches and reaps processes, all on one thread: the kernel ends a child when the thread
/// that made it ends, so that thread has to live as long as the worker.
struct Launcher: ~Copyable {
    struct Request: Sendable {
        /// For whom the process is started.
        var attempt: Worker.Attempt
        var arguments: CStrings
        /// `NAME=value`.
        var environment: CStrings
        /// Where programs are looked up.
        var path: String
        var folder: String
    }

    /// Pipes to a process that is told what to do while it runs.
    struct Talk: Sendable {
        var input: Pipe
        var output: Pipe
    }

    enum Start: Sendable {
        case running(CInt)
        /// `startFailed` or `programMissing`.
        case failed(Worker.Event)
    }

    /// What came to pass during a wait.
    struct Heard: Sendable {
        /// Processes that have said something, and are told what to do while they run.
        var talking: [CInt] = []
        var ended: [Ended] = []
    }

    struct Ended: Sendable {
        var process: CInt
        var attempt: Worker.Attempt
        var end: Worker.ProcessEnd
        /// Head and tail of what it said.
        var said: [UInt8]
    }

    private struct Child {
        var attempt: Worker.Attempt
        /// Can be read when it has ended.
        var watch: CInt
        /// What it says goes there.
        var said: CInt
        /// By the clock of the day, and by one that nobody sets.
        var started: Instant
        var since: Microseconds
    }

    /// How often a program is tried that somebody has open for writing.
    private static let mostTries = 1000
    /// For the bell, which no process has for a number.
    private static let bellToken: UInt64 = 0
    /// Beside a process's number: what it says, and not its end.
    private static let talkToken: UInt64 = 1 << 32

    private let logger: Logger
    private let poll = Poll()
    private var children: [CInt: Child] = [:]
    /// Ended without anybody having to wait for it.
    private var early: [Ended] = []
    private var logs: SpareLogs

    /// - Parameters:
    ///   - folder: on whose file system what processes say is kept while they run.
    ///   - bell: whatever rings it ends a wait.
    init(folder: String, bell: Bell, logger: Logger) {
        self.logger = logger
        logs = SpareLogs(folder: folder)
        let isAdded = poll.add(bell.descriptor, token: Self.bellToken)
        precondition(isAdded, "no room for a bell")
    }

    /// How many processes run.
    var count: Int { children.count }

    /// Which ones, and for whom they were started.
    var processes: [(process: CInt, attempt: Worker.Attempt)] {
        children.map { ($0.key, $0.value.attempt) }
    }

    /// - Parameter talk: our ends of it stay the caller's.
    mutating func start(_ request: Request, _ talk: Talk? = nil) -> Start {
        let said = logs.take()
        guard said >= 0 else {
            let reason = "cannot make the task's log: \(describe(-said))"
            return fail(request, -said, .startFailed(request.attempt, reason: reason))
        }
        let (started, since) = (systemClock(), steadyClock())
        do throws(StartFault) {
            let process = try begin(request, said, talk)
            children[process.number] = Child(
                attempt: request.attempt, watch: process.watch, said: said, started: started,
                since: since)
            if !poll.add(process.watch, token: UInt64(process.number)) {
                // No room: wait for this one here rather than lose it.
                awaitEnd(of: process.number)
                if let ended = reap(process.number) { early.append(ended) }
            }
            if let talk {
                let token = Self.talkToken | UInt64(process.number)
                if !poll.add(talk.output.ours, token: token) { kill(-process.number, SIGKILL) }
            }
            return .running(process.number)
        } catch {
            logs.giveBack(said)
            return fail(request, error.error, request.failure(error.error))
        }
    }

    private func begin(
        _ request: Request, _ said: CInt, _ talk: Talk?
    ) throws(StartFault) -> StartedProcess {
        var tries = 0
        while true {
            tries += 1
            do throws(StartFault) {
                return try spawn(
                    request.arguments, environment: request.environment, path: request.path,
                    folder: request.folder, input: talk?.input.theirs,
                    output: talk?.output.theirs ?? said, error: said)
            } catch {
                // What is just being started elsewhere may still hold open what we had written.
                guard error.error == ETXTBSY, tries < Self.mostTries else { throw error }
                sched_yield()
            }
        }
    }

    private func fail(
        _ request: Request, _ error: CInt, _ event: Worker.Event
    ) -> Start {
        logger.warning(
            "a task was not started",
            metadata: [
                "reason": "\(describe(error))", "program": "\(request.arguments[0])",
                "folder": "\(request.folder)",
            ])
        return .failed(event)
    }

    /// Asks the process and all it started to end.
    func warn(_ attempt: Worker.Attempt) { signal(attempt, SIGTERM) }

    /// Kills the process and all it started.
    func stop(_ attempt: Worker.Attempt) { signal(attempt, SIGKILL) }

    private func signal(_ attempt: Worker.Attempt, _ number: CInt) {
        for (process, child) in children where child.attempt == attempt {
            kill(-process, number)
        }
    }

    func signal(_ process: CInt, _ number: CInt) {
        if children[process] != nil { kill(-process, number) }
    }

    /// Our end of what a process says is about to be closed.
    func forget(_ talk: Talk) { poll.remove(talk.output.ours) }

    /// Waits until a process has ended or said something, or the bell rings.
    mutating func wait(_ patience: Microseconds?) -> Heard {
        var heard = Heard(ended: early)
        early = []
        for token in poll.wait(heard.ended.isEmpty ? patience : .zero) {
            if token & Self.talkToken != 0 {
                heard.talking.append(CInt(token & ~Self.talkToken))
            } else if token != Self.bellToken, let one = reap(CInt(token)) {
                heard.ended.append(one)
            }
        }
        return heard
    }

    /// Kills what still runs; returns when nothing does.
    mutating func end() -> [Ended] {
        for process in children.keys { kill(-process, SIGKILL) }
        return children.keys.sorted().compactMap { process in
            awaitEnd(of: process)
            return reap(process)
        }
    }

    /// - Precondition: the process has ended.
    private mutating func reap(_ process: CInt) -> Ended? {
        guard let child = children.removeValue(forKey: process) else { return nil }
        let wall = Microseconds(steadyClock().count - child.since.count)
        // What it started and left behind ends with it, while the group's number is still its own.
        kill(-process, SIGKILL)
        let exit = ErgonSystem.reap(process)
        poll.remove(child.watch)
        close(child.watch)
        let status: Worker.ProcessEnd.Status =
            switch exit.status {
            case .exit(let code): .exit(code)
            case .signal(let number): .signal(number)
            }
        return Ended(
            process: process, attempt: child.attempt,
            end: Worker.ProcessEnd(
                status: status, started: child.started, wall: wall, cpu: exit.cpu),
            said: logs.read(child.said))
    }
}
