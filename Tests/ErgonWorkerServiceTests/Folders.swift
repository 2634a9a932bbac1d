import Foundation
import Logging

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// A folder that is gone afterwards.
func withFolder(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("ergon-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await body(folder)
}

func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }
