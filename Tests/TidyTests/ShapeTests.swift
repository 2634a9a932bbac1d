import Foundation
import Testing

struct ShapeTests {
    @Test func `no source file is longer than 400 lines`() {
        for file in SourceTree.files(under: "Sources", endingIn: [".swift", ".c", ".h"]) {
            #expect(file.lines.count <= 401, "\(file.path)")
        }
    }

    @Test func `no function is longer than 60 lines`() {
        for file in SourceTree.files(under: "Sources", endingIn: [".swift"]) {
            for function in functions(of: file) where function.length > 60 {
                Issue.record("\(file.path):\(function.line): \(function.length) lines")
            }
        }
    }

    @Test func `no line is longer than 100 columns`() {
        let suffixes = [".swift", ".py", ".c", ".h", ".cc"]
        for folder in ["Sources", "Tests", "examples"] {
            for file in SourceTree.files(under: folder, endingIn: suffixes) {
                for (number, line) in file.lines.enumerated() where line.count > 100 {
                    // What a test expects stands in one piece.
                    if folder == "Tests", line.contains("\"") { continue }
                    Issue.record("\(file.path):\(number + 1): \(line.count) columns")
                }
            }
        }
    }

    @Test func `what must never be written is not there`() {
        let never = ["try!", "as!", "@unchecked Sendable", "nonisolated(unsafe)", "fatalError("]
        for file in SourceTree.files(under: "Sources", endingIn: [".swift"]) {
            for (number, line) in file.lines.enumerated() {
                for word in never where line.contains(word) {
                    Issue.record("\(file.path):\(number + 1): \(word)")
                }
            }
        }
    }

    @Test func `tests do not sleep`() {
        let words = ["Task." + "sleep", "Thread." + "sleep", "usleep" + "("]
        for file in SourceTree.files(under: "Tests", endingIn: [".swift"]) {
            for word in words where file.text.contains(word) {
                Issue.record("\(file.path): \(word)")
            }
        }
    }

    /// From a line with `func` or `init` to the line on which its braces close.
    private func functions(of file: SourceTree.File) -> [(line: Int, length: Int)] {
        var found: [(line: Int, length: Int)] = []
        let lines = file.lines
        for (number, line) in lines.enumerated() {
            let words = line.split(separator: " ")
            guard words.contains("func") || words.contains(where: { $0.hasPrefix("init(") }),
                !line.contains("//")
            else { continue }
            let indent = line.prefix { $0 == " " }
            // The formatter closes a body on a line of the same indentation.
            let end = lines[(number + 1)...].firstIndex {
                $0 == indent + "}" || (!$0.isEmpty && $0.prefix { $0 == " " }.count < indent.count)
            }
            if let end, lines[end] == indent + "}" { found.append((number + 1, end - number + 1)) }
        }
        return found
    }
}
