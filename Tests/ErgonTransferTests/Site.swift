import ErgonDashboard
import ErgonModel
import ErgonProvenance
import ErgonSecurity
import ErgonStorage
import ErgonTransfer
import Foundation
import Logging
import Testing

/// An installation in a folder of its own: an authority, those it has named, a store.
struct Site: Sendable {
    let folder: String
    let authority: Authority
    let coordinator: Credentials
    let worker: Credentials
    let store: ContentStore

    init(in folder: String) throws {
        self.folder = folder
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        authority = try Authority.openOrCreate(in: folder + "/authority", now: now())
        coordinator = try credentials(.coordinator, "c1", authority, folder)
        worker = try credentials(.worker, "w1", authority, folder)
        store = try ContentStore(folder + "/store")
    }

    func issue(_ role: Role, _ name: String) throws -> Credentials {
        try credentials(role, name, authority, folder)
    }

    /// The way to `port` on this machine, as the worker.
    func endpoint(_ port: Int) -> Endpoint { Endpoint(port, worker, trusting: worker) }
}

private func credentials(
    _ role: Role, _ name: String, _ authority: Authority, _ folder: String
) throws -> Credentials {
    let identity = try Identity(role: role, name: name)
    let credentials = try authority.issueCredentials(
        to: identity, in: "\(folder)/\(name)", now: now())
    try credentials.save()
    return credentials
}

extension Endpoint {
    /// As `client`, believing whom `trusted` believes.
    init(_ port: Int, _ client: Credentials, trusting trusted: Credentials) {
        self.init(
            host: "127.0.0.1", port: port, keyPath: client.keyPath,
            certificatePath: client.certificatePath, authorityPath: trusted.authorityPath)
    }
}

func now() -> Instant {
    Instant(microseconds: Int64(Date().timeIntervalSince1970 * 1e6))
}

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// A folder that is gone afterwards.
func withFolder(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory
        .appendingPathComponent("ergon-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await body(folder)
}

/// A site whose content server listens on a port the system picked.
func withContentServer(
    limit: ByteCount = ByteCount(1 << 30), denied: Set<String> = [],
    clock: @escaping @Sendable () -> Instant = now, logger: Logger = quiet,
    _ body: (Site, Int) async throws -> Void
) async throws {
    try await withFolder { folder in
        let site = try Site(in: folder)
        let (ports, port) = AsyncStream<Int>.makeStream()
        let server = ContentServer(
            store: site.store, credentials: { site.coordinator }, denied: { denied },
            configuration: .init(host: "127.0.0.1", limit: limit), clock: clock, logger: logger
        ) { port.yield($0) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            var iterator = ports.makeAsyncIterator()
            try await body(site, #require(await iterator.next()))
            await server.shutdown()
            try await group.waitForAll()
        }
    }
}

/// Bytes that do not repeat within any block.
func bytes(_ count: Int) -> [UInt8] {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return UInt8(truncatingIfNeeded: state >> 56)
    }
}

func contents(_ path: String) -> [UInt8]? {
    FileManager.default.contents(atPath: path).map(Array.init)
}
func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

/// What `body` throws, if it is a `TransferFault`.
func fault(_ body: () async throws -> Void) async -> TransferFault? {
    do {
        try await body()
        return nil
    } catch { return error as? TransferFault }
}

/// Tries at once, and not often.
let hasty = Patience(tries: 3, first: .zero, longest: .zero)
