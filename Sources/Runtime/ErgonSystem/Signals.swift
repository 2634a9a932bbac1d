import CLinux

/// Rings at every SIGINT and SIGTERM, from the first `awaitSignal` on. Before that they end the
/// process, as is usual.
private let stopBell: Bell = {
    let bell = Bell()
    ergon_ring_on_stop(bell.descriptor)
    return bell
}()

/// Has SIGINT and SIGTERM reach `awaitSignal`.
package func catchStopSignals() { _ = stopBell }

/// Waits for SIGINT or SIGTERM; a thread of its own waits.
package func awaitSignal() async {
    await withCheckedContinuation { continuation in
        startThread {
            stopBell.hear()
            continuation.resume()
        }
    }
}
