import ErgonModel
import ErgonProvenance
import ErgonTransfer
import Foundation
import Testing

@Suite(.timeLimit(.minutes(2)))
struct CacheTests {
    private let client = TransferClient(patience: Patience(tries: 1))

    @Test func `calls for one content share one download`() async throws {
        try await withCache { cache, server, endpoint in
            try await withThrowingTaskGroup(of: FileCache.Pin.self) { group in
                for _ in 0..<10 {
                    group.addTask { try await cache.path(for: a, named: "a.csv", from: endpoint) }
                }
                var pins: Set<FileCache.Pin> = []
                for try await pin in group { pins.insert(pin) }
                #expect(pins.count == 10)
                #expect(Set(pins.map(\.path)).count == 1)
                #expect(pins.first.flatMap { contents($0.path) } == content(a))
            }
            #expect(server.requests.count == 1)
        }
    }

    @Test func `a file has each name it is asked for by, and cannot be written`() async throws {
        try await withCache { cache, server, endpoint in
            for name in ["a.csv", "b.root", "content", ".part"] {
                let pin = try await cache.path(for: a, named: name, from: endpoint)
                #expect(pin.path.hasSuffix("/" + name))
                #expect(contents(pin.path) == content(a))
                let mode = try FileManager.default.attributesOfItem(atPath: pin.path)
                #expect(mode[.posixPermissions] as? Int == 0o444)
            }
            #expect(server.requests.count == 1)
        }
    }

    @Test("names that leave the folder are refused", arguments: ["", ".", "..", "a/b", "a\0"])
    func names(name: String) async throws {
        try await withCache { cache, server, endpoint in
            let fault = await fault {
                _ = try await cache.path(for: a, named: name, from: endpoint)
            }
            #expect(fault?.cause == .badName)
            #expect(server.requests.isEmpty)
        }
    }

    @Test func `what somebody has cleaned away is fetched again`() async throws {
        try await withCache { cache, server, endpoint in
            let first = try await cache.path(for: a, named: "a.csv", from: endpoint)
            let folder = URL(filePath: first.path).deletingLastPathComponent()
                .deletingLastPathComponent()
            try FileManager.default.removeItem(at: folder)
            let second = try await cache.path(for: a, named: "a.csv", from: endpoint)
            await cache.release(first)
            #expect(contents(second.path) == content(a))
            #expect(server.requests.count == 2)
        }
    }

    @Test func `what was used longest ago goes first`() async throws {
        try await withCache(limit: 250) { cache, _, endpoint in
            let pinA = try await cache.path(for: a, named: "f", from: endpoint)
            let pinB = try await cache.path(for: b, named: "f", from: endpoint)
            await cache.release(pinB)
            await cache.release(pinA)
            let pinC = try await cache.path(for: c, named: "f", from: endpoint)
            #expect(exists(pinA.path) && !exists(pinB.path) && exists(pinC.path))
            #expect(await cache.size == ByteCount(200))
        }
    }

    @Test func `what is pinned stays, and there is no room then`() async throws {
        try await withCache(limit: 250, patience: {}) { cache, _, endpoint in
            let pinA = try await cache.path(for: a, named: "f", from: endpoint)
            let again = try await cache.path(for: a, named: "f", from: endpoint)
            let pinB = try await cache.path(for: b, named: "f", from: endpoint)
            await cache.release(pinA)
            await cache.release(pinA)
            let full = await fault { _ = try await cache.path(for: c, named: "f", from: endpoint) }
            #expect(full?.cause == .cacheFull(needed: ByteCount(100), limit: ByteCount(250)))
            #expect(full?.mayPass == true)
            #expect(exists(pinA.path) && exists(pinB.path))
            await cache.release(again)
            let pinC = try await cache.path(for: c, named: "f", from: endpoint)
            #expect(!exists(pinA.path) && exists(pinB.path) && exists(pinC.path))
        }
    }

    @Test func `whoever finds no room waits for a release`() async throws {
        let (waits, wait) = AsyncStream<Void>.makeStream()
        let patience: @Sendable () async -> Void = {
            wait.yield()
            await waitForEver()
        }
        try await withCache(limit: 250, patience: patience) { cache, _, endpoint in
            let pinA = try await cache.path(for: a, named: "f", from: endpoint)
            let pinB = try await cache.path(for: b, named: "f", from: endpoint)
            async let pinC = cache.path(for: c, named: "f", from: endpoint)
            for await _ in waits { break }
            #expect(await cache.size == ByteCount(200))
            await cache.release(pinB)
            #expect(contents(try await pinC.path) == content(c))
            #expect(exists(pinA.path) && !exists(pinB.path))
            #expect(await cache.size == ByteCount(200))
        }
    }

    @Test func `nobody waits for room that there can never be`() async throws {
        try await withCache(limit: 99) { cache, _, endpoint in
            let fault = await fault { _ = try await cache.path(for: a, named: "f", from: endpoint) }
            #expect(fault?.cause == .cacheFull(needed: ByteCount(100), limit: ByteCount(99)))
        }
    }

    @Test func `a failed download leaves nothing and may be tried again`() async throws {
        try await withCache { _, number in
            number == 1 ? .answer("200 OK", bytes(100)) : .answer("200 OK", content(a))
        } _: { cache, _, endpoint in
            let fault = await fault { _ = try await cache.path(for: a, named: "f", from: endpoint) }
            guard case .wrongDigest = fault?.cause else {
                Issue.record("\(String(describing: fault))")
                return
            }
            #expect(await cache.size == ByteCount(0))
            let pin = try await cache.path(for: a, named: "f", from: endpoint)
            #expect(contents(pin.path) == content(a))
        }
    }

    @Test func `whoever waits takes over from one who is cancelled`() async throws {
        try await withCache { _, number in
            number == 1 ? .silence : .answer("200 OK", content(a))
        } _: { cache, server, endpoint in
            let first = Task { try await cache.path(for: a, named: "f", from: endpoint) }
            for await _ in server.arrivals { break }
            async let second = cache.path(for: a, named: "f", from: endpoint)
            first.cancel()
            #expect(await fault { _ = try await first.value }?.cause == .cancelled)
            let pin = try await second
            #expect(contents(pin.path) == content(a))
        }
    }

    @Test func `a new start keeps what is whole and only that`() async throws {
        try await withFolder { folder in
            let site = try Site(in: folder)
            try await ScriptedServer.run(site, script: serve) { server, port in
                let (path, endpoint) = (folder + "/cache", site.endpoint(port))
                func start() throws -> FileCache {
                    try FileCache(path: path, limit: ByteCount(1000), client: client)
                }
                var cache = try start()
                let pinA = try await cache.path(for: a, named: "f", from: endpoint)
                let pinB = try await cache.path(for: b, named: "f", from: endpoint)
                #expect(server.requests.count == 2)
                try overwrite(pinB.path, with: bytes(100))
                cache = try start()
                #expect(await cache.size == ByteCount(200))
                #expect(try await cache.path(for: a, named: "f", from: endpoint).path == pinA.path)
                #expect(server.requests.count == 2)
                _ = try await cache.path(for: b, named: "f", from: endpoint)
                #expect(server.requests.count == 3)
                #expect(contents(pinB.path) == content(b))
            }
        }
    }

    /// In place, as a failing disk would.
    private func overwrite(_ path: String, with bytes: [UInt8]) throws {
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        try file.write(contentsOf: bytes)
        try file.close()
    }

    private func withCache(
        limit: Int64 = 1000,
        script: @escaping @Sendable (String, Int) -> ScriptedServer.Line = serve,
        patience: @escaping @Sendable () async -> Void = waitForEver,
        _ body: (FileCache, ScriptedServer, Endpoint) async throws -> Void
    ) async throws {
        try await withFolder { folder in
            let site = try Site(in: folder)
            let cache = try FileCache(
                path: folder + "/cache", limit: ByteCount(limit), client: client, patience: patience
            )
            try await ScriptedServer.run(site, script: script) { server, port in
                try await body(cache, server, site.endpoint(port))
            }
        }
    }
}

/// Or until the task is cancelled.
@Sendable private func waitForEver() async {
    let (never, continuation) = AsyncStream<Void>.makeStream()
    for await _ in never {}
    continuation.finish()
}

/// Three pieces of content, 100 bytes each.
private let (a, b, c) = (file("a"), file("b"), file("c"))

private func file(_ letter: Character) -> StoredFile {
    StoredFile(
        digest: Digest(of: Array(String(repeating: letter, count: 100).utf8)), size: ByteCount(100))
}

private func content(_ file: StoredFile) -> [UInt8] {
    let letter = file == a ? "a" : file == b ? "b" : "c"
    return Array(String(repeating: letter, count: 100).utf8)
}

@Sendable private func serve(_ request: String, _ number: Int) -> ScriptedServer.Line {
    let asked = [a, b, c].first { request.contains($0.digest.hex) }
    return asked.map { .answer("200 OK", content($0)) } ?? .answer("404 Not Found")
}
