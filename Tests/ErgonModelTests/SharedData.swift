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

    static func has(_ path: String) -> Bool {
        let isThere = FileManager.default.fileExists(atPath: folder.appending(path: path).path)
        if !isThere { print("skipped: \(path) is not there (set ERGON_DATA)") }
        return isThere
    }

    static func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: folder.appending(path: path)))
    }
}
