import Foundation

/// The project's own files, as they are in the working tree.
enum SourceTree {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// Folders that hold no text of ours.
    private static let passedOver: Set<String> = [
        ".git", ".build", ".build-release", ".venv", "ergon-runs", "__pycache__", "build",
        ".peers", ".pytest_cache", ".mypy_cache", "Generated",
    ]

    struct File {
        /// From the root, as `Sources/Core/ErgonModel/JSON.swift`.
        var path: String
        var text: String
        var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
    }

    /// - Parameter suffixes: all of them if empty.
    static func files(under folder: String = "", endingIn suffixes: [String] = []) -> [File] {
        walk(folder).filter { path in suffixes.isEmpty || suffixes.contains { path.hasSuffix($0) } }
            .compactMap { path in
                let url = root.appendingPathComponent(path)
                guard let text = try? String(contentsOf: url, encoding: .utf8) else { return nil }
                return File(path: path, text: text)
            }
    }

    private static func walk(_ folder: String) -> [String] {
        let url = root.appendingPathComponent(folder)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? []
        return names.sorted().flatMap { name -> [String] in
            let path = folder.isEmpty ? name : "\(folder)/\(name)"
            if passedOver.contains(name) || name.hasPrefix(".build") { return [] }
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(
                atPath: root.appendingPathComponent(path).path, isDirectory: &isFolder)
            return isFolder.boolValue ? walk(path) : [path]
        }
    }
}
