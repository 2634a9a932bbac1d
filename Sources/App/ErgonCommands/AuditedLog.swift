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
    func openEither() throws -> any RecordSource {
        guard isExported else { return try open() }
        return try explained { () throws(LogFault) in
            try TiledLogReader(of: TileFolder(folder))
        }
    }

    /// Reads and judges the whole of it.
    /// - Parameter earlier: what it was once; it must be the start of what it is.
    func read(since earlier: TreeHead? = nil) throws -> AuditedLog {
        try AuditedLog(
            try openEither(), content: contentFolder, authority: try readAuthority(authority),
            since: earlier)
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
        since earlier: TreeHead? = nil
    ) throws {
        self.content = content
        hasAuthority = authority != nil
        var reader = source
        var audit = Audit { digest in
            try? ContentStore(reading: content).read(digest)
        } campaign: { digest in
            storedCampaign(digest, in: content)
        }
        var start = earlier.map { PastHead($0) }
        var policies = DecisionCheck(content: content)
        while let item = try reader.next() {
            switch item {
            case .record(let place, let bytes):
                start?.add(bytes)
                do throws(RecordFault) {
                    let (sequence, record) = try decode(bytes)
                    audit.add(record, sequence: sequence)
                    let signer = authority.flatMap { signerProblem(record, $0) }
                    for problem in [signer, policies.problem(of: record)].compactMap(\.self) {
                        findings.append(("record \(sequence)", problem))
                    }
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
        if let problem = start?.problem { findings.append(("the earlier checkpoint", problem)) }
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

/// - Returns: what is wrong with the certificate with which a worker joined, if anything is.
private func signerProblem(_ record: Record, _ authority: Certificate) -> String? {
    guard case .workerJoined(let facts) = record.event, let signing = facts.signing else {
        return nil
    }
    do throws(SignerFault) {
        let checked = try SigningKey(
            certificate: signing.certificate, of: facts.worker, by: authority, now: record.time)
        return checked == signing
            ? nil : "worker \(facts.worker) joined with a key that is not its certificate's"
    } catch { return "worker \(facts.worker) joined with \(error.reason)" }
}

/// Whether a log begins with what it was when an earlier checkpoint was taken of it.
private struct PastHead {
    let head: TreeHead
    private var frontier = MerkleFrontier()

    init(_ head: TreeHead) { self.head = head }

    mutating func add(_ record: [UInt8]) {
        if frontier.size < head.size { frontier.append(leafHash(record)) }
    }

    var problem: String? {
        if frontier.size < head.size {
            "the log has \(frontier.size) records that can be read, not the \(head.size) of then"
        } else if frontier.root != head.root {
            "the first \(head.size) records are not those of then: the log was rewritten"
        } else {
            nil
        }
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
