import ErgonPolicy
import Foundation
import Testing

/// Against another reader of such expressions: one verdict and one expression a line.
@Suite struct `A reference parser of licence expressions` {
    static let lines: [String] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "expressions.txt")
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") }
    }()

    @Test func `has judged enough of them`() {
        #expect(Self.lines.count == 120)
    }

    @Test(arguments: lines)
    func `says the same`(line: String) {
        let (verdict, text) = (line.prefix { $0 != " " }, line.drop { $0 != " " }.dropFirst())
        let allowed: Set = ["MIT", "CC0-1.0", "Apache-2.0", "GPL-2.0-or-later"]
        let expression = try? LicenceExpression(parsing: String(text))
        let found = expression.map { $0.isAllowed(allowed) ? "allowed" : "refused" } ?? "invalid"
        #expect(found == verdict)
    }
}
