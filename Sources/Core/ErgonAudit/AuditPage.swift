import ErgonModel
import ErgonProvenance

/// What an audit came to, as one page for people (HTML): nothing is loaded from elsewhere, there
/// are no scripts, and it reads well aloud and in print.
package struct AuditPage {
    /// What was found: where, and what.
    package var findings: [(place: String, problem: String)] = []
    /// What was looked at and how, as pairs of a term and what is said of it.
    package var facts: [(String, String)] = []
    /// What is no fault, but should be known.
    package var notes: [String] = []
    private let report: AuditReport

    package init(of report: AuditReport) { self.report = report }

    package var html: String {
        let verdict =
            findings.isEmpty ? "Verified" : "Not verified: \(findings.count) findings"
        let state = findings.isEmpty ? "good" : "bad"
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Audit of a log: \(escaped(verdict))</title>
            <style>\(Self.style)</style>
            </head>
            <body>
            <main>
            <h1>Audit of a log</h1>
            <p class="\(state)" role="status"><strong>\(escaped(verdict))</strong></p>
            <h2 id="seen">What was looked at</h2>
            <dl>\(facts.map { "<dt>\(escaped($0.0))</dt><dd>\(escaped($0.1))</dd>" }.joined())</dl>
            \(foundSection)\(notesSection)<h2 id="campaigns">Campaigns</h2>
            \(report.campaigns.isEmpty ? "<p>There are none.</p>" : campaignTable)
            \(report.campaigns.map(section).joined(separator: "\n"))
            </main>
            </body>
            </html>

            """
    }

    private static let style = """
        :root { color-scheme: light dark }
        body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 }
        main { max-width: 60rem; margin: auto; padding: 1rem }
        table { border-collapse: collapse; display: block; overflow-x: auto }
        th, td { border: 1px solid; padding: .3rem .6rem; text-align: left }
        td.number { text-align: right }
        dt { font-weight: bold } code { overflow-wrap: anywhere }
        .good, .bad { border-left: .5rem solid; padding: .5rem 1rem }
        .good { border-color: #2a7d2a } .bad { border-color: #c22 }
        """

    private var foundSection: String {
        if findings.isEmpty { return "" }
        let rows = findings.map { row([$0.place, $0.problem]) }
        return """
            <h2 id="findings">Findings</h2>
            <p>In the order in which they were met; the first may be the cause of others.</p>
            \(table("What is wrong, and where", ["Place", "Problem"], rows))

            """
    }

    private var notesSection: String {
        if notes.isEmpty { return "" }
        let items = notes.map { "<li>\(escaped($0))</li>" }.joined()
        return "<h2 id=\"notes\">To be known</h2>\n<ul>\(items)</ul>\n"
    }

    private var campaignTable: String {
        let rows = report.campaigns.map { campaign in
            let account = campaign.account
            return row(
                [
                    "\(campaign.accepted.id)", campaign.accepted.name, campaign.accepted.by,
                    campaign.ending?.rawValue ?? "running",
                    "\(account.succeeded.attempts)", "\(account.failed.attempts)",
                    "\(account.superseded.attempts)", joules(account.energy),
                ], numbersFrom: 4)
        }
        return table(
            "Derived again from the records",
            [
                "Number", "Name", "Asked by", "Ended", "Attempts counted", "Failed", "Superseded",
                "Joules, all attempts",
            ], rows)
    }

    private func section(_ campaign: AuditReport.Summary) -> String {
        let outputs = campaign.outputs.map { output in
            row([
                output.name, output.file, output.content.digest.hex,
                output.missing.isEmpty ? "nothing" : "tasks \(output.missing)",
            ])
        }
        let coverage = campaign.coverage.map { entry in
            row(
                [
                    entry.step, entry.source, entry.unit, "\(entry.declared.count)",
                    "\(entry.covered.count)",
                    entry.gaps.map { "\(IntervalSet($0.range)): \($0.reason)" }
                        .joined(separator: "; "),
                ])
        }
        let id = campaign.accepted.id
        return """
            <h2 id="campaign-\(id)">Campaign \(id), \(escaped(campaign.accepted.name))</h2>
            <p>Manifest <code>\(campaign.accepted.manifest.hex)</code>.
            \(campaign.isComplete ? "Everything that it declares was counted exactly once."
                : "Not all that it declares is in its results.")</p>
            \(outputs.isEmpty ? "<p>It has published nothing.</p>" : table(
                "Published outputs", ["Output", "File", "SHA-256", "Missing"], outputs))
            \(coverage.isEmpty ? "" : table(
                "Coverage", ["Step", "Source", "Unit", "Declared", "Counted", "Gaps"], coverage))
            """
    }

    private func table(_ caption: String, _ header: [String], _ rows: [String]) -> String {
        let cells = header.map { "<th scope=\"col\">\(escaped($0))</th>" }.joined()
        return "<table><caption>\(escaped(caption))</caption><thead><tr>\(cells)</tr></thead>"
            + "<tbody>\(rows.joined(separator: "\n"))</tbody></table>"
    }

    private func row(_ cells: [String], numbersFrom first: Int = .max) -> String {
        let texts = cells.enumerated().map { place, cell in
            "<td\(place >= first ? " class=\"number\"" : "")>\(escaped(cell))</td>"
        }
        return "<tr>\(texts.joined())</tr>"
    }

    private func joules(_ energy: Joules) -> String { "\(Double(energy.microjoules) / 1e6)" }
}

/// What stands in a log may not become markup.
private func escaped(_ text: String) -> String {
    text.map { character -> String in
        switch character {
        case "&": "&amp;"
        case "<": "&lt;"
        case ">": "&gt;"
        case "\"": "&quot;"
        case "'": "&#39;"
        default: String(character)
        }
    }.joined()
}
