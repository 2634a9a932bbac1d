import ErgonSystem
import FoundationEssentials
import Glibc
import Logging

/// Names the folder of an attempt to all its processes, and so tells whose they are.
let folderVariable = "ERGON_FOLDER"

/// Kills what tasks of an earlier process have left running. A task itself ends with its worker,
/// whatever ends that; what the task had started may not.
/// - Parameter tasks: the folder of all attempts.
/// - Precondition: no other process uses that folder.
func killLeftovers(of tasks: String, logger: Logger) {
    let mark = Array("\(folderVariable)=\(tasks)/".utf8)
    var killed: Set<CInt> = []
    // Who is found may start another before it is killed.
    for _ in 0..<mostRounds {
        let found = processes(logger).filter { !killed.contains($0) && belongs($0, to: mark) }
        if found.isEmpty { break }
        for process in found { kill(process, SIGKILL) }
        killed.formUnion(found)
    }
    guard !killed.isEmpty else { return }
    logger.warning(
        "killed what an earlier process of this worker had left running",
        metadata: ["processes": "\(killed.count)"])
}

private let mostRounds = 10

private func processes(_ logger: Logger) -> [CInt] {
    let names: [String]
    do { names = try FileManager.default.contentsOfDirectory(atPath: "/proc") } catch {
        logger.warning(
            "what earlier tasks left running cannot be looked for",
            metadata: ["reason": "\(error)"])
        return []
    }
    return names.compactMap { CInt($0) }.filter { $0 != getpid() }
}

/// Who has been killed has no environment any more; of others' processes we see none.
private func belongs(_ process: CInt, to mark: [UInt8]) -> Bool {
    guard let environment = try? read("/proc/\(process)/environ", as: "an environment") else {
        return false
    }
    return environment.split(separator: 0).contains { $0.starts(with: mark) }
}
