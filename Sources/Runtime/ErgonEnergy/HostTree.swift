import Glibc

/// Text files under a folder that stands for `/`.
struct HostTree {
    /// Files of proc(5) say that they are empty; more than this is not one of them.
    private static let sizeLimit = 1 << 24

    var root: String

    func path(_ file: String) -> String {
        root.hasSuffix("/") ? root + file : "\(root)/\(file)"
    }

    func fault(_ file: String, _ problem: String) -> HostFault {
        HostFault(
            place: path(file), problem: problem,
            remedy: "run the worker on Linux, with /proc mounted and readable")
    }

    func require(_ file: String) throws(HostFault) -> String {
        guard let text = text(file) else { throw fault(file, "cannot be read") }
        return text
    }

    /// `nil` if it is not there or cannot be read.
    func text(_ file: String) -> String? {
        let descriptor = open(path(file), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 12)
        while bytes.count < Self.sizeLimit {
            let count = read(descriptor, &buffer, buffer.count)
            if count == 0 { return String(decoding: bytes, as: UTF8.self) }
            if count < 0 {
                guard errno == EINTR else { return nil }
            } else {
                bytes += buffer[..<count]
            }
        }
        return nil
    }

    /// What a folder holds, in no order; nothing if it is not there or cannot be read.
    func names(in folder: String) -> [String] {
        guard let stream = opendir(path(folder)) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
