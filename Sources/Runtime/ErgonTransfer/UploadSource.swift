import CCurl
import Glibc

/// Hands out what is to be sent, from any position: libcurl goes back when a connection it kept
/// open turns out to be dead.
final class UploadSource {
    private enum Origin {
        case descriptor(CInt)
        case bytes([UInt8])
    }

    private let origin: Origin
    /// In bytes.
    let size: Int
    private var position = 0

    /// - Throws: `.file` if it cannot be opened.
    init(_ upload: Upload) throws(TransferFault) {
        switch upload {
        case .bytes(let bytes):
            origin = .bytes(bytes)
            size = bytes.count
        case .file(let path):
            let descriptor = open(path, O_RDONLY | O_CLOEXEC)
            var status = stat()
            guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
                let error = errno
                if descriptor >= 0 { close(descriptor) }
                throw TransferFault(.file(action: "read", error: error), at: path)
            }
            origin = .descriptor(descriptor)
            size = status.st_size
        }
    }

    deinit { if case .descriptor(let descriptor) = origin { close(descriptor) } }

    /// - Returns: how many bytes are in `buffer` now; `nil` if they cannot be read.
    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        let count: Int
        switch origin {
        case .bytes(let bytes):
            let rest = bytes[position...].prefix(buffer.count)
            buffer.copyBytes(from: rest)
            count = rest.count
        case .descriptor(let descriptor):
            count = pread(descriptor, buffer.baseAddress, buffer.count, position)
        }
        guard count >= 0 else { return nil }
        position += count
        return count
    }

    func seek(to offset: Int) -> Bool {
        guard (0...size).contains(offset) else { return false }
        position = offset
        return true
    }
}
