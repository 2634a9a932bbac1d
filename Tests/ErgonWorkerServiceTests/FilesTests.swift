import ErgonModel
import ErgonProvenance
import Foundation
import Testing

@testable import ErgonWorkerService

struct FilesTests {
    @Test(
        "a line is found by its number",
        arguments: [
            ("", []), ("a", ["a"]), ("a\n", ["a"]), ("a\nb", ["a", "b"]),
            ("\n\nc\n", ["", "", "c"]),
        ])
    func lines(content: String, lines: [String]) async throws {
        try await withFile(content) { path in
            for (number, expected) in lines.enumerated() {
                let found = try line(number, of: path, as: "list")
                #expect(found == Array(expected.utf8))
            }
            #expect(try line(lines.count, of: path, as: "list") == nil)
        }
    }

    @Test func `a line may be longer than what is read at once`() async throws {
        let long = String(repeating: "x", count: 600_000)
        try await withFile("a\n\(long)\nb\n") { path in
            let (second, third) = (
                try line(1, of: path, as: "list"), try line(2, of: path, as: "list")
            )
            #expect(second == Array(long.utf8))
            #expect(third == [UInt8(ascii: "b")])
        }
    }

    @Test func `of a long file the middle is left out`() async throws {
        try await withFile("0123456789") { path in
            #expect(try read(path, as: "log", head: 5, tail: 5) == Array("0123456789".utf8))
            let cut = String(decoding: try read(path, as: "log", head: 2, tail: 3), as: UTF8.self)
            #expect(cut == "01\n… 5 bytes left out …\n789")
        }
    }

    @Test func `peers hear what failed, our log also where`() async throws {
        try await withFolder { folder in
            let path = folder + "/missing"
            let fault = #expect(throws: WorkplaceFault.self) { try read(path, as: "a.csv") }
            #expect(fault?.reason == "cannot read a.csv: No such file or directory")
            #expect(fault?.detail.contains(path) == true)
        }
    }

    @Test func `what is written and hashed is what was given`() async throws {
        try await withFolder { folder in
            let bytes = [UInt8](repeating: 7, count: 300_000)
            try write(bytes, to: folder + "/out", as: "out")
            #expect(try read(folder + "/out", as: "out") == bytes)
            #expect(
                try hash(folder + "/out", as: "out")
                    == StoredFile(digest: Digest(of: bytes), size: ByteCount(300_000)))
        }
    }

    private func withFile(_ content: String, _ body: (String) throws -> Void) async throws {
        try await withFolder { folder in
            try content.write(toFile: folder + "/file", atomically: false, encoding: .utf8)
            try body(folder + "/file")
        }
    }
}
