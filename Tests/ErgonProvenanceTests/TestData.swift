import ErgonModel
import ErgonProvenance
import Foundation
import SeededRandom

/// The published vectors beside the repository, if they are there.
let vectors: URL? = {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    let named = ProcessInfo.processInfo.environment["ERGON_DATA"].map { URL(filePath: $0) }
    let folder = (named ?? root.deletingLastPathComponent().appending(path: "shared/data"))
        .appending(path: "provenance")
    if FileManager.default.fileExists(atPath: folder.path) { return folder }
    print("skipped: no vectors in \(folder.path); set ERGON_DATA")
    return nil
}()

struct MissingVectors: Error {}

func vector(_ path: String) throws -> [UInt8] {
    guard let vectors else { throw MissingVectors() }
    return Array(try Data(contentsOf: vectors.appending(path: path)))
}

extension SeededGenerator {
    mutating func digest() -> ErgonModel.Digest {
        let bytes = (0..<32).map { _ in UInt8.random(in: 0...255, using: &self) }
        return ErgonModel.Digest(of: bytes)
    }

    mutating func text() -> String {
        let pieces = ["a", "ü", "\"", "\\", "\n", "\u{1}", "\u{7f}", "—", "𝄞", "e\u{301}", "/", ""]
        return (0..<roll(0...12)).map { _ in pieces.randomElement(using: &self) ?? "" }.joined()
    }

    /// What a record can count to.
    mutating func count() -> Int { happens(20) ? 1 << 53 - roll(0...2) : roll(0...1_000_000) }

    /// Small ones, negative ones, and those that a double cannot hold.
    mutating func integer() -> Int64 {
        switch roll(0...5) {
        case 0: Int64.random(in: .min ... .max, using: &self)
        case 1: 1 << 53 - Int64(roll(0...2))
        case 2: -(1 << 53) + Int64(roll(0...2))
        default: Int64(roll(-3...1_000_000))
        }
    }
}

extension ErgonModel.Digest {
    /// Of nothing.
    static let ofNothing = emptyRoot
}
