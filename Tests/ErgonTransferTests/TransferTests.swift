import ErgonModel
import ErgonProvenance
import ErgonStorage
@testable import ErgonTransfer
import Foundation
import Testing

@Suite(.timeLimit(.minutes(2)))
struct TransferTests {
    private let client = TransferClient(patience: hasty)

    @Test("what was put comes back", arguments: [0, 11, 20_000_000])
    func roundTrip(size: Int) async throws {
        try await withContentServer { site, port in
            let (content, endpoint) = (bytes(size), site.endpoint(port))
            let (source, target) = (site.folder + "/in", site.folder + "/out")
            let digest = Digest(of: content)
            try Data(content).write(to: URL(fileURLWithPath: source))
            #expect(try await !client.has(digest, at: endpoint))
            try await client.put(path: source, digest: digest, to: endpoint)
            #expect(try await client.has(digest, at: endpoint))
            #expect(contents(site.store.path(of: digest)) == content)
            try await client.fetch(
                digest, size: ByteCount(Int64(size)), from: endpoint, to: target)
            #expect(contents(target) == content)
            #expect(!exists(target + ".part"))
        }
    }

    @Test func `what the peer has is not sent again`() async throws {
        try await withFolder { folder in
            let site = try Site(in: folder)
            try await ScriptedServer.run(site) { _, _ in
                .answer("200 OK")
            } _: { server, port in
                try await client.put(
                    bytes: [1], digest: Digest(of: [1]), to: site.endpoint(port))
                #expect(server.requests.map { $0.prefix(5) } == ["HEAD "])
            }
        }
    }

    @Test func `content under a wrong digest is refused and not kept`() async throws {
        try await withContentServer { site, port in
            let (claimed, real) = (Digest(of: [1]), Digest(of: [2]))
            let fault = await fault {
                try await client.put(bytes: [2], digest: claimed, to: site.endpoint(port))
            }
            guard case .refused(422, let reason) = fault?.cause else {
                Issue.record("\(String(describing: fault))")
                return
            }
            #expect(reason.contains(real.hex))
            #expect(!site.store.has(claimed) && !site.store.has(real))
        }
    }

    @Test func `a download goes on where the connection broke`() async throws {
        let content = bytes(300_000)
        try await withServer { request, number in
            number == 1
                ? .answer("200 OK", Array(content[..<100_000]), length: 300_000, closes: true)
                : .answer(
                    "206 Partial Content", Array(content[100_000...]),
                    fields: "Content-Range: bytes 100000-299999/300000\r\n")
        } _: { site, server, port in
            try await fetch(content, site, port)
            #expect(contents(site.folder + "/out") == content)
            #expect(
                server.requests.map { $0.contains("Range: bytes=100000-\r\n") } == [false, true])
        }
    }

    @Test func `a server that starts over is followed`() async throws {
        let content = bytes(300_000)
        try await withServer { _, number in
            number == 1
                ? .answer("200 OK", Array(content[..<100_000]), length: 300_000, closes: true)
                : .answer("200 OK", content)
        } _: { site, _, port in
            try await fetch(content, site, port)
            #expect(contents(site.folder + "/out") == content)
        }
    }

    @Test func `what an earlier call left is used`() async throws {
        try await withContentServer { site, port in
            let content = bytes(1000)
            let digest = Digest(of: content)
            try await client.put(bytes: content, digest: digest, to: site.endpoint(port))
            let path = site.folder + "/out"
            for left in [content[..<400], content[...], ArraySlice(bytes(2000))] {
                try Data(left).write(to: URL(fileURLWithPath: path + ".part"))
                try await fetch(content, site, port)
                #expect(contents(path) == content)
            }
        }
    }

    @Test func `a flipped bit is noticed and nothing is left`() async throws {
        var content = bytes(1000)
        let digest = Digest(of: content)
        content[500] ^= 1
        let (sent, size) = (content, ByteCount(1000))
        try await withServer { _, _ in
            .answer("200 OK", sent)
        } _: { site, server, port in
            let path = site.folder + "/out"
            let fault = await fault {
                try await client.fetch(digest, size: size, from: site.endpoint(port), to: path)
            }
            #expect(fault?.cause == .wrongDigest(expected: digest, found: Digest(of: sent)))
            #expect(!exists(path) && !exists(path + ".part"))
            #expect(server.requests.count == 1)
        }
    }

    @Test func `another size than announced is refused`() async throws {
        try await withServer { _, _ in
            .answer("200 OK", bytes(1000))
        } _: { site, _, port in
            let path = site.folder + "/out"
            for (size, expected) in [
                (999, TransferFault.Cause.tooLarge(limit: ByteCount(999))),
                (1001, .wrongSize(expected: ByteCount(1001), found: ByteCount(1000))),
            ] {
                let fault = await fault {
                    try await client.fetch(
                        Digest(of: bytes(1000)), size: ByteCount(Int64(size)),
                        from: site.endpoint(port), to: path)
                }
                #expect(fault?.cause == expected)
                #expect(!exists(path) && !exists(path + ".part"))
            }
        }
    }

    @Test func `missing content is missing at once`() async throws {
        try await withContentServer { site, port in
            let fault = await fault { try await fetch([1, 2, 3], site, port) }
            #expect(fault?.cause == .missing)
            #expect(fault?.mayPass == false)
        }
    }

    @Test func `a busy server is asked again, but not for ever`() async throws {
        let content = bytes(100)
        try await withServer { _, number in
            number < 3 ? .answer("503 Busy", Array("later".utf8)) : .answer("200 OK", content)
        } _: { site, server, port in
            try await fetch(content, site, port)
            #expect(server.requests.count == 3)
        }
        try await withServer { _, _ in
            .answer("503 Busy", Array("later".utf8))
        } _: {
            site, server, port in
            let fault = await fault { try await fetch(content, site, port) }
            #expect(fault?.cause == .refused(status: 503, reason: "later"))
            #expect(server.requests.count == hasty.tries)
        }
    }

    @Test func `cancelling breaks a transfer off`() async throws {
        try await withServer { _, _ in
            .silence
        } _: { site, server, port in
            await withTaskGroup(of: TransferFault?.self) { group in
                group.addTask { await fault { try await fetch([1], site, port) } }
                for await _ in server.arrivals { break }
                group.cancelAll()
                #expect(await group.next()??.cause == .cancelled)
            }
        }
    }

    @Test func `a client that is gone leaves nobody waiting`() async throws {
        try await withServer { _, _ in
            .silence
        } _: { site, server, port in
            let mailbox = Mailbox(capacity: 1)
            TransferThread.start(mailbox, concurrency: 1)
            await withTaskGroup(of: Result<Answer, TransferFault>.self) { group in
                group.addTask {
                    await withCheckedContinuation { reply in
                        let peer = Exchange.Peer.content(
                            Digest(of: [1]), at: site.endpoint(port))
                        let exchange = Exchange(peer: peer, work: .look)
                        mailbox.submit(Mailbox.Order(id: 1, exchange: exchange, reply: reply))
                    }
                }
                for await _ in server.arrivals { break }
                mailbox.close()
                guard case .failure(let fault) = await group.next() else {
                    Issue.record("an answer from nowhere")
                    return
                }
                #expect(fault.cause == .cancelled)
            }
        }
    }

    @Test func `a full queue refuses`() async throws {
        let client = TransferClient(queue: 0, patience: Patience(tries: 1))
        try await withFolder { folder in
            let site = try Site(in: folder)
            let fault = await fault {
                _ = try await client.has(Digest(of: []), at: site.endpoint(1))
            }
            #expect(fault?.cause == .busy(waiting: 0))
            #expect(fault?.mayPass == true)
        }
    }

    @Test func `many transfers at once all arrive`() async throws {
        try await withContentServer { site, port in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<40 {
                    group.addTask {
                        let content = Array("content \(number)".utf8)
                        let (digest, path) = (Digest(of: content), "\(site.folder)/\(number)")
                        let endpoint = site.endpoint(port)
                        try await client.put(bytes: content, digest: digest, to: endpoint)
                        try await client.fetch(
                            digest, size: ByteCount(Int64(content.count)), from: endpoint, to: path)
                        #expect(contents(path) == content)
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    @Test func `waits grow to a ceiling and depend on luck`() {
        let patience = Patience(tries: 9, first: .seconds(1), longest: .seconds(10))
        #expect(
            (1...6).map { patience.pause(after: $0, luck: 1) }
                == [1, 2, 4, 8, 10, 10].map { Duration.seconds($0) })
        #expect(patience.pause(after: 3, luck: 0) == .zero)
        #expect(patience.pause(after: 1000, luck: 0.5) == .seconds(5))
    }

    private func fetch(_ content: [UInt8], _ site: Site, _ port: Int) async throws {
        try await client.fetch(
            Digest(of: content), size: ByteCount(Int64(content.count)), from: site.endpoint(port),
            to: site.folder + "/out")
    }

    private func withServer(
        script: @escaping @Sendable (String, Int) -> ScriptedServer.Line,
        _ body: (Site, ScriptedServer, Int) async throws -> Void
    ) async throws {
        try await withFolder { folder in
            let site = try Site(in: folder)
            try await ScriptedServer.run(site, script: script) { server, port in
                try await body(site, server, port)
            }
        }
    }
}
