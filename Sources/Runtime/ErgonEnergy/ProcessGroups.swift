package import ErgonModel
import Glibc

/// Control groups of version 2 (cgroups(7)), as far as they account for processor time.
extension ProcessTimes {
    /// Folders that may be this process's own group: where version 2 is alone, and where it stands
    /// beside version 1.
    package var ownGroups: [String] {
        for line in (tree.text("proc/self/cgroup") ?? "").split(separator: "\n") {
            guard line.hasPrefix("0::/") else { continue }
            let path = line.dropFirst(4)
            return ["sys/fs/cgroup", "sys/fs/cgroup/unified"].map {
                tree.path(path.isEmpty ? $0 : "\($0)/\(path)")
            }
        }
        return []
    }

    /// What there is in a group.
    package func groups(in folder: String) -> [String] { HostTree(root: folder).names(in: "") }

    /// What its processes have taken since they came into it; `nil` if it does not say.
    package func ofGroup(_ folder: String) -> Microseconds? {
        usage(HostTree(root: folder).text("cpu.stat"))
    }

    /// `usage_usec` of a `cpu.stat`.
    func usage(_ text: String?) -> Microseconds? {
        for line in (text ?? "").split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.first == "usage_usec", words.count == 2 else { continue }
            return Int64(words[1]).map { Microseconds($0) }
        }
        return nil
    }

    /// - Returns: whether the first of them is in the group now; others may have ended meanwhile.
    package func move(_ processes: [Int], into folder: String) -> Bool {
        let moved = processes.map { process in
            let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC
            let file = open("\(folder)/cgroup.procs", flags, 0o644)
            guard file >= 0 else { return false }
            defer { close(file) }
            let text = Array("\(process)\n".utf8)
            return write(file, text, text.count) == text.count
        }
        return moved.first ?? false
    }
}
