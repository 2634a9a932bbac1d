import ErgonCoordinatorService
import ArgumentParser
import ErgonManifest
import ErgonModel
import ErgonTransfer
import ErgonWire
import FoundationEssentials
import GRPCCore
import Glibc
import Logging

/// Data goes to standard output.
func printData(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

/// Everything else goes to standard error.
func printNote(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

func write(_ text: String, to descriptor: CInt) { write(Array(text.utf8), to: descriptor) }

func write(_ bytes: [UInt8], to descriptor: CInt) {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        // Nobody reads any more: there is nobody to tell.
        if count < 0, errno == EPIPE { return }
        guard count > 0 else {
            perror("ergon: cannot write")
            exit(Exit.no.rawValue)
        }
        rest = rest.dropFirst(count)
    }
}

enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case text, json
}

struct FormatOption: ParsableArguments {
    @Option(name: [.customShort("o"), .customLong("output")], help: "How data is printed.")
    var format = OutputFormat.text

    /// One answer in the form that was asked for; `json` gets the version of its shape.
    func print(_ text: String, json: [String: JSON]) {
        switch format {
        case .text: printData(text)
        case .json: printData(JSON.object(json.merging(["version": .integer(1)]) { $1 }).text())
        }
    }
}

/// What happened, in the exit status's terms.
enum Exit {
    static let no = ExitCode(1)
    static let usage = ExitCode(64)
    static let noCoordinator = ExitCode(69)
    static let bug = ExitCode(70)
    /// As shells say it of SIGINT.
    static let killed = ExitCode(130)
}

/// A failure of a command, with its exit status.
struct CommandFault: Actionable {
    var place: String
    var problem: String
    var remedy: String
    var exit = Exit.usage
}

/// Runs a command's body and turns whatever it throws into a message and an exit status.
func reporting(_ body: () async throws -> Void) async throws {
    do {
        try await body()
    } catch let code as ExitCode {
        throw code
    } catch let errors as ManifestErrors {
        printNote(render(errors))
        throw Exit.usage
    } catch let fault as CommandFault {
        report(fault)
        throw fault.exit
    } catch let fault as UnreadableFile {
        report(fault)
        throw Exit.usage
    } catch let fault as any Actionable {
        report(fault)
        throw isUnanswered(fault) ? Exit.noCoordinator : Exit.no
    } catch let error as RPCError {
        throw exit(for: error)
    } catch is CancellationError {
        throw Exit.no
    } catch {
        printNote("ergon: \(error)")
        throw Exit.bug
    }
}

private func report(_ fault: any Actionable) {
    let place = fault.place.isEmpty ? "ergon" : fault.place
    printNote("\(place): \(fault.problem)")
    if !fault.remedy.isEmpty { printNote("    \(fault.remedy)") }
}

/// Whether the other end did not answer: no coordinator runs there, or it cannot be reached.
func isUnanswered(_ error: any Error) -> Bool {
    switch error {
    case let error as RPCError:
        return [.unavailable, .deadlineExceeded, .unimplemented].contains(error.code)
    case let fault as TransferFault:
        guard case .unreachable = fault.cause else { return false }
        return true
    case let fault as JoinFault: return fault.isUnanswered
    default: return false
    }
}

private func exit(for error: RPCError) -> ExitCode {
    if isUnanswered(error) {
        printNote("ergon: no coordinator answers: \(error.message)")
        printNote("    check that it runs, and --home")
        return Exit.noCoordinator
    }
    switch error.code {
    case .notFound, .invalidArgument:
        printNote("ergon: \(error.message)")
        return Exit.usage
    case .failedPrecondition:
        printNote("ergon: \(error.message)")
        return Exit.no
    case .resourceExhausted:
        printNote("ergon: \(error.message)")
        printNote("    make room on the coordinator's disk")
        return Exit.no
    case .permissionDenied, .unauthenticated:
        printNote("ergon: refused: \(error.message)")
        return Exit.no
    default:
        printNote("ergon: \(error.message)")
        return Exit.bug
    }
}

/// Makes a folder and those above it.
func makeFolder(_ path: String) throws(CommandFault) {
    do {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    } catch {
        throw CommandFault(
            place: path, problem: "the folder cannot be made: \(reason(error))",
            remedy: "check the path, its permissions and the room on the disk", exit: Exit.no)
    }
}

/// Holds a folder for this process, until it ends.
func lockFolder(_ folder: String, for user: String) throws(CommandFault) {
    let file = open("\(folder)/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0, flock(file, LOCK_EX | LOCK_NB) == 0 else {
        throw CommandFault(
            place: folder,
            problem: errno == EWOULDBLOCK
                ? "another \(user) is using this folder" : String(cString: strerror(errno)),
            remedy: "stop that one, or name another folder", exit: Exit.no)
    }
}

/// What the system said, for people.
func reason(_ error: any Error) -> String {
    guard let system = (error as? CocoaError)?.underlying as? POSIXError else { return "\(error)" }
    return String(cString: strerror(system.code.rawValue))
}

/// Lines of columns that stand under each other; numbers to the right.
func table(_ header: [String], _ rows: [[String]], right: Set<Int> = []) -> String {
    let all = [header] + rows
    let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return all.map { row in
        let cells = row.indices.map { column in
            let space = String(repeating: " ", count: widths[column] - row[column].count)
            return right.contains(column) ? space + row[column] : row[column] + space
        }
        let line = cells.joined(separator: "  ")
        return String(line.reversed().drop { $0 == " " }.reversed())
    }.joined(separator: "\n")
}

/// Joules for people: four digits and the unit that fits.
func text(_ energy: Joules) -> String {
    let joules = Double(energy.microjoules) / 1e6
    switch joules {
    case 0: return "0 J"
    case ..<1: return rounded(joules * 1000) + " mJ"
    case ..<1000: return rounded(joules) + " J"
    case ..<3.6e6: return rounded(joules / 1000) + " kJ"
    default: return rounded(joules / 3.6e6) + " kWh"
    }
}

/// Seconds for people.
func text(seconds: Double) -> String {
    switch seconds {
    case ..<0.0995: return "\(Int((seconds * 1000).rounded())) ms"
    case ..<99.5: return rounded(seconds) + " s"
    case ..<5400: return "\(Int((seconds / 60).rounded())) min"
    default: return rounded(seconds / 3600) + " h"
    }
}

func text(_ size: ByteCount) -> String {
    let bytes = Double(size.bytes)
    switch bytes {
    case ..<1024: return "\(size.bytes) B"
    case ..<1_048_576: return rounded(bytes / 1024) + " KiB"
    case ..<1_073_741_824: return rounded(bytes / 1_048_576) + " MiB"
    default: return rounded(bytes / 1_073_741_824) + " GiB"
    }
}

/// Three digits that say something.
func rounded(_ value: Double) -> String {
    let digits = value < 10 ? 100.0 : value < 100 ? 10 : 1
    let number = (value * digits).rounded() / digits
    return number == number.rounded() ? String(Int(number)) : String(number)
}

/// One line a message on standard error: time, level, text, and what belongs to it.
struct LineLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let merged = metadata.merging(event.metadata ?? [:]) { $1 }
        let pairs = merged.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        let time = Date().ISO8601Format()
        printNote("\(time) \(event.level): \(event.message)\(pairs)")
    }
}

func makeLogger(_ label: String, quiet: Bool = false) -> Logger {
    var logger = Logger(label: label) { _ in LineLogHandler() }
    logger.logLevel = quiet ? .warning : .info
    return logger
}
