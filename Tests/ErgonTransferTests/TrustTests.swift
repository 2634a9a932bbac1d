import ErgonModel
import ErgonProvenance
import ErgonSecurity
import ErgonStorage
import ErgonTransfer
import NIOSSL
import Testing

/// Who may talk to whom.
@Suite(.timeLimit(.minutes(2)))
struct TrustTests {
    private let client = TransferClient(patience: Patience(tries: 1))

    @Test func `a client of another authority is refused`() async throws {
        try await withContentServer { site, port in
            let stranger = try Site(in: site.folder + "/elsewhere")
            let endpoint = Endpoint(port, stranger.worker, trusting: site.worker)
            let fault = await fault { _ = try await client.has(Digest(of: [1]), at: endpoint) }
            #expect(fault?.isRefusedConnection == true, "\(String(describing: fault))")
        }
    }

    @Test func `a server of another authority is refused`() async throws {
        try await withContentServer { site, port in
            let stranger = try Site(in: site.folder + "/elsewhere")
            let endpoint = Endpoint(port, site.worker, trusting: stranger.worker)
            let fault = await fault { _ = try await client.has(Digest(of: [1]), at: endpoint) }
            guard case .untrusted = fault?.cause else {
                Issue.record("\(String(describing: fault))")
                return
            }
            #expect(fault?.mayPass == false)
        }
    }

    @Test func `a worker cannot pass itself off as the coordinator`() async throws {
        try await withFolder { folder in
            let site = try Site(in: folder)
            let context = { @Sendable in
                try TLS.serverContext(site.worker, requiringClient: false, protocols: [])
            }
            try await ScriptedServer.run(context) { _, _ in
                .answer("200 OK")
            } _: { server, port in
                let fault = await fault {
                    _ = try await client.has(Digest(of: [1]), at: site.endpoint(port))
                }
                guard case .untrusted = fault?.cause else {
                    Issue.record("\(String(describing: fault))")
                    return
                }
                #expect(server.requests.isEmpty)
            }
        }
    }

    @Test func `a server of another name is refused`() async throws {
        try await withFolder { folder in
            let site = try Site(in: folder)
            let certificate = try LocalhostCertificate(in: folder)
            let context = { @Sendable in try certificate.context() }
            try await ScriptedServer.run(context) { _, _ in
                .answer("200 OK")
            } _: { server, port in
                var endpoint = site.endpoint(port)
                endpoint.authorityPath = certificate.path
                let fault = await fault {
                    _ = try await client.has(Digest(of: [1]), at: endpoint)
                }
                guard case .untrusted = fault?.cause else {
                    Issue.record("\(String(describing: fault))")
                    return
                }
                #expect(server.requests.isEmpty)
            }
        }
    }

    @Test func `a client without a certificate is refused, and the log says why`() async throws {
        let (logger, reasons) = LogEar.listen()
        try await withContentServer(logger: logger) { site, port in
            var configuration = try TLS.clientConfiguration(site.worker, protocols: [])
            configuration.certificateChain = []
            configuration.privateKey = nil
            await #expect(throws: (any Error).self) {
                let answer = try await say(ask, to: port, configuration)
                Issue.record("answered: \(answer)")
            }
            let reason = await reasons.first { _ in true }
            #expect(reason == "the client showed no certificate")
        }
    }

    @Test func `a client that speaks only an older TLS is refused`() async throws {
        try await withContentServer { site, port in
            var configuration = try TLS.clientConfiguration(site.worker, protocols: [])
            configuration.minimumTLSVersion = .tlsv12
            configuration.maximumTLSVersion = .tlsv12
            await #expect(throws: (any Error).self) {
                let answer = try await say(ask, to: port, configuration)
                Issue.record("answered: \(answer)")
            }
        }
    }

    @Test("the role decides", arguments: Role.allCases)
    func role(_ role: Role) async throws {
        try await withContentServer { site, port in
            let peer = try site.issue(role, "peer")
            let content = [UInt8](role.rawValue.utf8)
            let endpoint = Endpoint(port, peer, trusting: peer)
            let fault = await fault {
                try await client.put(bytes: content, digest: Digest(of: content), to: endpoint)
            }
            #expect((fault == nil) == (role != .auditor))
            #expect(site.store.has(Digest(of: content)) == (role != .auditor))
            guard role == .auditor else { return }
            let answer = try await say(ask, to: port, TLS.clientConfiguration(peer, protocols: []))
            #expect(answer.hasPrefix("HTTP/1.1 403 "))
            #expect(answer.contains("a certificate of role auditor may not do this"))
        }
    }

    @Test func `who is on the deny list is refused on an open port`() async throws {
        try await withContentServer(denied: ["spiffe://ergon/worker/w1"]) { site, port in
            let answer = try await say(
                ask, to: port, TLS.clientConfiguration(site.worker, protocols: []))
            #expect(answer.hasPrefix("HTTP/1.1 403 ") && answer.hasSuffix("access denied"))
        }
    }

    @Test func `a certificate that expires during a connection is refused`() async throws {
        let later = Instant(microseconds: now().microseconds) + .seconds(2 * 86_400)
        try await withContentServer(clock: { later }) { site, port in
            let answer = try await say(
                ask, to: port, TLS.clientConfiguration(site.worker, protocols: []))
            #expect(answer.hasPrefix("HTTP/1.1 403 ") && answer.contains("expired"))
        }
    }

    private let ask =
        "GET /content/sha256/\(Digest(of: [1]).hex) HTTP/1.1\r\n"
        + "Host: x\r\nConnection: close\r\n\r\n"
}

extension TransferFault {
    /// A TLS 1.3 client hears of its refusal after its own handshake is done; the alert may be lost
    /// when the connection is reset at once.
    fileprivate var isRefusedConnection: Bool {
        switch cause {
        case .untrusted, .broken: true
        default: false
        }
    }
}
