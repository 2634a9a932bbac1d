import ErgonModel
import ErgonSystem
import Glibc

extension Workplace {
    /// The status of a check that found differences; Python itself ends with 1 or 2.
    private static let pythonDiffers = 3

    /// Compares the `name==version` pins with what `python3` has. Whoever reads the manifest has
    /// said which lines are none (`unpinnedLines`).
    /// - Parameter manifest: of the campaign that asks; campaigns are checked side by side.
    func checkPython(
        requirements: String, named name: String, for manifest: Digest
    ) throws(WorkplaceFault) {
        let script = """
            import importlib.metadata as have, re, sys
            wrong = []
            for line in open(sys.argv[1]):
                pin = re.match(
                    r"([\\w.-]+)\\s*(?:\\[[^]]*\\])?\\s*==(?!=)\\s*([^\\s;#]+)", line.strip())
                if not pin:
                    continue
                try:
                    version = have.version(pin[1])
                except have.PackageNotFoundError:
                    version = "absent"
                if version != pin[2]:
                    wrong.append(f"{pin[1]} is {version}, not {pin[2]}")
            print("; ".join(wrong), end="")
            sys.exit(\(Self.pythonDiffers) if wrong else 0)
            """
        let log = "\(folder)/tasks/\(manifest.hex)-python.log"
        defer { unlink(log) }
        let end = try run(["python3", "-c", script, requirements], output: log)
        guard end != .exit(0) else { return }
        let said = String(
            decoding: try read(
                log, as: "what python3 said", head: SpareLogs.limit.head, tail: SpareLogs.limit.tail
            ),
            as: UTF8.self)
        // Anything else than our own words may name files of this machine.
        throw end == .exit(Self.pythonDiffers)
            ? WorkplaceFault("its python3 does not fit \(name): \(said)")
            : WorkplaceFault(
                "its python3 cannot be checked against \(name)", detail: "\(name): \(end): \(said)")
    }

    private func run(
        _ arguments: [String], output: String
    ) throws(WorkplaceFault) -> ProcessExit.Status {
        do throws(StartFault) {
            return try runToEnd(arguments, path: searchPath, folder: folder, output: output)
        } catch { throw WorkplaceFault("\(arguments[0]): \(error.reason)") }
    }
}

/// Runs a program as tasks are run, and waits for it.
/// - Parameter output: a file that is made for what it says.
func runToEnd(
    _ arguments: [String], path: String, folder: String, output: String
) throws(StartFault) -> ProcessExit.Status {
    let file = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw StartFault(error: errno) }
    defer { close(file) }
    let process = try spawn(
        CStrings(arguments),
        environment: TaskEnvironment([:], path: path).text(of: nil, in: folder), path: path,
        folder: folder, output: file)
    close(process.watch)
    return reap(process.number).status
}
