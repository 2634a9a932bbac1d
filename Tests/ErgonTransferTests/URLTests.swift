import ErgonModel
import ErgonProvenance
import ErgonTransfer
import NIOSSL
import Testing

/// Files that a manifest names by URL.
@Suite(.timeLimit(.minutes(2)))
struct URLTests {
    private let client = TransferClient(patience: Patience(tries: 1))
    private let content = bytes(1000)

    @Test("only https is fetched", arguments: ["http://localhost/x", "file:///etc/hostname", "x"])
    func scheme(url: String) async throws {
        try await withFolder { folder in
            let fault = await fault {
                try await client.fetchURL(
                    url, expecting: Digest(of: []), limit: ByteCount(10), to: folder + "/out")
            }
            #expect(fault?.cause == .forbiddenURL)
        }
    }

    @Test func `a redirect to https is followed`() async throws {
        let content = content
        try await withStore { request, _ in
            request.hasPrefix("GET /a ")
                ? .answer("302 Found", fields: "Location: /b\r\n") : .answer("200 OK", content)
        } _: { store, server in
            try await store.fetch("/a", client, Digest(of: content))
            #expect(contents(store.target) == content)
            #expect(server.requests.count == 2)
        }
    }

    @Test(
        "a redirect to anything else is not", arguments: ["http://localhost/", "file:///etc/fstab"])
    func redirect(location: String) async throws {
        try await withStore { _, _ in
            .answer("302 Found", fields: "Location: \(location)\r\n")
        } _: { store, _ in
            let fault = await fault { try await store.fetch("/a", client, Digest(of: content)) }
            #expect(fault?.cause == .forbiddenURL)
            #expect(!exists(store.target))
        }
    }

    @Test func `an authority that the system does not know is not believed`() async throws {
        let content = content
        try await withStore { _, _ in
            .answer("200 OK", content)
        } _: { store, server in
            let fault = await fault {
                try await client.fetchURL(
                    store.url("/a"), expecting: Digest(of: content), limit: ByteCount(1000),
                    to: store.target)
            }
            guard case .untrusted = fault?.cause else {
                Issue.record("\(String(describing: fault))")
                return
            }
            #expect(server.requests.isEmpty)
        }
    }

    @Test func `more than the limit is not taken`() async throws {
        let content = content
        try await withStore { _, _ in
            .answer("200 OK", content)
        } _: { store, _ in
            let fault = await fault {
                try await store.fetch("/a", client, Digest(of: content), limit: 999)
            }
            #expect(fault?.cause == .tooLarge(limit: ByteCount(999)))
            #expect(!exists(store.target) && !exists(store.target + ".part"))
        }
    }

    @Test func `what a service says is read, with the headers that it asks for`() async throws {
        let content = content
        try await withStore { _, _ in
            .answer("200 OK", content)
        } _: { store, server in
            let read = try await client.read(
                store.url("/v3?zone=DE"), headers: ["auth-token: secret"], limit: ByteCount(1000),
                authority: store.authority)
            #expect(read == content)
            #expect(server.requests.first?.hasPrefix("GET /v3?zone=DE ") == true)
            #expect(server.requests.first?.contains("\r\nauth-token: secret\r\n") == true)
            let fault = await fault {
                _ = try await client.read(
                    store.url("/"), limit: ByteCount(999), authority: store.authority)
            }
            #expect(fault?.cause == .tooLarge(limit: ByteCount(999)))
        }
    }

    @Test func `whoever sends headers is not sent on to others`() async throws {
        try await withStore { _, _ in
            .answer("302 Found", fields: "Location: /elsewhere\r\n")
        } _: { store, server in
            let fault = await fault {
                _ = try await client.read(
                    store.url("/"), headers: ["auth-token: secret"], limit: ByteCount(10),
                    authority: store.authority)
            }
            guard case .refused(302, _) = fault?.cause else {
                Issue.record("\(String(describing: fault))")
                return
            }
            #expect(server.requests.count == 1)
        }
    }

    private func withStore(
        script: @escaping @Sendable (String, Int) -> ScriptedServer.Line,
        _ body: (PublicStore, ScriptedServer) async throws -> Void
    ) async throws {
        try await withFolder { folder in
            let certificate = try LocalhostCertificate(in: folder)
            try await ScriptedServer.run({ try certificate.context() }, script: script) {
                server, port in
                let store = PublicStore(
                    port: port, authority: certificate.path, target: folder + "/out")
                try await body(store, server)
            }
        }
    }
}

/// A store on this machine, as a manifest would name it.
private struct PublicStore: Sendable {
    var port: Int
    var authority: String
    var target: String

    func url(_ path: String) -> String { "https://localhost:\(port)\(path)" }

    func fetch(
        _ path: String, _ client: TransferClient, _ digest: Digest, limit: Int64 = 1000
    ) async throws {
        try await client.fetchURL(
            url(path), expecting: digest, limit: ByteCount(limit), to: target, authority: authority)
    }
}
