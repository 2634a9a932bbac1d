import ErgonModel
import ErgonProvenance
import Glibc
import Synchronization

/// A download on its way: `path.part` grows, is hashed as it grows, and becomes `path` only whole
/// and right. Never synced: a cache loses nothing that cannot be fetched again.
final class PartialFile: Sendable {
    private struct Growth: ~Copyable {
        var descriptor: CInt
        var length = 0
        var hasher = ContentHasher()

        deinit { close(descriptor) }
    }

    let path: String
    private let partPath: String
    /// More than this is refused.
    private let limit: Int
    private let growth: Mutex<Growth>

    /// Opens what an earlier try left, or a new file. Call `takeUp()` before anything else.
    /// - Throws: `.file` if it cannot be opened.
    init(path: String, limit: ByteCount) throws(TransferFault) {
        self.path = path
        self.limit = Int(limit.bytes)
        partPath = path + ".part"
        let descriptor = open(partPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw TransferFault(.file(action: "create", error: errno), at: partPath)
        }
        growth = Mutex(Growth(descriptor: descriptor))
    }

    /// In bytes.
    var length: Int { growth.withLock { $0.length } }

    /// Hashes what is already there, and gives others their turn in between.
    func takeUp() async throws(TransferFault) {
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while try takeUp(through: &buffer) { await Task.yield() }
    }

    /// - Returns: false at the end of the file.
    private func takeUp(through buffer: inout [UInt8]) throws(TransferFault) -> Bool {
        let count = growth.withLock { growth in
            buffer.withUnsafeMutableBytes { bytes in
                let count = pread(growth.descriptor, bytes.baseAddress, bytes.count, growth.length)
                if count > 0 {
                    growth.hasher.update(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
                    growth.length += count
                }
                return count
            }
        }
        guard count >= 0 else {
            throw TransferFault(.file(action: "read", error: errno), at: partPath)
        }
        if length > limit { try startOver() }
        return count > 0
    }

    /// Drops every byte: the peer does not continue where we stopped.
    func startOver() throws(TransferFault) {
        let done = growth.withLock { growth in
            growth.length = 0
            growth.hasher = ContentHasher()
            return ftruncate(growth.descriptor, 0) == 0
        }
        guard done else {
            throw TransferFault(.file(action: "truncate", error: errno), at: partPath)
        }
    }

    /// - Throws: `.tooLarge` before a byte beyond the limit is written, `.file` if the disk fails.
    func append(_ bytes: UnsafeRawBufferPointer) throws(TransferFault) {
        guard length + bytes.count <= limit else {
            throw TransferFault(.tooLarge(limit: ByteCount(Int64(limit))), at: path)
        }
        let error: CInt = growth.withLock { growth in
            var rest = bytes[...]
            while !rest.isEmpty {
                let piece = UnsafeRawBufferPointer(rebasing: rest)
                let count = pwrite(
                    growth.descriptor, piece.baseAddress, piece.count, growth.length)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return errno }
                growth.hasher.update(UnsafeRawBufferPointer(rebasing: piece[..<count]))
                growth.length += count
                rest = rest.dropFirst(count)
            }
            return 0
        }
        guard error == 0 else {
            throw TransferFault(.file(action: "write", error: error), at: partPath)
        }
    }

    /// Gives the file its name, if it is what was asked for; otherwise removes it.
    /// - Parameter place: where the content came from, for the fault.
    func finish(expecting digest: Digest, from place: String) throws(TransferFault) {
        let found = growth.withLock { $0.hasher.finish() }
        guard found == digest else {
            discard()
            throw TransferFault(.wrongDigest(expected: digest, found: found), at: place)
        }
        guard rename(partPath, path) == 0 else {
            throw TransferFault(.file(action: "rename", error: errno), at: partPath)
        }
    }

    /// A failure to remove is no loss: the next try reads and judges what is left.
    func discard() { unlink(partPath) }
}
