import Foundation

/// Test data that lies beside the package, or where `ERGON_DATA` says. A test that needs a file
/// which is not there is skipped, and says so.
enum SharedData {
    static let folder: URL = {
        if let path = ProcessInfo.processInfo.environment["ERGON_DATA"] {
            return URL(filePath: path)
        }
        var root = URL(filePath: #filePath)
        for _ in 0..<3 { root.deleteLastPathComponent() }
        return root.appending(path: "../shared/data").standardizedFileURL
    }()

    static func has(_ paths: [String]) -> Bool {
        for path in paths {
            let isThere = FileManager.default.fileExists(atPath: folder.appending(path: path).path)
            if !isThere {
                print("skipped: \(path) is not there (set ERGON_DATA)")
                return false
            }
        }
        return true
    }

    /// Whether what takes minutes without optimization may run. Says once what is left out.
    static let isOptimized: Bool = {
        #if DEBUG
            print("skipped: large plans, too slow without optimization (swift test -c release)")
            return false
        #else
            return true
        #endif
    }()

    /// Lines after the head of a file of comma-separated values.
    static func rows(_ path: String) throws -> [[Substring]] {
        try text(folder.appending(path: path)).split(separator: "\n").dropFirst()
            .map { $0.split(separator: ",") }
    }

    static func text(_ url: URL) throws -> String {
        guard url.pathExtension == "gz" else { return try String(contentsOf: url, encoding: .utf8) }
        let gzip = Process()
        gzip.executableURL = URL(filePath: "/usr/bin/env")
        gzip.arguments = ["gzip", "-dc", url.path]
        let output = Pipe()
        gzip.standardOutput = output
        try gzip.run()
        let bytes = output.fileHandleForReading.readDataToEndOfFile()
        gzip.waitUntilExit()
        return String(decoding: bytes, as: UTF8.self)
    }
}
