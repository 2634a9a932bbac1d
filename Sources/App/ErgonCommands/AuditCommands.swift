import ArgumentParser
import ErgonAudit
import ErgonModel
import ErgonProvenance
import ErgonSecurity
import FoundationEssentials

struct CoverageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coverage", abstract: "Says which events are in a campaign's result.",
        discussion: """
            Derived from the log alone, by replaying it. Exit status 0 if everything that the \
            manifest declares was counted exactly once, 1 if there is a gap.
            """)

    @Argument(help: "A campaign's number or name; `last` is the newest.")
    var campaign = "last"
    @OptionGroup var home: HomeOption
    @Option(help: "The log's folder, instead of a home.", completion: .directory)
    var log: String?
    @OptionGroup var output: FormatOption

    func run() async throws {
        try await reporting {
            var arguments = LogArguments()
            arguments.log = log
            arguments.home = home
            arguments.content = nil
            let audited = try arguments.read()
            let summary = try find(campaign, in: audited)
            let isComplete = summary.isComplete && audited.report.isClean
            switch output.format {
            case .text: printData(text(summary, isComplete))
            case .json:
                let entries = JSON.array(summary.coverage.map(\.json))
                printData(
                    JSON.object([
                        "version": .integer(1), "campaign": .int(summary.accepted.id.number),
                        "complete": .bool(isComplete), "coverage": entries,
                        "unmade": .array(summary.unmade.map { .string($0) }),
                        "outputs": .array(
                            summary.outputs.map { output in
                                .object([
                                    "name": .string(output.name), "file": .string(output.file),
                                    "missing": .string("\(output.missing)"),
                                ])
                            }),
                    ]).text())
            }
            if !audited.report.isClean {
                printNote("the log has faults: see `ergon audit verify`")
            }
            if !isComplete { throw Exit.no }
        }
    }

    private func find(
        _ campaign: String, in audited: AuditedLog
    ) throws -> AuditReport.Summary {
        try logged(
            campaign, among: audited.report.campaigns, by: \.accepted,
            else: "the log has no such campaign")
    }

    private func text(_ summary: AuditReport.Summary, _ isComplete: Bool) -> String {
        let rows = summary.coverage.map { entry in
            [
                entry.step, entry.source, "\(entry.declared.count)", "\(entry.covered.count)",
                entry.unit, entry.isComplete ? "complete" : "gaps",
            ]
        }
        let gaps = summary.coverage.flatMap { entry in
            entry.gaps.map { gap in
                "gap: \(entry.step) over \(entry.source), \(entry.unit) \(IntervalSet(gap.range)): "
                    + gap.reason
            }
        }
        let lacking = summary.outputs.filter { !$0.missing.isEmpty }.map {
            "gap: \($0.name) (\($0.file)) is without \($0.missing.taskText)"
        }
        let unmade = summary.unmade.map { "gap: \($0) was not made" }
        let verdict =
            isComplete
            ? "complete: everything declared was counted exactly once"
            : "not complete"
        return
            (["campaign \(summary.accepted.id) `\(summary.accepted.name)`"]
            + [table(["step", "source", "declared", "counted", "unit", ""], rows, right: [2, 3])]
            + gaps + lacking + unmade + [verdict]).joined(separator: "\n")
    }
}

extension Coverage {
    var json: JSON {
        func range(_ range: Range<Int>) -> JSON {
            .object(["first": .int(range.lowerBound), "count": .int(range.count)])
        }
        return .object([
            "step": .string(step), "source": .string(source), "unit": .string(unit),
            "declared": range(declared), "covered": .array(covered.ranges.map(range)),
            "complete": .bool(isComplete),
            "gaps": .array(
                gaps.map { .object(["range": range($0.range), "reason": .string($0.reason)]) }),
        ])
    }
}

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Reads and judges a log; asks no coordinator.",
        subcommands: [
            AuditVerifyCommand.self, AuditShowCommand.self, AuditProveCommand.self,
            AuditCheckCommand.self, AuditExportCommand.self, AuditReplayCommand.self,
            AuditEvidenceCommand.self,
        ])
}

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
            let (verifier, isOwn) = try verifierKey()
            let witnesses = try witness.map { try ErgonCommands.verifierKey($0) }
            let earlier = try since.map { try Self.earlierHead($0, signedBy: verifier) }
            var audited = try arguments.read(since: earlier)
            audited.checkSignatures(
                by: verifier, witnesses: witnesses, quorum: quorum ?? witnesses.count)
            let outputs = audited.checkOutputs()
            if let html {
                let page = audited.page(outputs, key: verifier, isOwn: isOwn)
                try writeFile(Array(page.html.utf8), to: absolute(html))
            }
            switch output.format {
            case .text:
                printData(text(audited, outputs))
                if isOwn {
                    printNote(
                        "the key was taken from beside the log; --key with your own is better")
                }
            case .json: printData(json(audited, outputs).text())
            }
            if !audited.findings.isEmpty { throw Exit.no }
        }
    }

    private func verifierKey() throws -> (VerifierKey, isOwn: Bool) {
        (try ErgonCommands.verifierKey(key ?? "\(arguments.around)/log-key.pub"), key == nil)
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

    private func text(_ audited: AuditedLog, _ outputs: (there: Int, absent: Int)) -> String {
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

    private func json(_ audited: AuditedLog, _ outputs: (there: Int, absent: Int)) -> JSON {
        .object([
            "version": .integer(1), "verified": .bool(audited.findings.isEmpty),
            "findings": .array(
                audited.findings.map {
                    .object(["place": .string($0.place), "problem": .string($0.problem)])
                }),
            "notes": .array(audited.report.repairs.map { .string(renderRepair($0)) }),
            "records": .int(audited.report.records),
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

struct AuditShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Prints a log's records, one a line.",
        discussion: """
            With `-o json` each as it is in the log (docs/LOG.md). All of them; or those of a \
            campaign; or what answers a question, by an index that is made of the log as far as \
            its checkpoint and can be removed at any time.
            """)

    @OptionGroup var arguments: LogArguments
    @Option(help: "Only what concerns the campaign of that number.")
    var campaign: Int?
    @Flag(help: "Only submissions that a policy refused: why, and what can be done.")
    var refused = false
    @OptionGroup var query: QueryArguments
    @OptionGroup var output: FormatOption

    func run() async throws {
        try await reporting {
            if query.isAsked { return try answer() }
            var reader = try arguments.openEither()
            while let item = try reader.next() {
                switch item {
                case .record(let place, let bytes): show(bytes, number: place.sequence)
                case .damage(let damage): printNote("record \(damage.place.sequence): \(damage)")
                case .unfinished: break
                }
            }
        }
    }

    private func answer() throws {
        let (index, note) = try query.index.open(of: arguments)
        let (outputs, records) = try query.answer(index)
        for output in outputs {
            switch self.output.format {
            case .text: printData(output.text)
            case .json: printData(output.json.text())
            }
        }
        for (number, bytes) in try arguments.records(records, signedBy: note) {
            show(bytes, number: number)
        }
        if outputs.isEmpty, records.isEmpty { printNote("nothing in the log answers that") }
    }

    private func show(_ bytes: [UInt8], number: Int) {
        do throws(RecordFault) {
            let (sequence, record) = try decode(bytes)
            guard concerns(record.event) else { return }
            switch output.format {
            case .text:
                let line = "\(sequence) \(renderRecord(record))"
                printData(refused ? "\(line)\n  \(reason(of: record.event))" : line)
            case .json: printData(String(decoding: bytes, as: UTF8.self))
            }
        } catch {
            printNote("record \(number): \(error)")
        }
    }

    /// Of a refused submission, for whoever submitted it.
    private func reason(of event: RecordedEvent) -> String {
        guard case .policyDecided(let recorded) = event else { return "" }
        let known = storedCampaign(recorded.decision.manifest, in: arguments.contentFolder)
        return "\(known.map { "`\($0.name)`" } ?? "it") is refused: "
            + recorded.decision.sentence(.blocked)
    }

    private func concerns(_ event: RecordedEvent) -> Bool {
        if refused {
            guard case .policyDecided(let recorded) = event else { return false }
            return recorded.decision.moment == .submission && recorded.campaign == nil
        }
        guard let campaign else { return true }
        let id = CampaignID(campaign)
        return switch event {
        case .policyDecided(let recorded): recorded.campaign == id
        case .approved(let approval): approval.campaign == id
        case .coordinatorStarted, .workerJoined, .workerStands, .policyInForce, .logRepaired: false
        case .energyMetered(let energy):
            energy.interval.shares.contains { $0.campaign == id }
        case .campaignAccepted(let accepted): accepted.id == id
        case .stageSized(let other, _, _), .campaignHeld(let other, _, _),
            .campaignReleased(let other, _), .campaignCancelled(let other, _),
            .campaignForgotten(let other, _):
            other == id
        case .campaignReopened(let reopened): reopened.id == id
        case .planAdopted(let plan): plan.campaigns.contains(id)
        case .results(let batch), .superseded(let batch): batch.campaign == id
        case .resultsReused(let reused): reused.id == id || reused.from == id
        case .campaignSealed(let seal): seal.id == id
        }
    }
}
