import ErgonSystem
import Glibc

/// A folder for each task that is being made ready or runs. One that is found as it was made
/// serves the next task: to make and remove it would cost more than many a task itself.
struct PrivateFolders: ~Copyable {
    struct Folder: Hashable, Sendable {
        let path: String
        fileprivate let descriptor: CInt
        fileprivate let inode: ino_t
        fileprivate let mode: mode_t
        fileprivate let links: nlink_t
    }

    private let parent: String
    private var spare: [Folder] = []
    private var made = 0

    /// - Parameter parent: a folder that nobody else uses.
    init(parent: String) { self.parent = parent }

    deinit { for folder in spare { close(folder.descriptor) } }

    /// An empty folder.
    mutating func take() throws(WorkplaceFault) -> Folder {
        if let folder = spare.popLast() { return folder }
        made += 1
        let path = "\(parent)/\(made)"
        guard mkdir(path, 0o700) == 0 else { throw fault("make the task's folder", path) }
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        var status = stat()
        guard descriptor >= 0, fstat(descriptor, &status) == 0 else {
            let fault = fault("open the task's folder", path)
            if descriptor >= 0 { close(descriptor) }
            rmdir(path)
            throw fault
        }
        return Folder(
            path: path, descriptor: descriptor, inode: status.st_ino, mode: status.st_mode,
            links: status.st_nlink)
    }

    /// - Parameter outputs: names of files that may be in it and are no longer needed.
    /// - Returns: whether it will be used again; if not, the caller has to remove it.
    mutating func giveBack(_ folder: Folder, without outputs: [String]) -> Bool {
        for name in outputs { unlink("\(folder.path)/\(name)") }
        var status = stat()
        guard lstat(folder.path, &status) == 0, status.st_ino == folder.inode,
            status.st_mode == folder.mode, status.st_nlink == folder.links,
            isEmptyFolder(folder.descriptor)
        else {
            retire(folder)
            return false
        }
        spare.append(folder)
        return true
    }

    /// It will not be used again; the caller has to remove it.
    func retire(_ folder: Folder) { close(folder.descriptor) }
}
