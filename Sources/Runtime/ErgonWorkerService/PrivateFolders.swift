import ErgonModel
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

    /// When a folder changed last, as the file system says, and since when that is known here.
    private struct Rest {
        var changed: timespec
        var since: Microseconds
        /// A change after it was taken last would show: file systems date changes by a clock that
        /// ticks.
        var shows = false
    }

    /// No file system's clock ticks less often.
    private static let longestTick = Microseconds(20_000)

    private let parent: String
    private var spare: [Folder] = []
    private var rests: [CInt: Rest] = [:]
    private var made = 0

    /// - Parameter parent: a folder that nobody else uses.
    init(parent: String) { self.parent = parent }

    deinit { for folder in spare { close(folder.descriptor) } }

    /// An empty folder.
    mutating func take() throws(WorkplaceFault) -> Folder {
        if let folder = spare.popLast() {
            if let rest = rests[folder.descriptor], !rest.shows {
                rests[folder.descriptor]?.shows = rest.since + Self.longestTick <= steadyClock()
            }
            return folder
        }
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
            isUntouched(folder, status.st_ctim) || isEmptyFolder(folder.descriptor)
        else {
            retire(folder)
            return false
        }
        spare.append(folder)
        return true
    }

    /// Whether nobody can have changed anything in it since it was taken.
    private mutating func isUntouched(_ folder: Folder, _ changed: timespec) -> Bool {
        if let rest = rests[folder.descriptor], rest.changed.tv_sec == changed.tv_sec,
            rest.changed.tv_nsec == changed.tv_nsec
        {
            return rest.shows
        }
        rests[folder.descriptor] = Rest(changed: changed, since: steadyClock())
        return false
    }

    /// It will not be used again; the caller has to remove it.
    mutating func retire(_ folder: Folder) {
        rests[folder.descriptor] = nil
        close(folder.descriptor)
    }
}
