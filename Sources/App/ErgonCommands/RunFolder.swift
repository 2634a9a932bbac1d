import ErgonModel
import FoundationEssentials
import Glibc

/// `ergon-runs/NAME/N`: the last one if it was stopped before its campaign ended, else a new one.
struct RunFolder: Sendable {
    let path: String
    let isResumed: Bool

    var coordinator: String { "\(path)/coordinator" }
    var outputs: String { "\(path)/outputs" }
    private var mark: String { "\(path)/campaign" }

    static func choose(in runs: String, for local: LocalCampaign) throws -> RunFolder {
        let parent = "\(runs)/\(local.campaign.name)"
        try makeFolder(parent)
        try lockFolder(parent, for: "run of this campaign")
        let last = try numbers(in: parent).max() ?? 0
        let before = RunFolder(path: "\(parent)/\(last)", isResumed: true)
        if (try? String(contentsOfFile: before.mark, encoding: .utf8)) == local.digest.hex {
            return before
        }
        let fresh = RunFolder(path: "\(parent)/\(last + 1)", isResumed: false)
        try makeFolder(fresh.path)
        try writeFile(Array(local.digest.hex.utf8), to: fresh.mark)
        return fresh
    }

    private static func numbers(in folder: String) throws -> [Int] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: folder).compactMap(Int.init)
        } catch {
            throw CommandFault(
                place: folder, problem: "the folder cannot be read: \(reason(error))",
                remedy: "check its permissions", exit: Exit.no)
        }
    }

    /// The next run is a new one.
    func markEnded() throws {
        guard unlink(mark) == 0 else {
            throw CommandFault(
                place: mark, problem: "cannot be removed: \(String(cString: strerror(errno)))",
                remedy: "remove it, or the next run goes on with this one", exit: Exit.no)
        }
    }

    var greeting: String { (isResumed ? "goes on in " : "runs in ") + path }

    var farewell: String {
        """

        outputs   \(outputs)
        log       \(coordinator)/log
        check it  ergon coverage --home \(coordinator)
                  ergon audit verify --home \(coordinator)
        """
    }
}
