import CLinux
package import ErgonModel
import Glibc

/// Starts a process in a group of its own.
/// - Parameters:
///   - environment: `NAME=value`.
///   - input: becomes standard input; none for what has nothing to say.
///   - output: becomes standard output and, unless there is `error`, standard error.
/// - Returns: the process.
/// - Throws: why there is none.
package func spawn(
    _ arguments: CStrings, environment: CStrings, path: String, folder: String,
    input: CInt? = nil, output: CInt, error: CInt? = nil
) throws(StartFault) -> StartedProcess {
    var watch: CInt = -1
    let process =
        arguments.withPointers { arguments in
            environment.withPointers { environment in
                path.withCString { path in
                    folder.withCString { folder in
                        var request = ergon_start_request(
                            arguments: arguments, environment: environment, path: path,
                            folder: folder, input: input ?? -1, output: output,
                            error: error ?? output)
                        return ergon_start(&request, &watch)
                    }
                }
            }
        }
    guard process > 0 else { throw StartFault(error: -process) }
    return StartedProcess(number: process, watch: watch)
}

package struct StartedProcess: Hashable, Sendable {
    package var number: CInt
    /// A descriptor that can be read when it has ended; whoever has it closes it.
    package var watch: CInt
}

/// Why a process could not be started.
package struct StartFault: Error, Hashable, Sendable {
    /// As the system numbers them.
    package var error: CInt

    package init(error: CInt) { self.error = error }

    package var reason: String { describe(error) }
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

/// User and system time of a process so far; `nil` if there is none.
package func cpuTime(of process: CInt) -> Microseconds? {
    let time = ergon_cpu_time(process)
    return time < 0 ? nil : Microseconds(time)
}

/// Has the kernel send `signal` to this process when the one that started it ends.
package func endWithParent(_ signal: CInt) { ergon_end_with_parent(signal) }
