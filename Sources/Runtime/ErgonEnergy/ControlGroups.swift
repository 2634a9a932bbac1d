/// The tightest limits of the control groups around this process.
struct ControlGroupLimits {
    /// Whole threads, rounded up.
    private(set) var threads: Int?
    /// Bytes.
    private(set) var memory: Int64?

    init(in tree: HostTree) {
        for line in (tree.text("proc/self/cgroup") ?? "").split(separator: "\n") {
            // `hierarchy:controllers:path`; version 2 names no controllers.
            let parts = line.split(
                separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            var folder = "sys/fs/cgroup" + (parts[1].isEmpty ? "" : "/\(parts[1])")
            read(folder, in: tree)
            for component in parts[2].split(separator: "/") {
                folder += "/\(component)"
                read(folder, in: tree)
            }
        }
    }

    /// A file that is not there sets no limit, and neither does `max`, nor a negative number.
    private mutating func read(_ folder: String, in tree: HostTree) {
        let quota = numbers(tree.text("\(folder)/cpu.max"))
        if quota.count == 2 { limit(quota: quota[0], period: quota[1]) }
        let oldQuota = numbers(tree.text("\(folder)/cpu.cfs_quota_us"))
        let oldPeriod = numbers(tree.text("\(folder)/cpu.cfs_period_us"))
        if let quota = oldQuota.first, let period = oldPeriod.first {
            limit(quota: quota, period: period)
        }
        for file in ["memory.max", "memory.limit_in_bytes"] {
            if let bytes = numbers(tree.text("\(folder)/\(file)")).first ?? nil, bytes > 0 {
                memory = min(memory ?? bytes, bytes)
            }
        }
    }

    private mutating func limit(quota: Int64?, period: Int64?) {
        guard let quota, let period, quota > 0, period > 0 else { return }
        let whole = quota / period + (quota % period == 0 ? 0 : 1)
        threads = min(threads ?? Int(whole), Int(whole))
    }

    private func numbers(_ text: String?) -> [Int64?] {
        (text ?? "").split { $0.isWhitespace }.map { Int64($0) }
    }
}
