import Foundation
import Testing

/// A text that anyone can read: blocks between blank lines, in each the commands, a line `----`,
/// and the effects they must cause. Lines that start with `#` are for the reader.
struct Story: CustomTestStringConvertible, Sendable {
    private let file: URL

    var testDescription: String { file.deletingPathExtension().lastPathComponent }

    /// The stories in the folder `Stories` beside a source file.
    static func all(beside source: String) -> [Story] {
        let folder = URL(filePath: source).deletingLastPathComponent().appending(path: "Stories")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasSuffix(".txt") }.sorted().map {
            Story(file: folder.appending(path: $0))
        }
    }

    /// Performs the commands and compares what they cause; rewrites it if `UPDATE_GOLDEN=1`.
    /// - Parameter perform: takes one command and says what it caused, a line each.
    func check(_ perform: (String) throws -> [String]) throws {
        let text = try String(contentsOf: file, encoding: .utf8)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let told = try lines.split(separator: "", omittingEmptySubsequences: false)
            .map { try Self.retold(Array($0), perform) }.joined(separator: [""])
        if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
            try Data(told.joined(separator: "\n").utf8).write(to: file)
        }
        #expect(Array(told) == lines, "\(testDescription) is told differently")
    }

    private static func retold(
        _ block: [String], _ perform: (String) throws -> [String]
    ) rethrows -> [String] {
        let head = block.prefix { $0 != "----" }
        let commands = head.filter { !$0.hasPrefix("#") }
        guard !commands.isEmpty else { return block }
        let effects = try commands.flatMap(perform)
        return head + ["----"] + (effects.isEmpty ? ["nothing"] : effects)
    }
}

/// A command, word by word.
struct Words {
    private var rest: [Substring]

    init(_ command: String) { rest = command.split(separator: " ") }

    mutating func next() throws -> String {
        guard !rest.isEmpty else { throw StoryFault("a word is missing") }
        return String(rest.removeFirst())
    }

    mutating func number() throws -> Int {
        let word = try next()
        guard let number = Int(word) else { throw StoryFault("`\(word)` is no number") }
        return number
    }

    var isOver: Bool { rest.isEmpty }

    /// True, and one word further, if this is the next one.
    mutating func take(_ word: String) -> Bool {
        guard rest.first == word[...] else { return false }
        rest.removeFirst()
        return true
    }

    /// `31s` or `500ms`, in microseconds.
    mutating func microseconds() throws -> Int64 {
        let word = try next()
        for (unit, factor) in [("ms", Int64(1000)), ("s", 1_000_000)] where word.hasSuffix(unit) {
            guard let count = Int64(word.dropLast(unit.count)) else { break }
            return count * factor
        }
        throw StoryFault("`\(word)` is no time")
    }

    /// Everything that is left.
    mutating func remainder() -> String {
        defer { rest = [] }
        return rest.joined(separator: " ")
    }
}

/// A story that cannot be performed.
struct StoryFault: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
