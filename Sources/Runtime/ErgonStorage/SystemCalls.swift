import CLinux
package import ErgonProvenance
import Glibc

extension SystemFault {
    /// A system call that failed.
    /// - Parameter code: the value of `errno`.
    package init(action: String, path: String, code: CInt) {
        self.init(
            action: action, path: path, code: code, reason: String(cString: strerror(code)),
            isFull: code == ENOSPC || code == EDQUOT)
    }
}

/// An open file, closed when its owner lets go of it.
package final class OpenFile: LogFile, Sendable {
    let descriptor: CInt
    let path: String

    /// - Parameter mode: permissions of a file that is created.
    init(_ path: String, _ flags: CInt, mode: mode_t = 0o644) throws(SystemFault) {
        descriptor = try retrying("open", path) { Glibc.open(path, flags | O_CLOEXEC, mode) }
        self.path = path
    }

    deinit { close(descriptor) }

    /// False if another process (or another `OpenFile`) holds the lock.
    func tryLock() throws(SystemFault) -> Bool {
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return true }
        if errno == EWOULDBLOCK { return false }
        throw SystemFault(action: "lock", path: path, code: errno)
    }

    /// Others may have the same kind of lock at the same time; waits for one that may not.
    func shareLock() throws(SystemFault) {
        try retrying("lock", path) { flock(descriptor, LOCK_SH) }
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SystemFault) {
        var done = 0
        while done < bytes.count {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            done += try retrying("write", path) {
                pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
            }
        }
    }

    package func write(_ bytes: [UInt8], at offset: Int) throws(SystemFault) {
        let fault: SystemFault? = bytes.withUnsafeBytes { buffer in
            do throws(SystemFault) {
                try write(buffer, at: offset)
                return nil
            } catch {
                return error
            }
        }
        if let fault { throw fault }
    }

    /// At most `count` bytes from `offset` on; fewer only at the end of the file.
    package func read(_ count: Int, at offset: Int) throws(SystemFault) -> [UInt8] {
        var code: CInt = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            let raw = UnsafeMutableRawBufferPointer(buffer)
            while filled < count {
                let rest = UnsafeMutableRawBufferPointer(rebasing: raw[filled...])
                let got = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + filled))
                if got < 0, errno == EINTR { continue }
                if got < 0 { code = errno }
                if got <= 0 { break }
                filled += got
            }
        }
        guard code == 0 else { throw SystemFault(action: "read", path: path, code: code) }
        return bytes
    }

    package func size() throws(SystemFault) -> Int {
        var status = stat()
        try retrying("stat", path) { fstat(descriptor, &status) }
        return Int(status.st_size)
    }

    package func truncate(to size: Int) throws(SystemFault) {
        try retrying("truncate", path) { ftruncate(descriptor, off_t(size)) }
    }

    /// The content is on disk, and as much of its metadata as it takes to read it.
    package func syncContent() throws(SystemFault) {
        try retrying("sync", path) { fdatasync(descriptor) }
    }

    /// Everything on the file system that this file is on.
    func syncFileSystem() throws(SystemFault) {
        let code = ergon_sync_file_system(descriptor)
        guard code == 0 else { throw SystemFault(action: "sync", path: path, code: -code) }
    }

    package func syncAll() throws(SystemFault) {
        try retrying("sync", path) { fsync(descriptor) }
    }
}

/// - Returns: what `call` returns, unless it is negative.
@discardableResult
func retrying<Result: SignedInteger>(
    _ action: String, _ path: String, _ call: () -> Result
) throws(SystemFault) -> Result {
    while true {
        let result = call()
        if result >= 0 { return result }
        if errno != EINTR { throw SystemFault(action: action, path: path, code: errno) }
    }
}
