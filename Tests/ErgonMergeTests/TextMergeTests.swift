import ErgonMerge
import ErgonModel
import Testing
import SeededRandom

@Suite struct `Text is joined in task order` {
    @Test(arguments: [
        (["a\n", "b\n"], "a\nb\n"),
        (["a", "b"], "a\nb\n"),
        (["", "a\n", ""], "a\n"),
        (["", ""], ""),
        (["\n", "a"], "\na\n"),
        (["a\r\nb\r\n", "c"], "a\r\nb\r\nc\n"),
    ])
    func `a last line without an end gets one`(texts: [String], expected: String) throws {
        #expect(text(try flat(.lines, pieces(texts))) == expected)
    }

    @Test(arguments: [
        (["x,y\n1,2\n", "x,y\n3,4\n"], "x,y\n1,2\n3,4\n"),
        (["x,y\n1,2", "x,y\n3,4"], "x,y\n1,2\n3,4\n"),
        (["x,y\n", "x,y\n3,4\n"], "x,y\n3,4\n"),
        (["x,y", "x,y"], "x,y\n"),
        (["x\r\n1\r\n", "x\r\n2\r\n"], "x\r\n1\r\n2\r\n"),
    ])
    func `a table has its header once`(texts: [String], expected: String) throws {
        #expect(text(try flat(.csv, pieces(texts))) == expected)
    }

    @Test func `headers must be equal byte for byte`() {
        #expect(
            fault(.csv, ["x,y\n1,2\n", "x, y\n3,4\n"])
                == #"task 1: its header is "x, y", but "x,y" in task 0"#)
        #expect(
            fault(.csv, ["x\n1\n", "x\r\n2\r\n"])
                == #"task 1: its header is "x\r", but "x" in task 0"#)
    }

    @Test(arguments: ["", "\n1,2\n"])
    func `a table without a header is refused`(empty: String) {
        #expect(fault(.csv, ["x,y\n", empty]) == "task 1: no header line")
        #expect(fault(.csv, [empty, "x,y\n"]) == "task 0: no header line")
    }

    @Test(arguments: UInt64(1)...8)
    func `every nesting leaves the same text`(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let rows = (0..<23).map { task in
            (0..<Int.random(in: 0...3, using: &generator)).map { "\(task),\($0)" }
                .joined(separator: "\n") + (Bool.random(using: &generator) ? "\n" : "")
        }
        let tables = rows.map { "task,row\n\($0)" }
        #expect(try results(.lines, pieces(rows), shuffled: false, seed: seed).count == 1)
        #expect(try results(.csv, pieces(tables), shuffled: false, seed: seed).count == 1)
    }
}
