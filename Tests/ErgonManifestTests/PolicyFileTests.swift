import ErgonManifest
import ErgonModel
import Foundation
import Testing

@Suite struct `A policy file` {
    static let shipped =
        (try? FileManager.default.contentsOfDirectory(
            at: Corpus.folder.appending(path: "../../../examples/policies"),
            includingPropertiesForKeys: nil))?
        .filter { $0.pathExtension == "yaml" }.sorted { $0.path < $1.path } ?? []

    private let head = "apiVersion: ergon/v1\nkind: Policy\nmetadata: {name: site}\n"

    @Test func `is read with what its gates are set to`() throws {
        let policy = try parsePolicy(
            head + """
                gates:
                  purpose: {mode: block, codes: [research, "7"], length: 5}
                  risk: {mode: warn, allow: [minimal]}
                  approval: {mode: block, for: [high, limited]}
                  model-card: {mode: block, fields: [name, intended-use]}
                  licence: {mode: block, allow: [MIT]}
                  dataset: {mode: warn, fields: [owner]}
                  residency: {mode: block, regions: {EU: [FR, DE]}}
                  retention: {mode: block, at-least: {high: 183 d}}
                  seed: off
                  output-review: warn
                """, file: "site.yaml")
        #expect(policy.name == "site")
        #expect(policy.mode(of: .purpose) == .block && policy.mode(of: .risk) == .warn)
        #expect(policy.mode(of: .seed) == .off && policy.mode(of: .evidence) == .off)
        let rules = policy.rules
        #expect(rules.purposes == ["research", "7"] && rules.purposeLength == 5)
        #expect(rules.risks == [.minimal] && rules.approvalRisks == [.high, .limited])
        #expect(rules.reviewRisks == [.high])
        #expect(rules.cardFields == [.name, .intendedUse] && rules.licences == ["MIT"])
        #expect(rules.datasetFields == [.owner] && rules.regions == ["EU": ["DE", "FR"]])
        #expect(rules.retention == [.high: .seconds(183 * 86_400)])
    }

    @Test func `says everything that is wrong with it at once, and what was meant`() {
        let found = #expect(throws: ManifestErrors.self) {
            try parsePolicy(
                """
                apiVersion: ergon/v1
                kind: Grid
                metadata: {name: My Site}
                gates:
                  purposes: warn
                  risk: {mode: blocks, alow: [minimal]}
                  approval: {for: [highest]}
                  retention: {mode: block}
                  seed: {mode: block, colours: []}
                  licence: [MIT]
                """, file: "site.yaml")
        }
        #expect(
            found.map { render($0) } == """
                site.yaml:2:7: `kind` is the text `Grid`
                    this program reads `kind: Policy`
                site.yaml:3:18: `My Site` is not a name for a policy
                    a letter from a to z, then a to z, 0 to 9 and `-`; at most 63 characters
                site.yaml:5:3: unknown key `purposes`
                    did you mean `purpose`?
                site.yaml:6:16: `mode` cannot be `blocks`
                    did you mean `block`?
                site.yaml:6:24: unknown key `alow`
                    did you mean `allow`?
                site.yaml:7:13: gate `approval` has no `mode`
                    add `mode: block`
                site.yaml:7:20: `for` cannot be `highest`
                    possible: `minimal`, `limited`, `high`, `research-exempt`
                site.yaml:8:14: gate `retention` has no `at-least`
                    add `at-least: {high: 183 d}`
                site.yaml:9:23: unknown key `colours`
                    keys of gate `seed`: `mode`
                site.yaml:10:12: gate `licence`: expected one of `off`, `warn`, `block`, \
                found a list
                """)
    }

    @Test(arguments: shipped)
    func `that we ship is read`(file: URL) throws {
        let text = try String(contentsOf: file, encoding: .utf8)
        let policy = try parsePolicy(text, file: file.lastPathComponent)
        #expect(file.lastPathComponent == "\(policy.name).yaml")
    }

    @Test func `the ones we ship are where the tests look for them`() {
        #expect(Self.shipped.count == 2)
    }
}

@Suite struct `A model's card` {
    private let digest = String(repeating: "ab", count: 32)

    @Test func `is read from front matter and headings`() throws {
        let card = try #require(
            readModelCard(
                Array(
                    """
                    ---
                    model_name: tagger
                    version: "2"
                    license: mit
                    sha256: \(digest)
                    metrics:
                    ---
                    # Tagger
                    ## Intended use
                    Jets.
                    ## Limitations

                    ## Training data
                    Open data.
                    """.utf8)))
        #expect(card.fields == [.name, .version, .licence, .intendedUse, .trainingData])
        #expect(card.model == Digest(hex: digest))
    }

    @Test func `is read from JSON, with or without name spaces`() throws {
        let text = """
            {"name": "tagger", "fair4ml:intendedUse": "jets", "trainedOn": [], "metrics": {"a": 1},
             "sha256": "\(digest)"}
            """
        let card = try #require(readModelCard(Array(text.utf8)))
        #expect(card.fields == [.name, .intendedUse, .metrics])
        #expect(card.model == Digest(hex: digest))
    }

    @Test(arguments: ["{", "---\na: [\n---\n", "---\n- a\n---\n"])
    func `that cannot be read is none`(text: String) {
        #expect(readModelCard(Array(text.utf8)) == nil)
    }

    @Test func `without either says nothing`() {
        #expect(readModelCard(Array("A tagger.\n".utf8))?.fields == [])
    }
}
