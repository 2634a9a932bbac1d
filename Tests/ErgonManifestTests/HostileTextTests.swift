import ErgonManifest
import Foundation
import Testing
import SeededRandom

/// Texts that were not written by a friend: refused, quickly, and with a place.
@Suite struct HostileTextTests {
    private func onlyError(of text: String) throws -> ManifestError {
        let errors = errors(of: text)
        #expect(errors.count == 1)
        return try #require(errors.first)
    }

    /// `levels` lists, each of which names the one before it nine times.
    private func aliasBomb(levels: Int) -> String {
        let bombs = (1...levels).map { level in
            let earlier = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
            return "a\(level): &a\(level) [\(earlier)]\n"
        }
        return "a0: &a0 x\n" + bombs.joined() + "? [*a\(levels), *a\(levels)]\n: boom\n"
    }

    @Test(.timeLimit(.minutes(1)))
    func `nested aliases are refused before they are followed`() throws {
        let error = try onlyError(of: aliasBomb(levels: 1000))
        #expect(error.problem.hasPrefix("an alias"))
        #expect(error.place == "campaign.yaml:1002:4")
    }

    @Test(.timeLimit(.minutes(1)))
    func `ten megabytes of aliases are refused unread`() throws {
        let line = "- &a [" + Array(repeating: "*a", count: 100).joined(separator: ", ") + "]\n"
        let text = String(repeating: line, count: 10 << 20 / line.utf8.count + 1)
        #expect(try onlyError(of: text).problem.hasSuffix("at most 1048576 are read"))
    }

    @Test func `a mebibyte is read and one byte more is not`() throws {
        let text = manifest(steps: "{s: {run: [s]}}")
        let padding = String(repeating: "#", count: 1 << 20 - text.utf8.count)
        #expect(errors(of: text + padding) == [])
        let error = try onlyError(of: text + padding + "#")
        #expect(error.place == "campaign.yaml:1:1")
        #expect(!error.remedy.isEmpty)
    }

    @Test func `more than 200,000 values are refused`() throws {
        let items = { (count: Int) in
            manifest(
                steps: "{s: {run: [" + Array(repeating: "s", count: count).joined(separator: ",")
                    + "]}}")
        }
        // The rest of the manifest has 8 values.
        #expect(errors(of: items(199_992)) == [])
        #expect(try onlyError(of: items(199_993)).problem.contains("more than 200000 values"))
    }

    @Test(
        .timeLimit(.minutes(1)),
        arguments: ["[", "{a: ", "- ", "? ", "\"", "&a ", "!", "[{", "-\n "])
    func `a mebibyte of one and the same is refused`(piece: String) {
        let text = String(repeating: piece, count: 1 << 20 / piece.utf8.count)
        #expect(!errors(of: text).isEmpty)
    }

    @Test(arguments: 1...16)
    func `a manifest cut anywhere is refused or is one`(sixteenth: Int) throws {
        let text = try Corpus.text(of: "valid/every-key")
        let scalars = Array(text.unicodeScalars)
        for length in stride(from: sixteenth, to: scalars.count, by: 16) {
            var cut = String.UnicodeScalarView()
            cut.append(contentsOf: scalars.prefix(length))
            _ = errors(of: String(cut))
        }
    }

    @Test(arguments: UInt64(1)...64)
    func `a manifest with random damage is refused or is one`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var bytes = Array(try Corpus.text(of: "valid/every-key").utf8)
        let marks = Array("\n\t {}[]:,&*!|>'\"%@`#-?0a\u{0}\u{e9}".utf8)
        for _ in 0..<Int.random(in: 1...8, using: &random) {
            let position = Int.random(in: 0..<bytes.count, using: &random)
            bytes[position] = marks[Int.random(in: 0..<marks.count, using: &random)]
        }
        for error in errors(of: String(decoding: bytes, as: UTF8.self)) {
            #expect(error.line >= 1 && error.column >= 1 && !error.problem.isEmpty)
            #expect(
                !render(ManifestErrors(errors: [error])).contains { $0 == "\t" || $0 == "\u{0}" })
        }
    }

    @Test func `of very many errors a hundred are listed and the rest are counted`() throws {
        let steps = (1...150).map { "  s\($0): {run: [s], x: 1}" }.joined(separator: "\n")
        let found = errors(of: manifest(steps: "\n" + steps))
        #expect(found.count == 101)
        #expect(found[99].line == 104)
        let last = try #require(found.last)
        #expect(last.problem == "and 50 more errors from here on")
        #expect(last.line == 105)
    }

    @Test func `what is quoted from the text cannot steer a terminal`() throws {
        let long = String(repeating: "x", count: 500)
        let error = try onlyError(
            of: manifest(steps: "{s: {run: [s], \"\\e[2J\\n\(long)\": 1}}"))
        #expect(error.problem.hasPrefix("unknown key `\\u{1B}[2J\\nxxx"))
        #expect(
            error.problem.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
        #expect(error.problem.count < 100)
    }

    @Test func `a byte order mark and Windows line ends are harmless`() throws {
        let text = manifest(steps: "{s: {run: [s]}}\nsed: 1")
        let windows = "\u{FEFF}" + text.split(separator: "\n").joined(separator: "\r\n")
        let error = try onlyError(of: windows)
        #expect(error.place == "campaign.yaml:5:1")
        #expect(error.remedy == "did you mean `seed`?")
    }

    @Test func `more duplicates than are followed up still end in an error`() {
        let keys = (1...40).map { "a\($0): 1, a\($0): 2" }.joined(separator: ", ")
        let found = errors(of: manifest(steps: "{s: {run: [s], outputs: {\(keys)}}}"))
        #expect(found.contains { $0.problem == "this key stands twice in its mapping" })
    }

    @Test func `columns are counted in characters after letters beyond ASCII`() throws {
        let error = try onlyError(of: manifest(steps: "{s: {run: [\"größe👍\"], cpu: 1}}"))
        #expect((error.line, error.column) == (4, 30))
    }
}
