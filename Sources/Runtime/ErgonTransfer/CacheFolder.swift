import ErgonModel
import ErgonProvenance
import FoundationEssentials
import Glibc

/// The cache on disk. Each piece of content has a folder named by its digest: `content`, written
/// once and read-only, and in `as` a hard link for each name it was asked for by.
struct CacheFolder: Sendable {
    struct Found: Sendable {
        var digest: Digest
        var size: ByteCount
        var lastUse: Instant
    }

    let path: String

    /// - Throws: `.file` if the folder cannot be made.
    init(path: String) throws(TransferFault) {
        self.path = path
        try make(path)
    }

    private func make(_ folder: String) throws(TransferFault) {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw TransferFault(.file(action: "create", error: errno), at: folder)
        }
    }

    private func folder(of digest: Digest) -> String { "\(path)/\(digest.hex)" }
    func contentPath(of digest: Digest) -> String { "\(folder(of: digest))/content" }

    /// What earlier runs left whole, least recently used first.
    /// What they left unfinished is removed.
    func takeStock() throws(TransferFault) -> [Found] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            throw TransferFault(.file(action: "list", error: errno), at: path)
        }
        var found: [Found] = []
        for digest in names.compactMap(Digest.init(hex:)) {
            guard let status = status(of: contentPath(of: digest)) else {
                remove(digest)
                continue
            }
            let time = status.st_mtim
            let lastUse = Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
            found.append(
                Found(
                    digest: digest, size: ByteCount(Int64(status.st_size)),
                    lastUse: Instant(microseconds: lastUse)))
        }
        return found.sorted { ($0.lastUse, $0.digest) < ($1.lastUse, $1.digest) }
    }

    private func status(of path: String) -> stat? {
        var status = stat()
        return stat(path, &status) == 0 ? status : nil
    }

    /// Makes the place for `content`.
    func prepare(_ digest: Digest) throws(TransferFault) { try make("\(folder(of: digest))/as") }

    func protect(_ digest: Digest) throws(TransferFault) {
        let path = contentPath(of: digest)
        guard chmod(path, 0o444) == 0 else {
            throw TransferFault(.file(action: "protect", error: errno), at: path)
        }
    }

    /// - Parameter name: a plain file name.
    /// - Returns: the path by which a program sees the content under that name.
    func link(_ digest: Digest, as name: String) throws(TransferFault) -> String {
        let path = "\(folder(of: digest))/as/\(name)"
        guard Glibc.link(contentPath(of: digest), path) == 0 || errno == EEXIST else {
            throw TransferFault(.file(action: "link", error: errno), at: path)
        }
        return path
    }

    /// The order of use outlives us in the files' times; if one cannot be set, that order is off.
    func markUsed(_ digest: Digest) { utimensat(AT_FDCWD, contentPath(of: digest), nil, 0) }

    /// What cannot be removed is found again by the next `takeStock()`.
    func remove(_ digest: Digest) {
        try? FileManager.default.removeItem(atPath: folder(of: digest))
    }

    /// True if the content is there, has that size and that digest. Reads all of it.
    func isIntact(_ file: StoredFile) async -> Bool {
        let path = contentPath(of: file.digest)
        guard status(of: path)?.st_size == Int(file.size.bytes) else { return false }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var hasher = ContentHasher()
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { return count == 0 && hasher.finish() == file.digest }
            buffer.withUnsafeBytes { hasher.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            await Task.yield()
        }
    }
}

/// True for a name that stays within its folder.
func isFileName(_ name: String) -> Bool {
    (1...255).contains(name.utf8.count) && name != "." && name != ".."
        && !name.utf8.contains { $0 == UInt8(ascii: "/") || $0 == 0 }
}
