import Glibc

/// Small files that nobody else may read and that are whole or not there after a crash.
package enum PrivateFile {
    /// Larger ones are not ours.
    private static let sizeLimit = 1 << 20

    /// Mode 0600; replaces what was there in one step. The folder is made (0700) if it is missing.
    package static func write(_ bytes: [UInt8], to path: String) throws(SecurityFault) {
        try stage(bytes, at: path + ".new")
        try adopt(path)
    }

    /// Writes `path` durably without yet replacing anything: the first half of `write`.
    static func stage(_ bytes: [UInt8], at path: String) throws(SecurityFault) {
        let folder = folder(of: path)
        if mkdir(folder, 0o700) != 0, errno != EEXIST { throw writeFault(folder) }
        // A leftover may have another mode, or be a link.
        if unlink(path) != 0, errno != ENOENT { throw writeFault(path) }
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw writeFault(path) }
        defer { close(file) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw writeFault(path) }
            rest = rest.dropFirst(count)
        }
        guard fsync(file) == 0 else { throw writeFault(path) }
    }

    /// Puts `path.new` in the place of `path`: the second half of `write`.
    static func adopt(_ path: String) throws(SecurityFault) {
        // Whoever else has found the staged file fit may have moved it already.
        let isMoved = rename(path + ".new", path) == 0 || errno == ENOENT && access(path, F_OK) == 0
        guard isMoved else { throw writeFault(path) }
        let folder = open(folder(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw writeFault(path) }
        defer { close(folder) }
        guard fsync(folder) == 0 else { throw writeFault(path) }
    }

    /// The whole file, or `nil` if there is none.
    package static func read(_ path: String) throws(SecurityFault) -> [UInt8]? {
        try contents(of: path, secret: false)
    }

    /// - Throws: `keyExposed` if group or others have any access to it.
    package static func readSecret(_ path: String) throws(SecurityFault) -> [UInt8]? {
        try contents(of: path, secret: true)
    }

    private static func contents(
        of path: String, secret: Bool
    ) throws(SecurityFault) -> [UInt8]? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        if file < 0, errno == ENOENT { return nil }
        guard file >= 0 else { throw readFault(path) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw readFault(path) }
        if secret, status.st_mode & 0o077 != 0 { throw .keyExposed(path: path) }
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 1 << 14)
        while true {
            let count = Glibc.read(file, &block, block.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw readFault(path) }
            if count == 0 { return bytes }
            bytes += block[..<count]
            guard bytes.count <= sizeLimit else {
                throw .cannotRead(path: path, reason: "larger than 1 MiB")
            }
        }
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func readFault(_ path: String) -> SecurityFault {
        .cannotRead(path: path, reason: String(cString: strerror(errno)))
    }

    private static func writeFault(_ path: String) -> SecurityFault {
        .cannotWrite(path: path, reason: String(cString: strerror(errno)))
    }
}
