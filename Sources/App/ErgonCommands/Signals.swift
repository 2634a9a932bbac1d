import ErgonSystem
import Glibc
import Synchronization

/// Runs `body` until it ends or SIGINT or SIGTERM comes; then it is cancelled. A second signal ends
/// the process at once.
/// - Returns: `nil` if a signal ended it.
@discardableResult
func untilSignalled<Result: Sendable>(
    _ body: @escaping @Sendable () async throws -> Result
) async throws -> Result? {
    catchStopSignals()
    let task = Task { try await body() }
    let signalled = Flag()
    Task.detached {
        await awaitSignal()
        signalled.set()
        task.cancel()
        await awaitSignal()
        exit(130)
    }
    do {
        let result = try await task.value
        return signalled.isSet ? nil : result
    } catch  where signalled.isSet {
        return nil
    }
}

/// Set once, by anyone.
private final class Flag: Sendable {
    private let value = Atomic(false)
    var isSet: Bool { value.load(ordering: .acquiring) }
    func set() { value.store(true, ordering: .releasing) }
}
