package import ErgonModel

/// What programs take of the processors while they run: proc(5).
package struct ProcessTimes: Sendable {
    let tree: HostTree
    /// A tick of the kernel's accounts (`USER_HZ`, 100 on every architecture that has Linux today).
    private static let tick: Int64 = 10_000
    /// More processes than one task's tree is looked through.
    private static let mostProcesses = 1000

    /// - Parameter root: `/`, or a folder that stands for it.
    package init(root: String = "") { tree = HostTree(root: root) }

    /// What the children of a process have taken, those that have ended and been waited for
    /// included. What threads other than the first have started is seen when it has ended.
    package func ofChildren(of process: Int) -> Microseconds {
        let ticks = below(process).reduce(ended(process)) { sum, child in
            guard let fields = fields(of: child) else { return sum }
            return sum + own(fields) + awaited(fields)
        }
        return Microseconds(ticks * Self.tick)
    }

    /// The children of a process, and theirs.
    package func below(_ process: Int) -> [Int] {
        var (found, waiting) = ([Int](), children(of: process))
        while let next = waiting.popLast(), found.count < Self.mostProcesses {
            found.append(next)
            waiting += children(of: next)
        }
        return found
    }

    private func ended(_ process: Int) -> Int64 { fields(of: process).map(awaited) ?? 0 }

    private func children(of process: Int) -> [Int] {
        (tree.text("proc/\(process)/task/\(process)/children") ?? "")
            .split { $0.isWhitespace }.compactMap { Int($0) }
    }

    /// The fields of `/proc/PID/stat` from the third on: the second may have anything in it.
    private func fields(of process: Int) -> [Substring]? {
        guard let text = tree.text("proc/\(process)/stat"), let end = text.lastIndex(of: ")")
        else { return nil }
        return text[text.index(after: end)...].split { $0.isWhitespace }
    }

    private func own(_ fields: [Substring]) -> Int64 { sum(fields, 11...12) }
    private func awaited(_ fields: [Substring]) -> Int64 { sum(fields, 13...14) }

    private func sum(_ fields: [Substring], _ places: ClosedRange<Int>) -> Int64 {
        guard fields.count > places.upperBound else { return 0 }
        return fields[places].reduce(0) { $0 + (Int64($1) ?? 0) }
    }

    /// What all programs of the machine have taken since it started; `nil` if it does not say.
    package func ofNode() -> Microseconds? {
        // By the microsecond where there are control groups of version 2.
        if let usage = usage(tree.text("sys/fs/cgroup/cpu.stat")) { return usage }
        guard let line = tree.text("proc/stat")?.split(separator: "\n").first else { return nil }
        let ticks = line.split(separator: " ").dropFirst().map { Int64($0) ?? 0 }
        guard ticks.count >= 8 else { return nil }
        // user nice system idle iowait irq softirq steal: what is idle and stolen is not taken.
        return Microseconds((ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6]) * Self.tick)
    }
}
