import CLinux
package import ErgonModel
import Glibc

/// Starts a process in a group of its own.
/// - Parameters:
///   - environment: `NAME=value`.
///   - output: becomes standard output and standard error.
/// - Returns: its process id, or a negative error number.
package func spawn(
    _ arguments: [String], environment: [String], path: String, folder: String, output: CInt
) -> CInt {
    withCStrings(arguments) { arguments in
        withCStrings(environment) { environment in
            path.withCString { path in
                folder.withCString { folder in
                    var request = ergon_start_request(
                        arguments: arguments, environment: environment, path: path,
                        folder: folder, output: output)
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
    var bytes: [CChar] = []
    var offsets: [Int] = []
    for string in strings {
        offsets.append(bytes.count)
        bytes.append(contentsOf: string.utf8CString)
    }
    return bytes.withUnsafeBufferPointer { buffer in
        var pointers = offsets.map { offset in buffer.baseAddress.map { $0 + offset } }
        pointers.append(nil)
        return pointers.withUnsafeBufferPointer { pointers in
            guard let base = pointers.baseAddress else { preconditionFailure("never empty") }
            return body(base)
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
