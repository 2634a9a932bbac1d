import ErgonSystem
import Glibc

/// Files without names for what tasks say. One that stayed empty serves the next task: most tasks
/// say nothing, and then a log costs one look at its size.
struct SpareLogs: ~Copyable {
    /// Of what a task says this much is kept, in bytes, from the start and from the end.
    static let limit = (head: 4 << 10, tail: 4 << 10)

    private let folder: String
    private var spare: [CInt] = []

    init(folder: String) { self.folder = folder }

    deinit { for file in spare { close(file) } }

    /// - Returns: an empty file, or a negative error number.
    mutating func take() -> CInt { spare.popLast() ?? namelessFile(in: folder) }

    mutating func giveBack(_ empty: CInt) { spare.append(empty) }

    /// Head and tail of what is in the file, which is given back or closed: what has got away from
    /// a task may still hold it, and shall not speak for the next.
    mutating func read(_ file: CInt) -> [UInt8] {
        var status = stat()
        if fstat(file, &status) == 0, status.st_size == 0 {
            giveBack(file)
            return []
        }
        defer { close(file) }
        let (head, tail) = (Self.limit.head, Self.limit.tail)
        return (try? ends(of: file, as: "the log", head: head, tail: tail)) ?? []
    }
}
