import Glibc

/// What a file system has room for, in bytes.
package struct DiskSpace: Hashable, Sendable {
    /// For whoever is not root.
    package var free: Int
    package var total: Int

    /// Of the file system that holds `folder`; `nil` if the system does not say.
    package init?(of folder: String) {
        var status = statvfs()
        guard statvfs(folder, &status) == 0 else { return nil }
        let block = Int(status.f_frsize)
        free = Int(status.f_bavail) * block
        total = Int(status.f_blocks) * block
    }
}
