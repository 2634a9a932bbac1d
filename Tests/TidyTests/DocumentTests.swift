import Crypto
import ErgonManifest
import Foundation
import Testing

struct DocumentTests {
    @Test func `links between documents resolve`() throws {
        let files = SourceTree.files(endingIn: [".md"])
        #expect(files.contains { $0.path == "README.md" })
        let pattern = try Regex(#"\]\(([^)\s]+)\)"#, as: (Substring, Substring).self)
        for file in files {
            let folder = SourceTree.root.appendingPathComponent(file.path)
                .deletingLastPathComponent()
            for match in file.text.matches(of: pattern) {
                let link = match.1.prefix { $0 != "#" }
                guard !link.isEmpty, !link.contains("://"), !link.hasPrefix("mailto:") else {
                    continue
                }
                let target = folder.appendingPathComponent(String(link)).path
                #expect(FileManager.default.fileExists(atPath: target), "\(file.path): \(link)")
            }
        }
    }

    /// What is promised names the tests that hold it.
    @Test(arguments: ["README.md", "docs/ARCHITECTURE.md"])
    func `every test that a document names exists`(path: String) throws {
        let tests = SourceTree.files(under: "Tests", endingIn: [".swift", ".py", ".sh"])
        let document = try #require(SourceTree.files(endingIn: [".md"]).first { $0.path == path })
        let functions = try Regex(#"\b(test_\w+)"#, as: (Substring, Substring).self)
        let sentences = try Regex(#"Tests` "([^"]+)""#, as: (Substring, Substring).self)
        let named =
            document.text.matches(of: functions).map { String($0.1) }
            + document.text.matches(of: sentences).map { String($0.1) }
        #expect(named.count > 5)
        for name in named {
            let isThere = tests.contains { $0.path.hasSuffix("/\(name).py") || $0.text.contains(name) }
            #expect(isThere, "\(path) names `\(name)`")
        }
    }

    @Test func `no path of one machine is written anywhere`() throws {
        let roots = ["/work/", "/opt/swift", "/root/", "/home/", "/farm/"]
        for file in SourceTree.files() where !file.path.hasPrefix("Tests/TidyTests") {
            for (number, line) in file.lines.enumerated() {
                for root in roots where line.contains(root) {
                    Issue.record("\(file.path):\(number + 1): \(line)")
                }
            }
        }
    }

    @Test(arguments: SourceTree.files(under: "manifests", endingIn: [".yaml"]).map(\.path))
    func `every manifest that ships parses`(path: String) throws {
        let url = SourceTree.root.appendingPathComponent(path)
        let text = try String(contentsOf: url, encoding: .utf8)
        do { _ = try parseManifest(text, file: path) } catch { Issue.record("\(render(error))") }
    }

    @Test func `the committed messages were made from ergon.proto`() throws {
        let folder = SourceTree.root.appendingPathComponent(
            "Sources/Runtime/ErgonWireMessages")
        let source = try Data(contentsOf: folder.appendingPathComponent("ergon.proto"))
        let digest = SHA256.hash(data: source).map { String(format: "%02x", $0) }.joined()
        let noted = try String(
            contentsOf: folder.appendingPathComponent("Generated/ergon.proto.sha256"),
            encoding: .utf8)
        #expect(noted == digest + "\n", "run Sources/Runtime/ErgonWireMessages/regenerate.sh")
    }

    @Test func `the top of the tree holds what it should`() throws {
        let allowed: Set<String> = [
            "Package.swift", "Sources", "Tests", "Benchmarks", "manifests", "examples", "docs",
            "README.md", "LICENSE", "Makefile",
        ]
        // What is ours git knows; what a user has left beside it is no concern of the tests.
        let git = Process()
        git.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        git.arguments = ["git", "-C", SourceTree.root.path, "ls-files"]
        let output = Pipe()
        git.standardOutput = output
        try git.run()
        let listing = output.fileHandleForReading.readDataToEndOfFile()
        git.waitUntilExit()
        try #require(git.terminationStatus == 0)
        let paths = String(decoding: listing, as: UTF8.self).split(separator: "\n")
        let names = Set(paths.compactMap { $0.split(separator: "/").first.map(String.init) })
        #expect(names.contains("Package.swift"))
        for name in names.sorted() where !name.hasPrefix(".") {
            #expect(allowed.contains(name), "\(name)")
        }
    }
}
