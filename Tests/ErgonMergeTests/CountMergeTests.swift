import ErgonMerge
import ErgonModel
import Testing
import SeededRandom

@Suite struct `Counts` {
    private let rule = MergeSpec.Rule.counts(equal: [])

    @Test func `integers add, whatever holds them, and the rest must be equal`() throws {
        let one =
            #"{"cuts":[10,9,[8]],"by":{"b":1,"a":2},"unit":"GeV","ok":true,"no":null,"w":2.0}"#
        let two =
            #"{"w":2.0,"by":{"a":40,"b":-3},"cuts":[1,0,[5]],"ok":true,"unit":"GeV","no":null}"#
        let sum =
            #"{"by":{"a":42,"b":-2},"cuts":[11,9,[13]],"no":null,"ok":true,"unit":"GeV","w":2.0}"#
        #expect(text(try flat(rule, pieces([one, two]))) == sum + "\n")
    }

    @Test func `a single piece leaves what many would`() throws {
        #expect(text(try flat(rule, pieces(["{ \"n\": 3 }"]))) == "{\"n\":3}\n")
        #expect(text(try flat(rule, pieces(["7"]))) == "7\n")
    }

    @Test func `a number with a fraction stays one on the next level`() throws {
        let texts = Array(repeating: #"{"bin":60.0,"tiny":1e-9,"n":1}"#, count: 5)
        #expect(
            text(try tree(rule, pieces(texts), fanIn: 2)) == #"{"bin":60.0,"n":5,"tiny":1e-9}"#
                + "\n")
    }

    @Test func `integers under a key named equal are settings, at any depth`() throws {
        let texts = [
            #"{"fit":{"lo":60,"edges":[0,5],"n":1}}"#, #"{"fit":{"lo":60,"edges":[0,5],"n":2}}"#,
        ]
        let rule = MergeSpec.Rule.counts(equal: ["lo", "edges"])
        #expect(
            text(try flat(rule, pieces(texts))) == #"{"fit":{"edges":[0,5],"lo":60,"n":3}}"# + "\n")
        #expect(
            fault(rule, [#"{"fit":{"lo":60}}"#, #"{"fit":{"lo":70}}"#])
                == "task 1: /fit/lo: 70, but 60 in task 0")
        #expect(
            fault(rule, [#"{"edges":[0,5]}"#, #"{"edges":[0,6]}"#])
                == "task 1: /edges/1: 6, but 5 in task 0")
    }

    @Test(arguments: [
        (["{\"s\":\"a\"}", "{\"s\":\"b\"}"], #"task 1: /s: "b", but "a" in task 0"#),
        (["[true]", "[false]"], "task 1: /0: false, but true in task 0"),
        (["[1.5]", "[1.5]", "[2.5]"], "task 2: /0: 2.5, but 1.5 in task 0"),
        (["[1]", "[1.0]"], "task 1: /0: 1.0, but a count in task 0"),
        (["[[1]]", "[[1,2]]"], "task 1: /0: an array of 2, but an array of 1 in task 0"),
        (["[{}]", "[null]"], "task 1: /0: null, but an object in task 0"),
        (["{\"a\":1}", "{\"a\":1,\"b\":1}"], "task 1: the key `b` is not in task 0"),
        (["{\"a\":1,\"b\":1}", "{\"a\":1}"], "task 1: no key `b`, which is in task 0"),
        (
            ["{\"x/y\":{\"~\":1}}", "{\"x/y\":{\"~\":\"\"}}"],
            "task 1: /x~1y/~0: \"\", but a count in task 0"
        ),
        (["[9223372036854775807]", "[1]"], "task 1: /0: the sum with 1 is beyond 64 bits"),
        (["[1]", "[NaN]"], "task 1: not JSON: byte 1: not a JSON value"),
        (["[1]", ""], "task 1: not JSON: byte 0: the text ends early"),
    ])
    func `what does not fit is named`(texts: [String], expected: String) {
        #expect(fault(rule, texts) == expected)
    }

    @Test func `two spellings of one letter are two keys and two strings`() {
        let (composed, decomposed) = ("\u{E9}", "e\u{301}")
        #expect(fault(rule, ["{\"\(composed)\":1}", "{\"\(decomposed)\":1}"]) != nil)
        #expect(fault(rule, ["\"\(composed)\"", "\"\(decomposed)\""]) != nil)
    }

    @Test(arguments: UInt64(1)...8)
    func `every order and nesting leaves the same bytes`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let texts = (0..<23).map { _ in
            let counts = (0..<4).map { _ in Int.random(in: -1000...1000, using: &generator) }
            return #"{"h":\#(counts),"n":{"é":\#(counts[0])},"setting":3,"half":0.5}"#
        }
        let rule = MergeSpec.Rule.counts(equal: ["setting"])
        #expect(try results(rule, pieces(texts), shuffled: true, seed: seed).count == 1)
    }
}
