import ErgonModel
import ErgonStorage
import Glibc
import HTTPTypes
import HummingbirdCore
import NIOCore
import NIOPosix

/// One file, or a part of it, on its way out.
struct Download {
    private let file: OpenFile
    private let head: HTTPResponse
    /// The bytes that are sent.
    private let range: Range<Int>

    /// How much is read and handed on at once, in bytes. With what lies ready in the TLS layer a
    /// connection holds two or three of these.
    private static let piece = 256 << 10

    /// - Throws: `Reply` if there is no such content or no such part of it.
    init(_ digest: Digest, range field: String?, in store: ContentStore) async throws {
        let opened = try await NIOThreadPool.singleton.runIfActive {
            OpenFile(try store.location(of: digest))
        }
        guard let opened else { throw Reply.notFound }
        file = opened
        var fields: HTTPFields = [
            .acceptRanges: "bytes", .contentType: "application/octet-stream",
            .eTag: "\"\(digest.hex)\"",
        ]
        let status: HTTPResponse.Status
        switch ByteRange(field, size: file.size) {
        case .whole: (status, range) = (.ok, 0..<file.size)
        case .part(let part):
            (status, range) = (.partialContent, part)
            fields[.contentRange] =
                "bytes \(part.lowerBound)-\(part.upperBound - 1)/\(file.size)"
        case .unsatisfiable:
            fields[.contentRange] = "bytes */\(file.size)"
            let sentence = "the content has \(file.size) bytes"
            throw Reply(.rangeNotSatisfiable, sentence, fields)
        }
        fields[.contentLength] = String(range.count)
        head = HTTPResponse(status: status, headerFields: fields)
    }

    /// - Throws: if the connection breaks or the disk fails; the client then misses bytes.
    func send(
        _ writer: consuming ResponseWriter, on channel: any Channel, withBody: Bool
    ) async throws {
        guard withBody else { return try await writer.writeResponse(head) }
        var body = try await writer.writeHead(head)
        for start in stride(from: range.lowerBound, to: range.upperBound, by: Self.piece) {
            let (file, end) = (file, min(start + Self.piece, range.upperBound))
            let piece = try await NIOThreadPool.singleton.runIfActive {
                try file.read(start..<end)
            }
            try await body.write(piece)
            // The writer only queues. Once the event loop has had its turn the piece is at the
            // socket, and a full socket holds up the next write: memory stays bounded.
            try await channel.eventLoop.submit {}.get()
        }
        try await body.finish(nil)
    }
}

/// Content opened for reading; closed with the last who holds it.
private final class OpenFile: Sendable {
    private let descriptor: CInt
    /// Where in its file the content begins.
    private let start: Int
    /// In bytes.
    let size: Int

    /// `nil` if it is not there.
    init?(_ location: ContentStore.Location) {
        descriptor = open(location.path, O_RDONLY | O_CLOEXEC)
        var status = stat()
        guard descriptor >= 0 else { return nil }
        let whole = fstat(descriptor, &status) == 0 ? 0..<Int(status.st_size) : 0..<0
        let bytes = location.bytes ?? whole
        (start, size) = (bytes.lowerBound, bytes.count)
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// - Throws: `IOError` if the disk fails or the file has become shorter.
    func read(_ range: Range<Int>) throws -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: range.count)
        while buffer.readableBytes < range.count {
            let rest = (range.lowerBound + buffer.readableBytes)..<range.upperBound
            let count = try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: rest.count) {
                let count = pread(descriptor, $0.baseAddress, rest.count, start + rest.lowerBound)
                guard count >= 0 else { throw IOError(errnoCode: errno, reason: "pread") }
                return count
            }
            guard count > 0 else { throw IOError(errnoCode: EIO, reason: "file too short") }
        }
        return buffer
    }
}
