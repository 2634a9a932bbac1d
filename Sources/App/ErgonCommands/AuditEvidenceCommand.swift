import ArgumentParser
import ErgonAudit
import ErgonModel
import ErgonProvenance
import ErgonWire
import ErgonWireMessages

struct AuditEvidenceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evidence",
        abstract: "Writes and verifies the evidence of a campaign that has ended.",
        discussion: """
            A signed attestation, the proof that the campaign's end is in the log, and a crate, in \
            one folder; then all of them are read back and verified by the log's key, and it is \
            looked up whether as many of its tasks were run once more as the policy asks for, and \
            left the same. If a policy was in force, the coordinator puts on record what was \
            found, with the digests of what was written: gate G15 of docs/POLICY.md. Exit status 1 \
            if the evidence is not good enough.
            """)

    @Argument(help: "The folder to write to.", completion: .directory)
    var folder: String
    @OptionGroup var export: ExportArguments
    @Option(
        help: """
            The login of whoever looked (`ergon login`), an auditor, approver or operator. \
            Default: that of --home.
            """,
        completion: .directory)
    var login: String?
    @OptionGroup var output: FormatOption

    func run() async throws {
        try await reporting {
            let exported = try export.read()
            let log = export.arguments
            let evidence = EvidenceFolder(folder: absolute(folder))
            try evidence.write(exported, of: log, signedBy: try export.signer(for: exported))
            let key = try verifierKey("\(log.around)/log-key.pub")
            let sample = try EvidenceSample(of: exported, in: log)
            let problems = try evidence.problems(of: exported, by: key) + sample.problems
            let summary = try evidence.summary()
            var said: String?
            if sample.obligations != nil {
                said = try await tell(
                    of: exported.history.accepted.id, problems,
                    problems.isEmpty ? summary : problems.joined(separator: "; "))
            }
            output.print(
                text(problems, summary, said),
                json: [
                    "good": .bool(problems.isEmpty),
                    "problems": .array(problems.map { .string($0) }),
                    "files": .string(summary), "runOnceMore": .int(sample.again),
                    "onRecord": .bool(said != nil),
                ])
            if !problems.isEmpty { throw Exit.no }
        }
    }

    private func tell(
        of campaign: CampaignID, _ problems: [String], _ comment: String
    ) async throws -> String {
        var request = Ergon_V1_ApproveRequest()
        request.campaign = "\(campaign)"
        request.matter = Approval.Matter.evidence.rawValue
        request.rejected = !problems.isEmpty
        request.comment = shortened(comment)
        return try await withCoordinator(login.map(absolute) ?? export.home.folder) { [request] in
            try await $0.control.approve(request, options: ControlClient.patience)
        }.sentence
    }

    private func text(_ problems: [String], _ summary: String, _ said: String?) -> String {
        let verdict = problems.isEmpty ? ["G15 evidence: passed"] : problems.map { "not: \($0)" }
        let record = said ?? "no policy was in force: nothing was put on record"
        return ([summary] + verdict + [record]).joined(separator: "\n")
    }
}
