import CLinux
package import ErgonModel
import Glibc

/// Starts a thread that lives as long as `body` runs: for work that blocks.
package func startThread(_ body: @escaping @Sendable () -> Void) {
    final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let code = pthread_create(
        &thread, nil,
        { context in
            guard let context else { return nil }
            Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body()
            return nil
        }, Unmanaged.passRetained(Box(body)).toOpaque())
    precondition(code == 0, "no thread: \(describe(code))")
    pthread_detach(thread)
}

/// Wakes one waiting thread.
package final class Bell: Sendable {
    package let descriptor: CInt

    package init() {
        descriptor = ergon_bell_make()
        precondition(descriptor >= 0, "no descriptor for a bell: \(describe(-descriptor))")
    }

    deinit { close(descriptor) }

    package func ring() { ergon_bell_ring(descriptor) }
    /// Waits until it has rung since it was last heard.
    package func hear() { ergon_bell_hear(descriptor) }
}

/// Waits on many descriptors at once; to be used by one thread.
package struct Poll: ~Copyable {
    private let descriptor: CInt

    package init() {
        descriptor = ergon_poll_make()
        precondition(descriptor >= 0, "no epoll: \(describe(-descriptor))")
    }

    deinit { close(descriptor) }

    /// - Returns: false if the kernel has no room for it.
    package func add(_ watched: CInt, token: UInt64) -> Bool {
        ergon_poll_add(descriptor, watched, token) == 0
    }

    package func remove(_ watched: CInt) { ergon_poll_remove(descriptor, watched) }

    /// The tokens of the descriptors that can be read.
    /// - Parameter patience: how long to wait for one; without end if there is none. Rounded up to
    ///   whole milliseconds.
    package func wait(_ patience: Microseconds?) -> [UInt64] {
        let timeout = patience.map { CInt(clamping: max(0, $0.count + 999) / 1000) } ?? -1
        return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: Self.mostTokens) { tokens in
            let count = ergon_poll_wait(
                descriptor, tokens.baseAddress, CInt(Self.mostTokens), timeout)
            precondition(count >= 0, "epoll: \(describe(-count))")
            return Array(tokens.prefix(Int(count)))
        }
    }

    private static let mostTokens = 64
}

/// The system's words for an error number.
package func describe(_ code: CInt) -> String { String(cString: strerror(code)) }
