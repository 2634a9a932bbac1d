import ArgumentParser
import ErgonAudit
import ErgonCoordinatorService
import ErgonManifest
import ErgonModel
import ErgonProvenance
import ErgonStorage
import FoundationEssentials
import Glibc

/// Which log is meant, and where the content it names may be.
struct LogArguments: ParsableArguments {
    @Argument(help: "The log's folder. Default: the log of --home.", completion: .directory)
    var log: String?
    @OptionGroup var home: HomeOption
    @Option(
        help: "The content store. Default: `content` beside the log's folder.",
        completion: .directory)
    var content: String?

    var folder: String { log.map(absolute) ?? CoordinatorHome(folder: home.folder).log }
    /// The folder that holds the log, the content and the key.
    var around: String { "\(folder)/.." }
    var contentFolder: String { content.map(absolute) ?? "\(around)/content" }

    /// The log as it lies there; nothing is locked, asked or changed.
    func open() throws -> LogReader {
        do throws(LogFault) {
            return try LogReader(folder)
        } catch {
            guard case .system(let fault) = error else { throw error }
            if fault.code == ENOENT || fault.code == ENOTDIR {
                throw CommandFault(
                    place: folder, problem: "there is no log here",
                    remedy: "name its folder, or a coordinator's --home")
            }
            throw CommandFault(
                place: fault.path, problem: fault.description,
                remedy: "read it as a user who may, or read a copy", exit: Exit.no)
        }
    }

    /// Reads and judges the whole of it.
    func read() throws -> AuditedLog { try AuditedLog(try open(), content: contentFolder) }
}

/// A log read from end to end: what its bytes say, and what an audit makes of its records.
struct AuditedLog {
    /// What is wrong, in the order in which it was met: where, and what.
    private(set) var findings: [(place: String, problem: String)] = []
    let report: AuditReport
    let checkpoint: SignedNote?
    let head: TreeHead
    /// How many records come after those that the checkpoint signs.
    /// Unknown if bytes are damaged.
    let unsigned: Int?
    /// An unfinished record at the end: nobody was told of it, and a restart cuts it off.
    private(set) var unfinished: Int?
    /// False if bytes are damaged: the root says nothing then.
    private(set) var isReadable = true
    private let content: String

    init(_ reader: LogReader, content: String) throws {
        self.content = content
        var reader = reader
        var audit = Audit { digest in storedCampaign(digest, in: content) }
        while let item = try reader.next() {
            switch item {
            case .record(let place, let bytes):
                do throws(RecordFault) {
                    let (sequence, record) = try decode(bytes)
                    audit.add(record, sequence: sequence)
                } catch {
                    findings.append(("record \(place.sequence)", "\(error)"))
                }
            case .damage(let damage):
                isReadable = false
                let place = "record \(damage.place.sequence)"
                let segment = "\(damage.place.segment) at byte \(damage.place.offset)"
                findings.append((place, "\(damage) (\(segment))"))
            case .unfinished(_, let count): unfinished = count
            }
        }
        report = audit.report
        checkpoint = reader.checkpoint
        head = reader.head
        unsigned = isReadable ? max(head.size - (checkpoint.flatMap(signedSize) ?? 0), 0) : nil
        findings += report.findings.map { ("record \($0.sequence)", $0.problem) }
        if report.omittedFindings > 0 {
            findings.append(("log", "and \(report.omittedFindings) findings more"))
        }
    }

    /// Adds what a signature by `key` says against the log.
    mutating func checkSignature(by key: VerifierKey) {
        guard let checkpoint else {
            findings.append(("checkpoint", "there is none: nothing vouches for the log"))
            return
        }
        do throws(NoteFault) {
            _ = try checkpoint.verified(by: [key])
        } catch {
            findings.append(("checkpoint", "\(error)"))
        }
    }

    /// Reads every published output that is at hand; adds those that are not what the log says.
    /// - Returns: how many were there, and how many were not.
    mutating func checkOutputs() -> (there: Int, absent: Int) {
        guard FileManager.default.fileExists(atPath: content),
            case let store = ContentStore(reading: content)
        else { return (0, report.campaigns.reduce(0) { $0 + $1.outputs.count }) }
        var (there, absent) = (0, 0)
        for output in report.campaigns.flatMap(\.outputs) {
            guard store.has(output.content.digest) else {
                absent += 1
                continue
            }
            there += 1
            do throws(StoreFault) { try store.verify(output.content.digest) } catch {
                findings.append(("output \(output.name)", error.problem))
            }
        }
        return (there, absent)
    }
}

/// - Returns: `nil` if the checkpoint is none; the reader has found that as well.
private func signedSize(_ note: SignedNote) -> Int? {
    try? Checkpoint(parsing: note.text).head.size
}

private func storedCampaign(_ digest: Digest, in content: String) -> Campaign? {
    let (first, rest) = (digest.hex.prefix(2), digest.hex.dropFirst(2))
    guard let bytes = try? readFile("\(content)/\(first)/\(rest)"), Digest(of: bytes) == digest,
        let manifest = try? parseManifest(
            String(decoding: bytes, as: UTF8.self), file: "manifest", limits: .canonical)
    else { return nil }
    return try? manifest.resolved { _ in
        .failure(LookupFailure(problem: "no digest for the file", remedy: ""))
    }
}
