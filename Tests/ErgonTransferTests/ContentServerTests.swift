import ErgonModel
import ErgonProvenance
import ErgonSecurity
import ErgonTransfer
import NIOSSL
import Testing

@testable import ErgonDashboard

@Suite(.timeLimit(.minutes(2)))
struct ContentServerTests {
    private let letters = Array("abcdefghij".utf8)
    private let client = TransferClient()

    @Test(
        "one range is understood",
        arguments: [
            (nil, .whole), ("bytes=0-", .part(0..<10)), ("bytes=3-5", .part(3..<6)),
            ("bytes=9-", .part(9..<10)), ("bytes=5-99", .part(5..<10)),
            ("bytes=10-", .unsatisfiable), ("bytes=5-3", .whole), ("bytes=-5", .whole),
            ("bytes=+1-2", .whole), ("bytes=0-1,3-4", .whole), ("lines=0-1", .whole),
            ("bytes=99999999999999999999-", .whole),
            ("bytes=1-99999999999999999999", .whole),
        ] as [(String?, ByteRange)])
    func range(field: String?, expected: ByteRange) {
        #expect(ByteRange(field, size: 10) == expected)
    }

    @Test func `a range of nothing cannot be had`() {
        #expect(ByteRange("bytes=0-", size: 0) == .unsatisfiable)
        #expect(ByteRange(nil, size: 0) == .whole)
    }

    @Test func `parts, heads and refusals`() async throws {
        try await withContentServer(limit: ByteCount(10)) { site, port in
            let digest = Digest(of: letters)
            let path = "/content/sha256/\(digest.hex)"
            func ask(_ line: String, _ fields: String = "", _ body: String = "") async throws
                -> String
            {
                try await say(
                    "\(line) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\(fields)\r\n\(body)",
                    to: port, TLS.clientConfiguration(site.worker, protocols: ["http/1.1"]))
            }
            let sent = "Content-Length: 10\r\n"
            #expect(try await ask("GET \(path)").hasPrefix("HTTP/1.1 404 "))
            #expect(try await ask("PUT \(path)", sent, "abcdefghij").hasPrefix("HTTP/1.1 201 "))
            #expect(try await ask("PUT \(path)", sent, "abcdefghij").hasPrefix("HTTP/1.1 200 "))
            let part = try await ask("GET \(path)", "Range: bytes=2-4\r\n")
            #expect(part.hasPrefix("HTTP/1.1 206 ") && part.hasSuffix("\r\n\r\ncde"))
            #expect(part.lowercased().contains("content-range: bytes 2-4/10\r\n"))
            #expect(part.lowercased().contains("etag: \"\(digest.hex)\"\r\n"))
            let beyond = try await ask("GET \(path)", "Range: bytes=10-\r\n")
            #expect(beyond.hasPrefix("HTTP/1.1 416 "))
            #expect(beyond.lowercased().contains("content-range: bytes */10\r\n"))
            let head = try await ask("HEAD \(path)")
            #expect(head.hasPrefix("HTTP/1.1 200 ") && head.hasSuffix("\r\n\r\n"))
            #expect(head.lowercased().contains("content-length: 10\r\n"))
            #expect(try await ask("DELETE \(path)").hasPrefix("HTTP/1.1 405 "))
            for wrong in ["/", "/content/sha256/", "\(path)/", "\(path)?x", "/content/sha256/../x"]
            {
                #expect(try await ask("GET \(wrong)").hasPrefix("HTTP/1.1 404 "), "\(wrong)")
            }
            let large = try await ask("PUT \(path)", "Content-Length: 11\r\n", "abcdefghijk")
            #expect(large.hasPrefix("HTTP/1.1 413 "))
            let chunked = try await ask(
                "PUT /content/sha256/\(Digest(of: []).hex)", "Transfer-Encoding: chunked\r\n",
                "b\r\nabcdefghijk\r\n0\r\n\r\n")
            #expect(chunked.hasPrefix("HTTP/1.1 413 "))
        }
    }

    @Test func `a client that waits for leave is given it, or the reason why not`() async throws {
        try await withContentServer(limit: ByteCount(10)) { site, port in
            func put(_ size: Int) async throws -> String {
                try await say(
                    "PUT /content/sha256/\(Digest(of: letters).hex) HTTP/1.1\r\nHost: x\r\n"
                        + "Connection: close\r\nExpect: 100-continue\r\n"
                        + "Content-Length: \(size)\r\n\r\nabcdefghij",
                    to: port, try TLS.clientConfiguration(site.worker, protocols: []))
            }
            let (taken, refused) = (try await put(10), try await put(1_000_000_000))
            #expect(taken.hasPrefix("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 "))
            #expect(refused.hasPrefix("HTTP/1.1 413 "))
        }
    }

    @Test func `cancelling ends the server though clients hold connections`() async throws {
        struct Enough: Error {}
        await #expect(throws: Enough.self) {
            try await withContentServer { site, port in
                _ = try await client.has(
                    Digest(of: letters), at: site.endpoint(port))
                throw Enough()
            }
        }
    }
}
