import ErgonSystem
import ErgonWorker

/// The variables of a lease's tasks. Those that are the same for all of them are put together once.
struct TaskEnvironment: Sendable {
    /// What lies in the task's folder, unless the manifest has it elsewhere.
    private static let places = ["HOME", "TMPDIR"]

    private let fixed: CStrings
    private let places: [String]

    /// - Parameters:
    ///   - variables: what the manifest asks for; the rest is what a process cannot do without.
    ///   - path: where programs are looked up.
    init(_ variables: [String: String], path: String) {
        var all = ["LANG": "C.UTF-8", "PATH": path].merging(variables) { $1 }
        all[folderVariable] = nil
        fixed = CStrings(all.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" })
        places = Self.places.filter { variables[$0] == nil } + [folderVariable]
    }

    /// As a program gets it: `NAME=value`.
    /// - Parameter task: its number; none for what is no task.
    func text(of task: Int?, in folder: String) -> CStrings {
        var text = fixed
        for name in places { text.append(name, "=", folder) }
        if let task { text.append(TaskPlan.numberVariable, "=", String(task)) }
        return text
    }
}
