import ErgonModel
import ErgonProvenance
import ErgonSecurity
import ErgonStorage
import ErgonTransfer
import FoundationEssentials

/// Where a log is served (c2sp.org/tlog-tiles).
struct LogSource: Sendable {
    /// Without a slash at its end.
    let url: String
    /// The login whose credentials are shown; `nil` for a server that asks for none.
    private let endpoint: ErgonTransfer.Endpoint?
    private let client = TransferClient()

    /// The longest file: 256 records, each with its length before it, in bytes.
    private static let limit = ByteCount(256 * (65_535 + 2))

    static func isURL(_ text: String) -> Bool {
        text.hasPrefix("https://") || text.hasPrefix("http://")
    }

    /// - Parameter login: the home whose credentials are to be shown, if any.
    init(_ url: String, login: String?) throws {
        self.url = String(url.last == "/" ? url.dropLast() : url[...])
        guard let login else {
            endpoint = nil
            return
        }
        guard let credentials = try Credentials.load(from: "\(login)/identity"),
            let (host, port) = Self.authority(of: self.url)
        else {
            throw CommandFault(
                place: login, problem: "no login here, or `\(url)` is no https URL with a port",
                remedy:
                    "use `ergon login`, and https://HOST:PORT/log of the coordinator's data port")
        }
        endpoint = ErgonTransfer.Endpoint(
            host: host, port: port, keyPath: credentials.keyPath,
            certificatePath: credentials.certificatePath,
            authorityPath: credentials.authorityPath)
    }

    /// Host and port of an https URL; 443 if it has none.
    static func authority(of url: String) -> (host: String, port: Int)? {
        guard url.hasPrefix("https://") else { return nil }
        let text = url.dropFirst("https://".count).prefix { $0 != "/" }
        guard text.first == "[" || text.contains(":") else { return (String(text), 443) }
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...])
        else { return nil }
        let host = text[..<colon]
        return (String(host.first == "[" ? host.dropFirst().dropLast() : host), port)
    }

    /// - Returns: `nil` if there is no such file.
    func file(_ path: String) async throws(TransferFault) -> [UInt8]? {
        do throws(TransferFault) {
            guard let endpoint else {
                return try await client.read("\(url)/\(path)", limit: Self.limit)
            }
            let start = url.dropFirst("https://".count).drop { $0 != "/" }
            return try await client.read("\(start)/\(path)", from: endpoint, limit: Self.limit)
        } catch {
            guard case .missing = error.cause else { throw error }
            return nil
        }
    }

    /// The tile, or as much of it as the full one has, once the log has grown.
    func tile(_ path: TilePath) async throws(TransferFault) -> [UInt8]? {
        if let bytes = try await file(path.text) { return bytes }
        guard path != path.full, let whole = try await file(path.full.text) else { return nil }
        return part(of: whole, path)
    }

    private func part(of whole: [UInt8], _ path: TilePath) -> [UInt8] {
        guard path.kind == .records else { return Array(whole.prefix(32 * path.width)) }
        let records = unbundled(whole).records
        return Array(
            path.width < records.count
                ? whole.prefix(records[path.width].offset - 2) : whole[...])
    }
}

/// Brings a log that somebody serves into a folder, to be read there: nothing is believed of it.
struct LogMirror: Sendable {
    private let source: LogSource
    private let tiles: TileFolder
    private let content: ContentStore

    /// Tiles that are asked for together. If none of them is there, the rest of the level is not
    /// asked for: a checkpoint can say of any size that there is so much.
    private static let together = 64

    init(_ source: LogSource, in folder: String) throws {
        self.source = source
        tiles = TileFolder(folder)
        content = try ContentStore("\(folder)/content")
    }

    /// Gets what the log's checkpoint signs and is not in the folder. What is not served is not
    /// there afterwards, which whoever reads the folder will find.
    func update() async throws {
        guard let checkpoint = try await source.file("checkpoint") else {
            throw CommandFault(
                place: source.url, problem: "there is no log here",
                remedy: "a coordinator serves it at https://HOST:PORT/log of its data port",
                exit: Exit.no)
        }
        for name in ["log-key.pub", "authority.pem"] {
            if let bytes = try await source.file(name) { try tiles.write(bytes, to: name) }
        }
        if let note = try? SignedNote(parsing: checkpoint),
            let size = try? Checkpoint(parsing: note.text).head.size
        {
            try await getLevel(.records, nodes: size)
            for level in 0..<8 where size >> (8 * level) > 0 {
                try await getLevel(.hashes(level: level), nodes: size >> (8 * level))
            }
        }
        try content.sync()
        try tiles.write(checkpoint, to: "checkpoint")
    }

    private func getLevel(_ kind: TilePath.Kind, nodes: Int) async throws {
        let full = TilePath.fullWidth
        let count = nodes / full + (nodes % full > 0 ? 1 : 0)
        for first in stride(from: 0, to: count, by: Self.together) {
            let paths = (first..<min(first + Self.together, count)).map { index in
                TilePath(kind, index: index, width: min(full, nodes - index * full))
            }
            guard try await get(paths) else { return }
        }
    }

    /// - Returns: false if none of them is there.
    private func get(_ paths: [TilePath]) async throws -> Bool {
        let absent = try paths.filter { try tiles.content(of: $0.text) == nil }
        var found = paths.count - absent.count
        try await withThrowingTaskGroup(of: (TilePath, [UInt8]?).self) { group in
            for path in absent {
                group.addTask { [source] in (path, try await source.tile(path)) }
            }
            for try await (path, bytes) in group {
                guard let bytes else { continue }
                found += 1
                if path.kind == .records { try await getContent(namedIn: bytes) }
                try tiles.write(bytes, to: path.text)
            }
        }
        return found > 0
    }

    private func getContent(namedIn bundle: [UInt8]) async throws {
        for record in unbundled(bundle).records {
            // What is no record, whoever reads the folder will find.
            guard let event = try? decode(record.bytes).record.event,
                let digest = contentNamed(in: event)?.digest, !content.has(digest)
            else { continue }
            let hex = digest.hex
            if let bytes = try await source.file("content/\(hex.prefix(2))/\(hex.dropFirst(2))") {
                _ = try content.put(bytes)
            }
        }
    }
}
