import ArgumentParser
import ErgonAudit
import ErgonModel
import ErgonProvenance
import ErgonSecurity
import FoundationEssentials

struct AuditVerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Checks that a log is whole and that its claims hold.",
        discussion: """
            Every checksum, the Merkle tree and the signed checkpoint; then every claim, by \
            replaying the records: each task's life, inputs before outputs, coverage, energy sums, \
            published results; and published content where it is at hand. Names what is wrong and \
            goes on. Exit status 1 on any finding.

            Give --key with a key that you have from elsewhere: whoever can rewrite the log can \
            rewrite the key that lies beside it. Whoever has the key can rewrite the log and sign \
            it anew: against that there are --since, with a checkpoint that you kept, and \
            --witness, with the keys of others who saw the log grow.

            A log can be given by its URL: a coordinator's, https://HOST:PORT/log of its data \
            port, with the --home of a login; or that of any web server to which it was exported. \
            What it signs is brought to this machine and read here.
            """)

    @OptionGroup var arguments: LogArguments
    @Option(help: "The log's verifier key (NAME+HASH+KEY), or a file that holds it.")
    var key: String?
    @Option(
        help: "A checkpoint of the log that was kept; the log must begin with what it was then.",
        completion: .file())
    var since: String?
    @Option(
        help: "The verifier key of a witness, or a file that holds it; may be given again.")
    var witness: [String] = []
    @Option(help: "How many of the witnesses must have signed. Default: all of them.")
    var quorum: Int?
    @Option(
        help: """
            Keep what is read of a URL in this folder. What is there already is not fetched again.
            """, completion: .directory)
    var keep: String?
    @Option(help: "Write a report for people (HTML) to this file.", completion: .file())
    var html: String?
    @OptionGroup var output: FormatOption

    func validate() throws {
        if let quorum, !(0...witness.count).contains(quorum) {
            throw ValidationError("there are \(witness.count) witnesses to make a quorum of")
        }
    }

    func run() async throws {
        try await reporting {
            guard let url = arguments.log, LogSource.isURL(url) else { return try await verify() }
            let folder = try keep.map(absolute) ?? makeTemporaryFolder()
            defer { if keep == nil { try? FileManager.default.removeItem(atPath: folder) } }
            let login = arguments.home.home.map(absolute)
            let source = try LogSource(url, login: login)
            try await LogMirror(source, in: folder).update()
            var local = self
            local.arguments.log = folder
            try await local.verify(from: source.url)
        }
    }

    /// - Parameter origin: where the log was brought from.
    private func verify(from origin: String? = nil) async throws {
        let (verifier, isOwn) = try verifierKey()
        let witnesses = try witness.map { try ErgonCommands.verifierKey($0) }
        let earlier = try since.map { try Self.earlierHead($0, signedBy: verifier) }
        var past = earlier.map { [PastHead($0, by: "the earlier checkpoint")] } ?? []
        let (stamp, fault) = keptStamp(signedBy: verifier)
        if let stamp { past.append(PastHead(stamp.head, by: "the time-stamp")) }
        var audited = try await arguments.read(since: past, from: origin)
        if let fault { audited.add(fault.problem, at: fault.place) }
        audited.checkSignatures(
            by: verifier, witnesses: witnesses, quorum: quorum ?? witnesses.count)
        let outputs = audited.checkOutputs()
        if let html {
            let page = audited.page(outputs, key: verifier, isOwn: isOwn)
            try writeFile(Array(page.html.utf8), to: absolute(html))
        }
        switch output.format {
        case .text:
            printData(text(audited, outputs, stamp))
            if isOwn {
                printNote(
                    "the key was taken from beside the log; --key with your own is better")
            }
        case .json: printData(json(audited, outputs, stamp).text())
        }
        if !audited.findings.isEmpty { throw Exit.no }
    }

    private func verifierKey() throws -> (VerifierKey, isOwn: Bool) {
        (try ErgonCommands.verifierKey(key ?? "\(arguments.around)/log-key.pub"), key == nil)
    }

    private func keptStamp(signedBy key: VerifierKey) -> (KeptStamp?, CommandFault?) {
        do throws(CommandFault) {
            return (try KeptStamp(newestIn: arguments.stamps, signedBy: key), nil)
        } catch { return (nil, error) }
    }

    /// - Throws: if it is no checkpoint, or was not signed by the log.
    private static func earlierHead(
        _ path: String, signedBy key: VerifierKey
    ) throws -> TreeHead {
        let bytes = try readFile(path)
        do throws(NoteFault) {
            let note = try SignedNote(parsing: bytes)
            _ = try note.verified(by: [key])
            return try Checkpoint(parsing: note.text).head
        } catch {
            throw CommandFault(
                place: path, problem: "this is no checkpoint of the log: \(error)",
                remedy: "give a copy of its `checkpoint` as it was at some earlier time")
        }
    }

    private func text(
        _ audited: AuditedLog, _ outputs: (there: Int, absent: Int), _ stamp: KeptStamp?
    ) -> String {
        let report = audited.report
        var lines = audited.findings.map { "\($0.place): \($0.problem)" }
        lines.append(
            "\(counted(report.records, "record")), \(counted(report.epochs, "start")), "
                + "\(counted(report.workers.count, "worker")), "
                + (audited.isReadable ? "root \(audited.head.root.hex)" : "not all readable"))
        for campaign in report.campaigns {
            let ending = campaign.ending?.rawValue ?? "running"
            let account = campaign.account
            let superseded = account.superseded.attempts
            let unused = superseded == 0 ? "" : "\(superseded) superseded, "
            lines.append(
                "campaign \(campaign.accepted.id) `\(campaign.accepted.name)`: \(ending), "
                    + "\(counted(account.succeeded.attempts, "attempt")) counted, "
                    + "\(account.failed.attempts) failed, "
                    + unused + energyText(account))
        }
        lines += signatureLines(audited)
        if let stamp {
            lines.append(
                "time-stamp: the first \(stamp.size) records at \(stamp.time), "
                    + "by whom says `openssl ts -verify`")
        }
        lines += report.repairs.map { "note: \(renderRepair($0))" }
        lines.append(
            counted(outputs.there, "published output") + " read, \(outputs.absent) not at hand")
        if let count = audited.unfinished {
            lines.append("an unfinished record of \(count) bytes at the end, which was never said")
        }
        if let count = audited.unsigned, count > 0 {
            lines.append(
                counted(count, "record after the checkpoint is", "records after the checkpoint are")
                    + " not signed")
        }
        lines.append(
            audited.findings.isEmpty ? "verified" : counted(audited.findings.count, "finding"))
        return lines.joined(separator: "\n")
    }

    private func signatureLines(_ audited: AuditedLog) -> [String] {
        let counts = audited.report.signatures
        var lines = [
            counted(counts.good, "record of results is", "records of results are")
                + " what their workers signed"
        ]
        if counts.unchecked > 0 {
            lines.append("signed, but what was signed is not at hand: \(counts.unchecked)")
        }
        if counts.unsigned > 0 {
            lines.append("\(counts.unsigned) by workers that did not sign yet")
        }
        if !audited.hasAuthority {
            lines.append(
                "the authority's certificate is not at hand: workers' keys are the log's word")
        }
        return lines
    }

    private func json(
        _ audited: AuditedLog, _ outputs: (there: Int, absent: Int), _ stamp: KeptStamp?
    ) -> JSON {
        .object([
            "version": .integer(1), "verified": .bool(audited.findings.isEmpty),
            "findings": .array(
                audited.findings.map {
                    .object(["place": .string($0.place), "problem": .string($0.problem)])
                }),
            "notes": .array(audited.report.repairs.map { .string(renderRepair($0)) }),
            "records": .int(audited.report.records),
            "timeStamp": stamp.map {
                .object(["records": .int($0.size), "time": .string($0.time)])
            } ?? .null,
            "recordsNotSigned": audited.unsigned.map { .int($0) } ?? .null,
            "root": .string(audited.head.root.hex),
            "signatures": .object([
                "good": .int(audited.report.signatures.good),
                "unchecked": .int(audited.report.signatures.unchecked),
                "unsigned": .int(audited.report.signatures.unsigned),
                "authority": .bool(audited.hasAuthority),
            ]),
            "outputsRead": .int(outputs.there), "outputsAbsent": .int(outputs.absent),
            "energyMicrojoules": .string("\(audited.report.energy.microjoules)"),
            "metered": audited.report.metered.json,
        ])
    }
}
