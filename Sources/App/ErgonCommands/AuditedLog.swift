import ArgumentParser
import ErgonAudit
import ErgonCoordinatorService
import ErgonManifest
import ErgonModel
import ErgonProvenance
import ErgonSecurity
import ErgonStorage
import FoundationEssentials
import Glibc
import X509

/// Which log is meant, and where the content it names may be.
struct LogArguments: ParsableArguments {
    @Argument(
        help: "The log's folder, or one that it was exported to. Default: the log of --home.",
        completion: .directory)
    var log: String?
    @OptionGroup var home: HomeOption
    @Option(
        help: """
            The content store. Default: `content` beside the log's folder, or in the one that it \
            was exported to.
            """,
        completion: .directory)
    var content: String?

    var folder: String { log.map(absolute) ?? CoordinatorHome(folder: home.folder).log }
    /// The folder that holds the log, the content and the key.
    var around: String { isExported ? folder : "\(folder)/.." }
    /// The certificate of the authority that issued the workers' certificates.
    var authority: String {
        isExported ? "\(folder)/authority.pem" : "\(around)/coordinator/authority.pem"
    }
    var contentFolder: String { content.map(absolute) ?? "\(around)/content" }
    /// Tiles, as `ergon audit export log` makes them, rather than the segments of a coordinator.
    var isExported: Bool { FileManager.default.fileExists(atPath: "\(folder)/tile") }

    /// The log as it lies there; nothing is locked, asked or changed.
    func open() throws -> LogReader {
        try explained { () throws(LogFault) in try LogReader(folder) }
    }

    /// The same, in whichever of the two forms it has.
    /// - Parameter origin: where the folder's files are from.
    func openEither(from origin: String? = nil) throws -> any RecordSource {
        guard isExported || origin != nil else { return try open() }
        return try explained { () throws(LogFault) in
            try TiledLogReader(of: TileFolder(folder, from: origin))
        }
    }

    /// Reads and judges the whole of it.
    /// - Parameters:
    ///   - past: what it was at other times; it must begin with each.
    ///   - origin: where the folder's files are from.
    func read(
        since past: [PastHead] = [], from origin: String? = nil
    ) async throws -> AuditedLog {
        try await AuditedLog(
            try openEither(from: origin), content: contentFolder,
            authority: try readAuthority(authority),
            since: past)
    }

    /// What nobody has signed yet, nobody else can check.
    var noCheckpoint: CommandFault {
        CommandFault(
            place: folder, problem: "the log has no checkpoint",
            remedy: "let its coordinator run for a moment: it signs one every second",
            exit: Exit.no)
    }

    private func explained<Log>(_ open: () throws(LogFault) -> Log) throws -> Log {
        do throws(LogFault) { return try open() } catch {
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
}

/// A log read from end to end: what its bytes say, and what an audit makes of its records.
struct AuditedLog {
    /// What is wrong: first what cannot be read, then what cannot be true, by record.
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
    /// Whether the workers' certificates could be checked.
    let hasAuthority: Bool
    private let content: String

    /// - Parameter authority: `nil` if its certificate is not at hand.
    init(
        _ source: any RecordSource, content: String, authority: Certificate?,
        since past: [PastHead] = []
    ) async throws {
        self.content = content
        hasAuthority = authority != nil
        let audit = Audit { digest in
            try? ContentStore(reading: content).read(digest)
        } campaign: { digest in
            storedCampaign(digest, in: content)
        }
        var reading = LogReading(
            audit, DecisionCheck(content: content), authority: authority, past: past)
        var reader = source
        try await reading.read(&reader)
        (findings, unfinished, isReadable) =
            (reading.findings, reading.unfinished, reading.isReadable)
        report = reading.audit.report
        for past in reading.past {
            if let problem = past.problem { findings.append((past.witness, problem)) }
        }
        checkpoint = reader.checkpoint
        head = reader.head
        unsigned = isReadable ? max(head.size - (checkpoint.flatMap(signedSize) ?? 0), 0) : nil
        let judged = report.findings.enumerated().sorted {
            ($0.element.sequence, $0.offset) < ($1.element.sequence, $1.offset)
        }
        findings += judged.map { ("record \($0.element.sequence)", $0.element.problem) }
        if report.omittedFindings > 0 {
            findings.append(("log", "and \(report.omittedFindings) findings more"))
        }
    }

    mutating func add(_ problem: String, at place: String) { findings.append((place, problem)) }

    /// Adds what the signatures say against the log: by its own `key`, and by at least `quorum` of
    /// `witnesses`.
    mutating func checkSignatures(by key: VerifierKey, witnesses: [VerifierKey], quorum: Int) {
        guard let checkpoint else {
            findings.append(("checkpoint", "there is none: nothing vouches for the log"))
            return
        }
        do throws(NoteFault) {
            let signers = try checkpoint.verified(by: [key] + witnesses)
            if !signers.contains(key) { throw .unsigned }
            let count = signers.count { $0 != key }
            if count < quorum {
                findings.append(
                    ("checkpoint", "\(count) of the witnesses signed it, not \(quorum)"))
            }
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

func storedCampaign(_ digest: Digest, in content: String) -> Campaign? {
    guard let bytes = try? ContentStore(reading: content).read(digest),
        let manifest = try? parseManifest(
            String(decoding: bytes, as: UTF8.self), file: "manifest", limits: .canonical)
    else { return nil }
    return try? manifest.resolved { _ in
        .failure(LookupFailure(problem: "no digest for the file", remedy: ""))
    }
}
