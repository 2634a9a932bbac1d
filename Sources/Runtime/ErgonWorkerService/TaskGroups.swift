import ErgonEnergy
import ErgonModel
import ErgonSystem
import ErgonWorker
import Glibc

/// A control group (cgroups(7), version 2) for each task that runs for long: it knows what all of
/// a task's processes take, even of those that have lost their parents. Short tasks have none.
struct TaskGroups {
    private struct Group {
        let folder: String
        /// What was taken before.
        let base: Microseconds
    }

    private let times: ProcessTimes
    /// The worker's own group.
    private let parent: String
    private var groups: [Worker.Attempt: Group] = [:]
    private var firstSeen: [Worker.Attempt: Microseconds] = [:]

    /// So long a task runs before it is worth a group.
    private static let longEnough = Microseconds.seconds(1)
    private static let prefix = "ergon-task-"

    /// - Parameter root: `/`, or a folder that stands for it.
    /// - Returns: `nil` if the worker may not make any.
    init?(root: String = "") {
        times = ProcessTimes(root: root)
        let found = times.ownGroups.first { access("\($0)/cgroup.procs", W_OK) == 0 }
        guard let found else { return nil }
        parent = found
        for name in times.groups(in: found) where name.hasPrefix(Self.prefix) {
            // Of a worker that was killed; one that somebody is in stays.
            rmdir("\(found)/\(name)")
        }
    }

    /// - Returns: `nil` if the attempt has no group.
    mutating func taken(
        by attempt: Worker.Attempt, _ process: CInt, at time: Microseconds
    ) -> Microseconds? {
        if let group = groups[attempt] {
            return times.ofGroup(group.folder).map { $0 + group.base }
        }
        let first = firstSeen[attempt] ?? time
        firstSeen[attempt] = first
        guard first + Self.longEnough <= time else { return nil }
        let folder = "\(parent)/\(Self.prefix)\(process)"
        let base = times.ofTree(of: process)
        guard mkdir(folder, 0o755) == 0 else { return nil }
        guard times.move([Int(process)] + times.below(Int(process)), into: folder) else {
            rmdir(folder)
            return nil
        }
        groups[attempt] = Group(folder: folder, base: base)
        return base
    }

    /// Those attempts have ended.
    mutating func forget(_ hasEnded: (Worker.Attempt) -> Bool) {
        for attempt in firstSeen.keys where hasEnded(attempt) {
            firstSeen[attempt] = nil
            if let group = groups.removeValue(forKey: attempt) { rmdir(group.folder) }
        }
    }
}
