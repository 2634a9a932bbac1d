package import ErgonProvenance
package import ErgonStorage
import Synchronization

/// The log as others read it, brought up to date when somebody asks for its checkpoint: everything
/// that the checkpoint signs is there. Its folder can be removed at any time while no coordinator
/// runs. Calls block.
package final class LogTiles: Sendable {
    private let tiles: TileFolder
    /// What is beside the tiles: the log's key, the authority's certificate.
    private let beside: [String: [UInt8]]
    private let publication: Mutex<LogPublication>
    /// What a crash left of tiles is put right before the first of them is served.
    private let isReady = Atomic<Bool>(false)

    /// - Parameters:
    ///   - log: the folder of the log's segments.
    ///   - key: the log's.
    ///   - authority: the certificate, in PEM, of the authority that issued the workers'.
    ///   - folder: where the tiles are kept.
    package init(
        of log: String, content: ContentStore, key: VerifierKey, authority: String,
        in folder: String
    ) throws(StoreFault) {
        tiles = TileFolder(folder)
        beside = [
            "log-key.pub": Array("\(key)\n".utf8), "authority.pem": Array("\(authority)\n".utf8),
        ]
        publication = Mutex(try LogPublication(of: log, content: content, to: folder))
    }

    /// - Parameter path: relative to the log, as a peer says it.
    /// - Returns: `nil` if there is no such file.
    /// - Throws: `LogNotReady`; `PublicationFault`; what the disk can do.
    func file(_ path: String) throws -> [UInt8]? {
        if let bytes = beside[path] { return bytes }
        guard path == "checkpoint" || Self.isTileOrContent(path) else { return nil }
        if path == "checkpoint" || !isReady.load(ordering: .acquiring) {
            // Whoever comes while another one's question brings the folder up to date gets what is
            // there: that is as whole, and nobody waits for anybody.
            try publication.withLockIfAvailable { try update(&$0) }
        }
        guard isReady.load(ordering: .acquiring) else { throw LogNotReady() }
        return try tiles.content(of: path)
    }

    private func update(_ publication: inout LogPublication) throws {
        guard let note = try publication.update() else { return }
        try publication.write(note)
        isReady.store(true, ordering: .releasing)
    }

    /// What stands under `tile` and `content`: words of letters and digits, with one point at most
    /// and not at an end, so that no path leads elsewhere.
    static func isTileOrContent(_ path: String) -> Bool {
        let words = path.split(separator: "/", omittingEmptySubsequences: false)
        guard words.count > 1, words[0] == "tile" || words[0] == "content" else { return false }
        return words.allSatisfy { word in
            let parts = word.split(separator: ".", omittingEmptySubsequences: false)
            return parts.count <= 2
                && parts.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(isPlain) }
        }
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
    }
}

/// There is no checkpoint yet, or its tiles are being made for the first time.
struct LogNotReady: Error {}
