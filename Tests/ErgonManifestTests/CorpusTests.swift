import ErgonManifest
import ErgonModel
import Foundation
import Testing

@Suite struct CorpusTests {
    /// The manifests that the repository ships.
    static let shipped =
        (try? FileManager.default.contentsOfDirectory(
            at: Corpus.folder.appending(path: "../../../manifests"), includingPropertiesForKeys: nil
        ))?
        .filter { $0.pathExtension == "yaml" }
        .sorted { $0.path < $1.path } ?? []

    @Test(arguments: shipped)
    func `a manifest we ship has no error that shows without its files`(file: URL) throws {
        let text = try String(contentsOf: file, encoding: .utf8)
        #expect(throws: Never.self) { try parseManifest(text, file: file.lastPathComponent) }
    }

    @Test func `the corpus is where the tests look for it`() {
        #expect(Corpus.valid.count >= 9)
        #expect(Corpus.broken.count >= 24)
    }

    @Test(arguments: Corpus.valid)
    func `a valid manifest has the campaign beside it`(name: String) throws {
        let text = try Corpus.text(of: name)
        let campaign = try campaign(of: text)
        #expect(try golden("\(name).canonical.json", is: canonicalForm(of: campaign) + "\n"))
    }

    @Test(arguments: Corpus.broken)
    func `a broken manifest has all the errors beside it`(name: String) throws {
        let text = try Corpus.text(of: name)
        let errors = errors(of: text)
        #expect(!errors.isEmpty, "accepted: \(name)")
        let report = render(ManifestErrors(errors: errors))
        #expect(try golden("\(name).expected", is: report + "\n"))
    }

    @Test(arguments: Corpus.broken)
    func `errors come in the order of the text and point into it`(name: String) throws {
        let text = try Corpus.text(of: name)
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        let errors = errors(of: text)
        let places = errors.map { [$0.line, $0.column] }
        #expect(places == places.sorted { $0.lexicographicallyPrecedes($1) })
        for error in errors {
            #expect((1...lines.count).contains(error.line))
            #expect(error.column >= 1)
            #expect(error.place == "campaign.yaml:\(error.line):\(error.column)")
        }
    }
}
