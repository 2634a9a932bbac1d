package import ErgonProvenance
import ErgonStorage
import HTTPTypes
import HummingbirdCore
package import Logging
import NIOCore
import NIOPosix
import Synchronization

/// Serves a witness over HTTP/1.1 (c2sp.org/tlog-witness): `POST /add-checkpoint`. What is asked
/// and answered is signed, and so needs no secrecy; what was seen last of each log is on disk
/// before anything is answered.
package final class WitnessServer: Sendable {
    private let server: Server<HTTP1Channel>
    private let place: String

    /// - Parameters:
    ///   - memory: what was seen last of each log.
    ///   - port: 0 lets the system pick one.
    ///   - seconds: since 1970.
    ///   - onRunning: gets the port that is listened on.
    package init(
        _ witness: Witness, _ memory: WitnessMemory, host: String, port: Int,
        seconds: @escaping @Sendable () -> UInt64, logger: Logger,
        onRunning: @escaping @Sendable (Int) async -> Void
    ) {
        let desk = WitnessDesk(witness, memory, logger: logger)
        let http = HTTP1Channel(
            responder: { request, writer, _ in
                try await desk.respond(to: request, writer, seconds: seconds())
            }, configuration: HTTP1Channel.Configuration(idleTimeout: .seconds(30)))
        place = "\(host):\(port)"
        var own = logger
        own.logLevel = .critical
        server = Server(
            childChannelSetup: http,
            configuration: ServerConfiguration(
                address: .hostname(host, port: port),
                availableConnectionsDelegate: .maximum(256, logger: own)),
            onServerRunning: { await onRunning($0.localAddress?.port ?? port) },
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton, logger: own)
    }

    /// Serves until the calling task is cancelled.
    /// - Throws: whatever keeps it from listening.
    package func run() async throws { try await server.run() }
}

/// Lets one request in after the other: two at once could see the same past.
private final class WitnessDesk: Sendable {
    private struct Reply {
        var status: Int
        var text: String
        var type = "text/plain; charset=utf-8"
    }

    /// In bytes; 63 hashes and a note with 64 signatures need less.
    private static let longestRequest = 64 << 10

    private let witness: Witness
    private let memory: Mutex<WitnessMemory>
    private let logger: Logger

    init(_ witness: Witness, _ memory: WitnessMemory, logger: Logger) {
        self.witness = witness
        self.memory = Mutex(memory)
        self.logger = logger
    }

    func respond(
        to request: Request, _ writer: consuming ResponseWriter, seconds: UInt64
    ) async throws {
        let reply = try await reply(to: request, seconds: seconds)
        var head = HTTPResponse(status: HTTPResponse.Status(code: reply.status))
        head.headerFields[.contentLength] = "\(reply.text.utf8.count)"
        head.headerFields[.contentType] = reply.type
        try await writer.write(
            response: head, body: ResponseBody(byteBuffer: ByteBuffer(string: reply.text)))
    }

    private func reply(to request: Request, seconds: UInt64) async throws -> Reply {
        guard request.head.path == "/add-checkpoint" else {
            return Reply(status: 404, text: "a witness has nothing but /add-checkpoint\n")
        }
        guard request.method == .post else {
            return Reply(status: 405, text: "a checkpoint is posted\n")
        }
        var body: [UInt8] = []
        for try await part in request.body {
            body += Array(buffer: part)
            guard body.count <= Self.longestRequest else {
                return Reply(status: 413, text: "no request is longer than 64 KiB\n")
            }
        }
        do throws(LogFault) {
            return try reply(to: body, seconds: seconds)
        } catch {
            logger.error("nothing signed", metadata: ["reason": "\(error.problem)"])
            return Reply(status: 500, text: "what was seen cannot be kept\n")
        }
    }

    private func reply(to body: [UInt8], seconds: UInt64) throws(LogFault) -> Reply {
        let decision = try memory.withLock { memory throws(LogFault) in
            let decision = witness.decide(body, seconds: seconds, last: memory.head(of:))
            if case .cosign(let origin, let head, _) = decision {
                try memory.keep(head, of: origin)
            }
            return decision
        }
        switch decision {
        case .cosign(let origin, let head, let signature):
            logger.info("signed", metadata: ["log": "\(origin)", "size": "\(head.size)"])
            return Reply(status: 200, text: signature.line)
        case .refuse(let refusal):
            logger.warning("refused", metadata: ["reason": "\(refusal)"])
            if case .conflict(let size) = refusal {
                return Reply(status: 409, text: "\(size)\n", type: "text/x.tlog.size")
            }
            return Reply(status: refusal.status, text: "\(refusal)\n")
        }
    }
}
