import Glibc
import Synchronization

/// A process that we started, with a thread that waits for it; the kernel kills it if we end first.
package final class ChildProcess: Sendable {
    private struct State {
        var hasEnded = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let process: CInt
    private let state = Mutex(State())

    private init(_ process: CInt) { self.process = process }

    /// - Parameters:
    ///   - arguments: the program by its path, and what it is told.
    ///   - output: a file that its standard output and standard error are added to.
    package static func start(
        _ arguments: [String], environment: [String: String], folder: String, output path: String
    ) async throws(StartFault) -> ChildProcess {
        let output = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
        guard output >= 0 else { throw StartFault(error: errno) }
        defer { close(output) }
        let variables = CStrings(environment.map { "\($0.key)=\($0.value)" })
        let started: Result<ChildProcess, StartFault> = await withCheckedContinuation { answer in
            startThread {
                do throws(StartFault) {
                    let process = try spawn(
                        CStrings(arguments), environment: variables,
                        path: environment["PATH"] ?? "",
                        folder: folder, output: output)
                    close(process.watch)
                    let child = ChildProcess(process.number)
                    answer.resume(returning: .success(child))
                    child.wait()
                } catch { answer.resume(returning: .failure(error)) }
            }
        }
        return try started.get()
    }

    private func wait() {
        // Left unreaped until the state says so: `send` signals only while the number is its own.
        awaitEnd(of: process)
        let waiting = state.withLock { state in
            state.hasEnded = true
            let waiting = state.waiting
            state.waiting = []
            return waiting
        }
        _ = reap(process)
        for continuation in waiting { continuation.resume() }
    }

    package var hasEnded: Bool { state.withLock { $0.hasEnded } }

    package func send(_ signal: CInt) {
        state.withLock { state in
            if !state.hasEnded { kill(process, signal) }
        }
    }

    package func waitForEnd() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if !state.hasEnded { state.waiting.append(continuation) }
                return state.hasEnded
            }
            if isOver { continuation.resume() }
        }
    }
}
