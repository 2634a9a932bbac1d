import Glibc
import Synchronization

/// SIGINT and SIGTERM are taken by `awaitSignal` alone. To be called first of all, before there is
/// another thread; a child gets the usual handling back.
package func reserveSignals() {
    var signals = stopSignals()
    pthread_sigmask(SIG_BLOCK, &signals, nil)
    // A peer that is gone shows in what `write` returns.
    signal(SIGPIPE, SIG_IGN)
}

/// Waits for SIGINT or SIGTERM, whoever waits first; a thread of its own waits.
package func awaitSignal() async {
    await withCheckedContinuation { continuation in
        startThread {
            var signals = stopSignals()
            var number: CInt = 0
            while sigwait(&signals, &number) != 0 {}
            continuation.resume()
        }
    }
}

private func stopSignals() -> sigset_t {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    return signals
}
