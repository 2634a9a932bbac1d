import ErgonModel
import ErgonProvenance
import ErgonSystem
import Glibc

func fault(_ path: String) -> WorkplaceFault {
    WorkplaceFault(reason: "\(path): \(describe(errno))")
}

func read(_ path: String) throws(WorkplaceFault) -> [UInt8] {
    var bytes: [UInt8] = []
    try forEachChunk(of: path) { bytes.append(contentsOf: $0) }
    return bytes
}

/// The start and the end of a file, with a line between them that says how much is left out.
func read(_ path: String, head: Int, tail: Int) throws(WorkplaceFault) -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw fault(path) }
    defer { close(file) }
    let size = Int(lseek(file, 0, SEEK_END))
    guard size > head + tail else { return try part(of: file, path, from: 0, count: size) }
    let note = "\n… \(size - head - tail) bytes left out …\n"
    return try part(of: file, path, from: 0, count: head) + Array(note.utf8)
        + part(of: file, path, from: size - tail, count: tail)
}

private func part(
    of file: CInt, _ path: String, from offset: Int, count: Int
) throws(WorkplaceFault) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var done = 0
    while done < count {
        let got = bytes.withUnsafeMutableBytes { buffer in
            pread(file, buffer.baseAddress.map { $0 + done }, count - done, off_t(offset + done))
        }
        if got < 0, errno == EINTR { continue }
        guard got >= 0 else { throw fault(path) }
        if got == 0 { break }
        done += got
    }
    return Array(bytes.prefix(done))
}

func hash(_ path: String) throws(WorkplaceFault) -> StoredFile {
    var hasher = ContentHasher()
    var size: Int64 = 0
    try forEachChunk(of: path) { chunk in
        hasher.update(chunk)
        size += Int64(chunk.count)
    }
    return StoredFile(digest: hasher.finish(), size: ByteCount(size))
}

private func forEachChunk(
    of path: String, _ body: (UnsafeRawBufferPointer) -> Void
) throws(WorkplaceFault) {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw fault(path) }
    defer { close(file) }
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    while true {
        let count = buffer.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else { throw fault(path) }
        if count == 0 { return }
        buffer.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }
}

func write(_ bytes: [UInt8], to path: String) throws(WorkplaceFault) {
    unlink(path)
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw fault(path) }
    defer { close(file) }
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { throw fault(path) }
        rest = rest.dropFirst(count)
    }
}
