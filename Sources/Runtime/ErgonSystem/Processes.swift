import CLinux
package import ErgonModel
import Glibc

/// Starts a process in a group of its own.
/// - Parameters:
///   - environment: `NAME=value`.
///   - input: becomes standard input; none for what has nothing to say.
///   - output: becomes standard output and, unless there is `error`, standard error.
/// - Returns: its process id, or a negative error number.
package func spawn(
    _ arguments: [String], environment: [String], path: String, folder: String,
    input: CInt? = nil, output: CInt, error: CInt? = nil
) -> CInt {
    withCStrings(arguments) { arguments in
        withCStrings(environment) { environment in
            path.withCString { path in
                folder.withCString { folder in
                    var request = ergon_start_request(
                        arguments: arguments, environment: environment, path: path,
                        folder: folder, input: input ?? -1, output: output, error: error ?? output)
                    return ergon_start(&request)
                }
            }
        }
    }
}

/// Strings as C wants them: an array that ends with a null pointer, alive during `body`.
private func withCStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Result
) -> Result {
    let size = strings.reduce(0) { $0 + $1.utf8.count + 1 }
    return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: max(size, 1)) { bytes in
        withUnsafeTemporaryAllocation(
            of: UnsafePointer<CChar>?.self, capacity: strings.count + 1
        ) { pointers in
            var end = 0
            for (place, string) in strings.enumerated() {
                let start = bytes.baseAddress.map { UnsafeRawPointer($0 + end) }
                pointers.initializeElement(
                    at: place, to: start?.assumingMemoryBound(to: CChar.self))
                for byte in string.utf8 {
                    bytes.initializeElement(at: end, to: byte)
                    end += 1
                }
                bytes.initializeElement(at: end, to: 0)
                end += 1
            }
            pointers.initializeElement(at: strings.count, to: nil)
            guard let base = pointers.baseAddress else { preconditionFailure("never empty") }
            return body(UnsafePointer(base))
        }
    }
}

/// How a process ended, and the user and system time of it and of all it waited for.
package struct ProcessExit: Hashable, Sendable {
    package enum Status: Hashable, Sendable { case exit(Int), signal(Int) }
    package var status: Status
    package var cpu: Microseconds
}

/// Waits until a child has ended. It holds its number until it is reaped: to signal that number,
/// or the group of that number, still reaches nobody else.
package func awaitEnd(of process: CInt) {
    var end = siginfo_t()
    while waitid(P_PID, id_t(process), &end, WEXITED | WNOWAIT) != 0, errno == EINTR {}
}

/// Reaps a child that has ended, or waits for it.
/// - Precondition: nobody else reaps it.
package func reap(_ process: CInt) -> ProcessExit {
    var end = ergon_end()
    let code = ergon_reap(process, &end)
    precondition(code == 0, "process \(process) was reaped by somebody else: error \(-code)")
    return ProcessExit(
        status: end.was_signalled != 0 ? .signal(Int(end.code)) : .exit(Int(end.code)),
        cpu: Microseconds(end.cpu_microseconds))
}

/// Has the kernel send `signal` to this process when the one that started it ends.
package func endWithParent(_ signal: CInt) { ergon_end_with_parent(signal) }
