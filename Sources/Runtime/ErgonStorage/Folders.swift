import ErgonProvenance
import Glibc

/// What a rename or a new file needs before a crash can no longer undo it.
func syncFolder(_ path: String) throws(SystemFault) {
    try OpenFile(path, O_RDONLY | O_DIRECTORY).syncAll()
}

/// Makes the folder and those above it, unless they are there.
func makeFolders(_ path: String) throws(SystemFault) {
    if mkdir(path, 0o755) == 0 {
        try syncFolder(parent(of: path))
        return
    }
    switch errno {
    case EEXIST: return
    case ENOENT where parent(of: path) != path:
        try makeFolders(parent(of: path))
        try makeFolders(path)
    default: throw SystemFault(action: "make the folder", path: path, code: errno)
    }
}

private func parent(of path: String) -> String {
    let trimmed = path.reversed().drop { $0 == "/" }
    let above = trimmed.drop { $0 != "/" }.drop { $0 == "/" }
    if above.isEmpty { return path.hasPrefix("/") ? "/" : "." }
    return String(above.reversed())
}

/// The names in a folder, sorted; without `.` and `..`.
func names(in path: String) throws(SystemFault) -> [String] {
    guard let folder = opendir(path) else {
        throw SystemFault(action: "list", path: path, code: errno)
    }
    defer { closedir(folder) }
    var names: [String] = []
    errno = 0
    while let entry = readdir(folder) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
            field.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        if name != ".", name != ".." { names.append(name) }
        errno = 0
    }
    guard errno == 0 else { throw SystemFault(action: "list", path: path, code: errno) }
    return names.sorted()
}

func rename(_ old: String, to new: String) throws(SystemFault) {
    try retrying("rename", new) { Glibc.rename(old, new) }
}

/// Nothing happens if there is no such file.
func removeFile(_ path: String) throws(SystemFault) {
    if unlink(path) != 0, errno != ENOENT {
        throw SystemFault(action: "remove", path: path, code: errno)
    }
}

/// The file, or `nil` if there is none.
func openIfThere(_ path: String) throws(SystemFault) -> OpenFile? {
    do {
        return try OpenFile(path, O_RDONLY)
    } catch {
        if error.code == ENOENT { return nil }
        throw error
    }
}

/// The file's content, or `nil` if there is no such file.
func readFile(_ path: String) throws(SystemFault) -> [UInt8]? {
    guard let file = try openIfThere(path) else { return nil }
    return try file.read(try file.size(), at: 0)
}
