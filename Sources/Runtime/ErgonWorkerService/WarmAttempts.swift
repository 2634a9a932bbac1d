import ErgonModel
import ErgonSystem
import ErgonWorker
import Glibc

/// Tasks that are given to programs which take one after the other.
extension WorkerLoop {
    /// So long a program may take to be ready: it may have a large model to load.
    private static let longestLoading = Microseconds.seconds(600)
    /// So long one without work is kept.
    private static let longestIdleness = Microseconds.seconds(30)
    /// So long one may take to end when it is told to.
    private static let farewell = Microseconds.seconds(5)
    /// No line is longer, in bytes.
    private static let longestLine = 1 << 20

    mutating func startWarm(
        _ attempt: Worker.Attempt, _ held: AttemptInHand, _ staged: Workplace.Staged,
        _ kind: WarmProcess.Kind
    ) {
        if let process = idle(of: kind) { return give(attempt, to: process) }
        makeRoom()
        do throws(WorkplaceFault) {
            let folder = try folders.take()
            do throws(StartFault) {
                let talk = try Launcher.Talk(input: Pipe(.toThem), output: Pipe(.fromThem))
                let environment = held.environment.text(of: nil, in: folder.path)
                let request = request(attempt, staged, environment, in: folder)
                let start = launcher.start(request, talk)
                close(talk.input.theirs)
                close(talk.output.theirs)
                switch start {
                case .running(let process):
                    let new = WarmProcess(
                        kind: kind, talk: talk, folder: folder, pins: staged.pins,
                        state: .loading(attempt, since: steadyClock()))
                    // It needs what it reads for longer than the attempt.
                    attempts[attempt]?.staged?.pins = []
                    crew[process] = new
                    _ = write(Array((staged.greeting ?? "").utf8) + [10], into: talk.input.ours)
                case .failed(let event):
                    close(talk.input.ours)
                    close(talk.output.ours)
                    if !folders.giveBack(folder, without: []) { remove(folder) }
                    pending.append(event)
                }
            } catch { throw WorkplaceFault("cannot make a pipe: \(error.reason)") }
        } catch { pending.append(.startFailed(attempt, reason: error.reason)) }
    }

    private func idle(of kind: WarmProcess.Kind) -> CInt? {
        crew.filter { process in
            if case .idle = process.value.state { process.value.kind == kind } else { false }
        }.keys.min()
    }

    private mutating func give(_ attempt: Worker.Attempt, to process: CInt) {
        guard let tasks = core.tasks(of: attempt), let there = crew[process] else { return }
        let told = attempts[attempt]?.staged?.told
        let line = told.map { "task \($0)\n" } ?? "run \(tasks.lowerBound) \(tasks.count)\n"
        crew[process]?.begin(tasks, attempt, clock(), steadyClock())
        attempts[attempt]?.isTidy = false
        pending.append(.started(attempt))
        if !write(Array(line.utf8), into: there.talk.input.ours) {
            attempts[attempt]?.said = Array("ergon: the program does not read what it is told".utf8)
            launcher.signal(process, SIGKILL)
        }
    }

    func signal(_ attempt: Worker.Attempt, _ number: CInt) {
        if let process = crew.first(where: { $0.value.attempt == attempt })?.key {
            launcher.signal(process, number)
        } else if number == SIGTERM {
            launcher.warn(attempt)
        } else {
            launcher.stop(attempt)
        }
    }

    // MARK: Answers

    mutating func hear(_ process: CInt) {
        guard var there = crew[process] else { return }
        read(into: &there.text, from: there.talk.output.ours)
        crew[process]?.text = []
        var rest = there.text[...]
        while let end = rest.firstIndex(of: 10) {
            take(WarmAnswer(rest[..<end]), from: process)
            rest = rest[(end + 1)...]
        }
        crew[process]?.text = Array(rest)
        if rest.count > Self.longestLine { take(nil, from: process) }
        handlePending()
    }

    private mutating func take(_ answer: WarmAnswer?, from process: CInt) {
        guard let there = crew[process] else { return }
        switch (answer, there.state) {
        // What it took to get ready is accounted to the first task.
        case (.ready, .loading(let attempt, _)): give(attempt, to: process)
        case (.done(let tasks), .busy(let attempt))
        where tasks.lowerBound == there.tasks.lowerBound
            && tasks.upperBound <= there.tasks.upperBound:
            done(tasks, attempt, process)
        case (.failed(let task, let said), .busy(let attempt)) where task == there.tasks.first:
            attempts[attempt]?.said = Array(said.utf8)
            finish(attempt, process, .exit(1), lap(process))
        case (_, .leaving): break
        case (_, .loading), (_, .idle), (_, .busy):
            if let attempt = there.attempt {
                attempts[attempt]?.said = Array("ergon: an answer that makes no sense".utf8)
            }
            launcher.signal(process, SIGKILL)
        }
    }

    private mutating func done(
        _ tasks: Range<Int>, _ attempt: Worker.Attempt, _ process: CInt
    ) {
        let end = crew[process]?.tasks.upperBound ?? tasks.upperBound
        crew[process]?.tasks = tasks.upperBound..<end
        let lap = lap(process)
        // What leaves files is not done before these are there.
        guard attempts[attempt]?.staged?.told == nil else {
            return finish(attempt, process, .exit(0), lap)
        }
        pending.append(
            .advanced(
                attempt,
                Worker.Advance(
                    tasks: tasks, started: lap.started, wall: lap.wall, cpu: lap.cpu)))
        if tasks.upperBound == end {
            finish(attempt, process, .exit(0), (lap.started, .zero, .zero))
        }
    }

    private typealias Lap = (started: Instant, wall: Microseconds, cpu: Microseconds)

    private mutating func lap(_ process: CInt) -> Lap {
        let now = clock()
        let cpu = cpuTime(of: process) ?? .zero
        return crew[process]?.lap(now, steadyClock(), cpu: cpu) ?? (now, .zero, .zero)
    }

    private mutating func finish(
        _ attempt: Worker.Attempt, _ process: CInt, _ status: Worker.ProcessEnd.Status, _ lap: Lap
    ) {
        crew[process]?.state = .idle(since: steadyClock())
        crew[process]?.tasks = 0..<0
        pending.append(
            .ended(
                attempt,
                Worker.ProcessEnd(
                    status: status, started: lap.started, wall: lap.wall, cpu: lap.cpu)))
    }

    // MARK: Their ends

    mutating func warmProcessEnded(_ ended: Launcher.Ended) {
        hear(ended.process)
        guard var there = crew.removeValue(forKey: ended.process) else { return }
        launcher.forget(there.talk)
        close(there.talk.output.ours)
        if !there.isLeaving { close(there.talk.input.ours) }
        folders.retire(there.folder)
        remove(there.folder)
        release(there.pins)
        guard let attempt = there.attempt else { return }
        if case .loading(_, let since) = there.state {
            (there.started, there.since) = (ended.end.started, since)
            pending.append(.started(attempt))
        }
        let lap = there.lap(clock(), steadyClock(), cpu: ended.end.cpu)
        guard there.tasks.count <= 1 else { return handle(.brokeOff(attempt, cpu: lap.cpu)) }
        let status = ended.end.status == .exit(0) ? .exit(1) : ended.end.status
        let note = attempts[attempt]?.said ?? []
        attempts[attempt]?.said = ended.said + note
        handle(
            .ended(
                attempt,
                Worker.ProcessEnd(
                    status: status, started: lap.started, wall: lap.wall, cpu: lap.cpu)))
    }

    /// There are never more processes than threads: before one is started, one without work goes.
    mutating func makeRoom() {
        guard !crew.isEmpty, launcher.count >= facts.cpus else { return }
        var longest: (process: CInt, since: Microseconds)?
        for (process, there) in crew.sorted(by: { $0.key < $1.key }) {
            guard case .idle(let since) = there.state else { continue }
            if longest.map({ since < $0.since }) ?? true { longest = (process, since) }
        }
        if let longest { dismiss(longest.process, steadyClock()) }
    }

    private mutating func dismiss(_ process: CInt, _ now: Microseconds) {
        guard let there = crew[process] else { return }
        close(there.talk.input.ours)
        crew[process]?.state = .leaving(until: now + Self.farewell)
    }

    mutating func dismissIdle(_ now: Microseconds) {
        for (process, there) in crew {
            switch there.state {
            case .busy: break
            case .idle(let since):
                if since + Self.longestIdleness < now { dismiss(process, now) }
            case .leaving(let until): if until < now { launcher.signal(process, SIGKILL) }
            case .loading(let attempt, let since):
                guard since + Self.longestLoading < now else { break }
                attempts[attempt]?.said = Array("ergon: the program was not ready in time".utf8)
                launcher.signal(process, SIGKILL)
            }
        }
    }
}

extension WarmProcess {
    fileprivate var isLeaving: Bool { if case .leaving = state { true } else { false } }
}
