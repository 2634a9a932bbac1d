import ArgumentParser
import ErgonSystem
import Glibc

/// Runs `body` until it ends or SIGINT or SIGTERM comes; then it is cancelled, and waited for. A
/// second signal ends the process at once, with status 130.
/// - Returns: `nil` if a signal ended it.
@discardableResult
func untilSignalled<Result: Sendable>(
    _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result? {
    let signal = firstStopSignal()
    return try await withThrowingTaskGroup(of: Result?.self) { group in
        group.addTask { try await body() }
        group.addTask {
            for await _ in signal {}
            return nil
        }
        defer { group.cancelAll() }
        guard let first = try await group.next() else { return nil }
        return first
    }
}

/// Ends at the first signal to stop. What waits for signals cannot be cancelled, so it is outside
/// of every group; it outlives the body, which a second signal does not wait for.
func firstStopSignal() -> AsyncStream<Never> {
    catchStopSignals()
    return AsyncStream { stream in
        Task.detached {
            await awaitSignal()
            stream.finish()
            await awaitSignal()
            exit(Exit.killed.rawValue)
        }
    }
}
