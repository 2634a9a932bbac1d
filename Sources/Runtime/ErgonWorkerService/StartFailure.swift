import ErgonModel
import ErgonSystem
import ErgonWorker
import Glibc

/// Why the kernel did not start a program, in words for peers: without paths of this machine.
extension Launcher.Request {
    /// - Parameter error: what starting it came to.
    func failure(_ error: CInt) -> Worker.Event {
        switch error {
        case E2BIG: .startFailed(attempt, reason: tooLong)
        case ENOENT where access(folder, X_OK) == 0, EACCES where access(folder, X_OK) == 0:
            .programMissing(attempt, reason: whatIsMissing)
        default: .startFailed(attempt, reason: "\(name): \(describe(error))")
        }
    }

    /// The program without its folder.
    var name: Substring { arguments[0].split(separator: "/").last ?? "" }

    private var tooLong: String {
        let bytes = arguments.byteCount + environment.byteCount
        return """
            \(name): the command is longer than the system takes: \(arguments.count) arguments, \
            the longest of \(arguments.longest) bytes, \(bytes) bytes in all with the variables
            """
    }

    private var whatIsMissing: String {
        guard let program else { return "\(name) is not on this worker" }
        if let interpreter = interpreter(of: program) {
            if access(interpreter, F_OK) != 0 {
                return "\(name) needs \(interpreter), which is not on this worker"
            }
            if access(interpreter, X_OK) != 0 {
                return "\(name) needs \(interpreter), which cannot be executed on this worker"
            }
        }
        return access(program, X_OK) == 0
            ? "\(name) needs a loader that is not on this worker"
            : "\(name) cannot be executed on this worker"
    }

    /// Where it is, even if it cannot be executed.
    private var program: String? {
        let name = arguments[0]
        if name.hasPrefix("/") { return access(name, F_OK) == 0 ? name : nil }
        let folders = name.contains("/") ? [folder] : path.split(separator: ":").map(String.init)
        let places = folders.map { "\($0)/\(name)" }
        return places.first { access($0, X_OK) == 0 } ?? places.first { access($0, F_OK) == 0 }
    }

    /// What the first line of a script names.
    private func interpreter(of program: String) -> String? {
        let file = open(program, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        // What the kernel looks at (BINPRM_BUF_SIZE).
        var start = [UInt8](repeating: 0, count: 256)
        let count = start.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
        guard count > 2, start.starts(with: Array("#!".utf8)) else { return nil }
        let line = start[2..<count].prefix { $0 != UInt8(ascii: "\n") }
        let words = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        return words.first.map { String(decoding: $0, as: UTF8.self) }
    }
}
