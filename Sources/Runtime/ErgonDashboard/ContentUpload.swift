import ErgonModel
import ErgonSecurity
import ErgonStorage
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import Synchronization

extension ContentResponder {
    /// How much is gathered before it goes to the disk, in bytes.
    private static let piece = 256 << 10
    /// What a refused client may still send before the connection is cut, in bytes.
    private static let patience = 2 << 20

    /// Takes the request's body into the store, unless it is there.
    /// - Returns: what to answer; 1xx have been sent.
    func take(
        _ request: Request, _ digest: Digest, _ writer: borrowing ResponseWriter
    ) async throws -> Reply {
        if let declared = Self.declaredLength(of: request), declared > limit.bytes {
            throw tooLarge
        }
        if store.has(digest) { return Reply(.ok, "") }
        if Self.waitsToContinue(request) {
            try await writer.writeInformationalHead(HTTPResponse(status: .continue))
        }
        do {
            try await receive(request.body, digest)
        } catch let fault as StoreFault {
            throw reply(to: fault, digest)
        }
        return Reply(.created, "")
    }

    private func receive(_ body: RequestBody, _ digest: Digest) async throws {
        let pool = NIOThreadPool.singleton
        let draft = try await pool.runIfActive { [store] in try UploadDraft(in: store) }
        var (gathered, total) = (ByteBuffer(), 0)
        for try await part in body {
            total += part.readableBytes
            guard total <= limit.bytes else { throw tooLarge }
            gathered.writeImmutableBuffer(part)
            guard gathered.readableBytes >= Self.piece else { continue }
            let piece = gathered
            gathered = ByteBuffer()
            try await pool.runIfActive { try draft.append(piece) }
        }
        let rest = gathered
        try await pool.runIfActive {
            try draft.append(rest)
            try draft.finish(expecting: digest)
        }
    }

    /// Answers, and cuts the connection if the client would go on sending what nobody wants.
    func answer(
        _ request: Request, _ reply: Reply, _ writer: consuming ResponseWriter,
        on channel: any Channel
    ) async throws {
        let body = request.method == .head ? ResponseBody() : ResponseBody(byteBuffer: reply.body)
        let isLast = request.method == .put && reply.status != .created && !Self.isSoonOver(request)
        var head = reply.head
        if isLast { head.headerFields[.connection] = "close" }
        try await writer.write(response: head, body: body)
        guard isLast else { return }
        // So that the answer is on its way before the end.
        try await channel.eventLoop.submit {}.get()
        throw Unwanted()
    }

    /// Whether the rest of an unwanted body may be waited for. A client that was to hear whether to
    /// send it may as well never do so (RFC 9110, section 10.1.1).
    private static func isSoonOver(_ request: Request) -> Bool {
        guard let length = declaredLength(of: request) else { return false }
        return length <= patience && !waitsToContinue(request)
    }

    private static func waitsToContinue(_ request: Request) -> Bool {
        request.headers[.expect]?.lowercased() == "100-continue"
    }

    private struct Unwanted: Error {}

    /// In bytes; `nil` if the client does not know it itself.
    private static func declaredLength(of request: Request) -> Int? {
        request.headers[.contentLength].flatMap { Int($0) }
    }

    private var tooLarge: Reply {
        Reply(.contentTooLarge, "at most \(limit.bytes) bytes are taken")
    }

    private func reply(to fault: StoreFault, _ digest: Digest) -> Reply {
        switch fault {
        case .unexpected(_, let found):
            return Reply(.unprocessableContent, "what came has digest \(found), not \(digest)")
        case .full:
            logger.error("content not stored", metadata: ["reason": "\(fault.problem)"])
            return Reply(Self.insufficientStorage, "the disk is full")
        case .system, .absent, .damaged:
            logger.error("content not stored", metadata: ["reason": "\(fault.problem)"])
            return Reply(.internalServerError, "the content cannot be stored")
        }
    }

    /// RFC 4918, section 11.5.
    private static let insufficientStorage = HTTPResponse.Status(
        code: 507, reasonPhrase: "Insufficient Storage")
}

/// Lends the draft of one upload to one thread of the pool after the other.
private final class UploadDraft: Sendable {
    /// `nil` once it is finished.
    private let incoming: Mutex<Incoming?>

    init(in store: ContentStore) throws(StoreFault) { incoming = Mutex(try store.incoming()) }

    func append(_ bytes: ByteBuffer) throws(StoreFault) {
        try incoming.withLock { incoming throws(StoreFault) in
            try incoming?.append(Array(buffer: bytes))
        }
    }

    func finish(expecting digest: Digest) throws(StoreFault) {
        try incoming.withLock { incoming throws(StoreFault) in
            _ = try incoming.take()?.finish(expecting: digest)
        }
    }
}
