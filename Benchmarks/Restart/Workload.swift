import ErgonManifest
import ErgonModel
import ErgonProvenance

/// A campaign of tasks that are all alike, and what they leave.
struct Workload {
    let tasks: Int
    let hasOutputs: Bool
    /// How many results come in one report.
    let reported: Int
    private var dice: UInt64 = 1

    init(tasks: Int, hasOutputs: Bool, reported: Int) {
        self.tasks = tasks
        self.hasOutputs = hasOutputs
        self.reported = reported
    }

    /// As a person would write it, parsed.
    func campaign() throws(ManifestErrors) -> Campaign {
        let text = """
            apiVersion: ergon/v1
            kind: Campaign
            metadata: {name: restart}
            steps:
              work:
                split: {seeds: \(tasks)}
                run: [/bin/true]
                resources: {cpus: 1, memory: 16 MiB, time: 1 s, limit: 1 min}
            """ + (hasOutputs ? "\n    outputs: {out: {file: out.bin}}\n" : "\n")
        return try parseManifest(text, file: "manifest").resolved { _ in
            .failure(LookupFailure(problem: "there are no files", remedy: ""))
        }
    }

    mutating func result(_ task: Int, started: Instant) -> TaskResult {
        let cpu = 600 + pick(600)
        return TaskResult(
            task: task, outcome: .succeeded, outputs: hasOutputs ? [file(task, 0, 32)] : [],
            log: hasOutputs ? file(task, 1, 20 + pick(100)) : nil,
            started: started + Microseconds(pick(1500)), wall: Microseconds(cpu + pick(400)),
            cpu: Microseconds(cpu), energy: Joules(microjoules: cpu * 5))
    }

    /// Content that nobody has: a start does not look at it.
    private func file(_ task: Int, _ kind: UInt8, _ size: Int64) -> StoredFile {
        StoredFile(digest: Digest(of: "\(task) \(kind)".utf8), size: ByteCount(size))
    }

    /// - Returns: a number below `limit`; each time another, and the same in each run (Knuth, "The
    ///   Art of Computer Programming" 2, §3.3.4, line 26).
    private mutating func pick(_ limit: UInt64) -> Int64 {
        dice = dice &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int64((dice >> 33) % limit)
    }
}
