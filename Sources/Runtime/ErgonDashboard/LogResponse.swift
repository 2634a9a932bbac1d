import ErgonStorage
import HTTPTypes
import HummingbirdCore
import NIOCore
import NIOPosix

/// A file of the log as others read it (c2sp.org/tlog-tiles), on its way out.
struct LogResponse {
    private let head: HTTPResponse
    private let bytes: [UInt8]

    /// - Parameter path: relative to the log.
    /// - Throws: `Reply` if there is no such file, or nothing can be read.
    init(_ path: String, in log: LogTiles) async throws {
        let found = try await NIOThreadPool.singleton.runIfActive {
            Result { try log.file(path) }
        }
        switch found {
        case .success(let bytes?): self.bytes = bytes
        case .success(nil): throw Reply(.notFound, "the log has no such file")
        case .failure(is LogNotReady):
            throw Reply(.serviceUnavailable, "the log is being made ready", [.retryAfter: "1"])
        case .failure(let error): throw LogUnreadable(error)
        }
        let isText =
            path.hasPrefix("checkpoint") || path.hasSuffix(".pub") || path.hasSuffix(".pem")
        head = HTTPResponse(
            status: .ok,
            headerFields: [
                .contentType: isText ? "text/plain; charset=utf-8" : "application/octet-stream",
                .cacheControl: isText ? "no-store" : "max-age=31536000, immutable",
                .contentLength: String(bytes.count),
            ])
    }

    func send(_ writer: consuming ResponseWriter, withBody: Bool) async throws {
        guard withBody else { return try await writer.writeResponse(head) }
        try await writer.write(
            response: head, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}

/// What keeps a log from being read: for our own log, and not for peers.
struct LogUnreadable: Error {
    let reason: String

    init(_ error: any Error) { reason = "\(error)" }
}
