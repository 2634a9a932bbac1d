import ErgonModel
import Testing

@Suite struct `Names and texts of others` {
    @Test(arguments: [
        "a", ".hidden", "a b", "\"\\", "ü", "...", "a.\u{301}", String(repeating: "x", count: 20),
    ])
    func `may name a file`(name: String) {
        #expect(isFileName(name, atMost: 20))
    }

    @Test(arguments: [
        "", ".", "..", "/", "a/b", "a/\u{301}b", "a\0", "a\nb", "\u{1B}[2J", "\u{7F}", "\u{9B}",
        "\u{2028}", "\u{2029}", "\u{FEFF}a", String(repeating: "x", count: 21),
        String(repeating: "ü", count: 11),
    ])
    func `may not name a file`(name: String) {
        #expect(!isFileName(name, atMost: 20))
    }

    @Test func `the longest name of an output has room for a task's number`() {
        let file = String(repeating: "ü", count: outputNameLimit / 2)
        let output = OutputSpec(name: "o", file: file, merge: nil)
        #expect(isFileName(file, atMost: outputNameLimit))
        #expect(isFileName(output.fileName(task: Shards.limit), atMost: 255))
        #expect(isFileName(output.fileName(isPartial: true), atMost: 255))
    }

    @Test func `a suffix begins at its point, whatever follows`() {
        let output = OutputSpec(name: "o", file: "a.\u{301}txt", merge: nil)
        #expect(output.fileName(task: 3) == "a-000003.\u{301}txt")
    }

    @Test func `a text is cut by bytes, between letters, and shows it`() {
        #expect(shortened("ab", to: 3) == "ab")
        #expect(shortened("abcd", to: 4) == "abcd")
        #expect(shortened("abcde", to: 4) == "a…")
        #expect(shortened("aüüü", to: 6) == "aü…")
        let endless = shortened(String(repeating: "e\u{301}", count: 1000))
        #expect(endless.utf8.count <= freeTextLimit && endless.hasSuffix("…"))
    }

    @Test func `a source is written as in a manifest`() {
        #expect(Source.input("muons").text == "muons")
        #expect(Source.output(step: "reco", output: "mass").text == "reco.mass")
    }
}
