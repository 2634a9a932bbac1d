import ErgonAudit
import ErgonModel
import ErgonProvenance

extension AuditedLog {
    /// The report for people.
    func page(
        _ outputs: (there: Int, absent: Int), key: VerifierKey, isOwn: Bool
    ) -> AuditPage {
        var page = AuditPage(of: report)
        page.findings = findings
        page.facts = [
            ("Records", "\(report.records)"),
            ("Root of the tree", isReadable ? head.root.hex : "not all records can be read"),
            ("Key", "\(key)"),
            (
                "The key is from",
                isOwn ? "beside the log: whoever wrote the log can have written it" : "the auditor"
            ),
            ("Signatures of the checkpoint", checkpoint.map { names(of: $0) } ?? "none"),
            ("Starts of the coordinator", "\(report.epochs)"),
            ("Workers", "\(report.workers.count)"),
            (
                "Published outputs",
                "\(outputs.there) read and compared, \(outputs.absent) not at hand"
            ),
        ]
        page.notes = report.repairs.map { renderRepair($0) }
        if let unsigned, unsigned > 0 {
            page.notes.append("\(unsigned) records after the checkpoint are not signed")
        }
        return page
    }

    private func names(of note: SignedNote) -> String {
        note.signatures.map(\.name).joined(separator: ", ")
    }
}
