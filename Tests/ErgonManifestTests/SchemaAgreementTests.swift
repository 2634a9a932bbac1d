import ErgonManifest
import Foundation
import Testing

/// The parser's half; the schema's half is `Tests/Schema/test_schema.py`, on the same lines.
@Suite struct SchemaAgreementTests {
    static func fragments(_ name: String) -> [String] {
        let file = Corpus.folder.appending(path: "fragments-\(name).txt")
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").filter { $0.hasPrefix("{") }.map { line in
            "{apiVersion: ergon/v1, kind: Campaign, metadata: {name: sample}, " + line.dropFirst()
        }
    }

    @Test func `the fragments are where the tests look for them`() {
        #expect(Self.fragments("accepted").count >= 30)
        #expect(Self.fragments("refused").count >= 100)
    }

    @Test(arguments: fragments("accepted"))
    func `an accepted fragment is accepted`(text: String) {
        #expect(errors(of: text) == [])
    }

    @Test(arguments: fragments("refused"))
    func `a refused fragment is refused before any file is looked up`(text: String) {
        #expect(throws: ManifestErrors.self) {
            try parseManifest(text, file: "campaign.yaml")
        }
    }
}
