import ErgonModel
import ErgonProvenance
import ErgonSystem
import Glibc

/// Why a task or a campaign cannot be made ready here.
struct WorkplaceFault: Error {
    /// For the coordinator, who keeps it for ever and shows it around: no paths or addresses of
    /// ours.
    var reason: String
    /// For our own log.
    var detail: String

    init(_ reason: String, detail: String? = nil) {
        self.reason = reason
        self.detail = detail ?? reason
    }
}

/// What the system had against `action`.
func fault(_ action: String, _ path: String) -> WorkplaceFault {
    let said = describe(errno)
    return WorkplaceFault("cannot \(action): \(said)", detail: "cannot \(action): \(path): \(said)")
}

// What a file is to others is said beside its path.

func read(_ path: String, as name: String) throws(WorkplaceFault) -> [UInt8] {
    var bytes: [UInt8] = []
    try forEachChunk(of: path, as: name) { chunk in
        bytes.append(contentsOf: chunk)
        return true
    }
    return bytes
}

/// Line `number` of a text, counted from 0, without its end; `nil` if there are fewer.
func line(_ number: Int, of path: String, as name: String) throws(WorkplaceFault) -> [UInt8]? {
    var line: [UInt8]?
    var before = number
    try forEachChunk(of: path, as: name) { chunk in
        var rest = chunk[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: "\n"))
            if before == 0 { line = (line ?? []) + rest[..<(end ?? rest.endIndex)] }
            guard let end else { return true }
            guard before > 0 else { return false }
            before -= 1
            rest = rest[(end + 1)...]
        }
        return true
    }
    return line
}

/// The start and the end of a file, with a line between them that says how much is left out.
func read(
    _ path: String, as name: String, head: Int, tail: Int
) throws(WorkplaceFault) -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw fault("read \(name)", path) }
    defer { close(file) }
    return try ends(of: file, as: name, head: head, tail: tail)
}

/// The same of a file that is open.
func ends(
    of file: CInt, as name: String, head: Int, tail: Int
) throws(WorkplaceFault) -> [UInt8] {
    var status = stat()
    guard fstat(file, &status) == 0 else { throw fault("read \(name)", "an open file") }
    let size = Int(status.st_size)
    guard size > head + tail else { return try part(of: file, name, 0..<size) }
    let note = "\n… \(size - head - tail) bytes left out …\n"
    return try part(of: file, name, 0..<head) + Array(note.utf8)
        + part(of: file, name, size - tail..<size)
}

/// As much of it as there is.
func part(
    of file: CInt, _ name: String, _ range: Range<Int>
) throws(WorkplaceFault) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: range.count)
    var done = 0
    while done < bytes.count {
        let got = bytes.withUnsafeMutableBytes { buffer in
            pread(
                file, buffer.baseAddress.map { $0 + done }, buffer.count - done,
                off_t(range.lowerBound + done))
        }
        if got < 0, errno == EINTR { continue }
        guard got >= 0 else { throw fault("read \(name)", "an open file") }
        if got == 0 { break }
        done += got
    }
    return Array(bytes.prefix(done))
}

func hash(_ path: String, as name: String) throws(WorkplaceFault) -> StoredFile {
    var hasher = ContentHasher()
    var size: Int64 = 0
    try forEachChunk(of: path, as: name) { chunk in
        hasher.update(chunk)
        size += Int64(chunk.count)
        return true
    }
    return StoredFile(digest: hasher.finish(), size: ByteCount(size))
}

/// - Parameter body: returns false to stop.
private func forEachChunk(
    of path: String, as name: String, _ body: (UnsafeRawBufferPointer) -> Bool
) throws(WorkplaceFault) {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw fault("read \(name)", path) }
    defer { close(file) }
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    while true {
        let count = buffer.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else { throw fault("read \(name)", path) }
        if count == 0 { return }
        let goesOn = buffer.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        if !goesOn { return }
    }
}

func write(_ bytes: [UInt8], to path: String, as name: String) throws(WorkplaceFault) {
    unlink(path)
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw fault("write \(name)", path) }
    defer { close(file) }
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw fault("write \(name)", path) }
        rest = rest.dropFirst(count)
    }
}
