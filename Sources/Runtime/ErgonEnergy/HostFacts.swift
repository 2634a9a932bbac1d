package import ErgonModel

/// What a worker may use of its machine.
package struct HostFacts: Hashable, Sendable {
    /// The processor's brand as its maker writes it, or what else names it; `unknown` at worst.
    package var cpuModel: String
    /// Hardware threads this process may keep busy, at least 1.
    package var threads: Int
    /// Those of the whole machine.
    package var nodeThreads: Int
    package var memory: ByteCount
    /// What the processor can do, in the kernel's words, each once, ascending.
    package var features: [String]
    /// Name, release and machine of the kernel, as far as it says them.
    package var kernel: String
}

/// Why a machine does not say what it is.
package struct HostFault: Actionable, Hashable {
    /// The file.
    package var place: String
    package var problem: String
    package var remedy: String
}

/// Reads the kernel's own account: proc(5), and the limits of cgroups(7), version 1 or 2, from the
/// process's own group upwards. The tightest limit counts; half a thread is rounded up to one.
/// - Parameter root: `/`, or a folder that stands for it.
package func readHostFacts(root: String) throws(HostFault) -> HostFacts {
    let tree = HostTree(root: root)
    let processors = Processors(parsing: try tree.require("proc/cpuinfo"))
    guard processors.count > 0 else {
        throw tree.fault("proc/cpuinfo", "names no processor")
    }
    guard let memory = totalMemory(try tree.require("proc/meminfo")) else {
        throw tree.fault("proc/meminfo", "has no `MemTotal` in kB")
    }
    let limits = ControlGroupLimits(in: tree)
    let allowed = tree.text("proc/self/status").flatMap(allowedProcessors)
    let threads = [processors.count, allowed, limits.threads].compactMap { $0 }.min()
    return HostFacts(
        cpuModel: processors.model, threads: max(1, threads ?? 1), nodeThreads: processors.count,
        memory: ByteCount(min(memory, limits.memory ?? memory)), features: processors.features,
        kernel: ["ostype", "osrelease", "arch"].compactMap { name in
            tree.text("proc/sys/kernel/\(name)").map { String(trimmed($0[...])) }
        }.joined(separator: " "))
}

/// `key : value` lines, as most files of proc(5) have them.
private func fields(_ text: String) -> [(key: Substring, value: Substring)] {
    text.split(separator: "\n").compactMap { line in
        guard let colon = line.firstIndex(of: ":") else { return nil }
        return (trimmed(line[..<colon]), trimmed(line[line.index(after: colon)...]))
    }
}

private func trimmed(_ text: Substring) -> Substring {
    var text = text
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return text
}

/// What `/proc/cpuinfo` lists.
private struct Processors {
    var count = 0
    var model = "unknown"
    var features: [String] = []

    init(parsing text: String) {
        var first: [Substring: Substring] = [:]
        for (key, value) in fields(text) {
            if key == "processor", Int(value) != nil { count += 1 }
            if first[key] == nil { first[key] = value }
        }
        let listed = first["flags"] ?? first["Features"] ?? ""
        features = Set(listed.split(separator: " ").map(String.init)).sorted()
        // x86, then POWER; ARM gives only numbers (ARM's MIDR_EL1: implementer and part).
        if let name = first["model name"] ?? first["cpu"], !name.isEmpty {
            model = String(name)
        } else if let implementer = first["CPU implementer"], let part = first["CPU part"] {
            model = "implementer \(implementer) part \(part)"
        }
    }
}

/// Bytes.
private func totalMemory(_ meminfo: String) -> Int64? {
    guard let field = fields(meminfo).first(where: { $0.key == "MemTotal" }) else { return nil }
    let words = field.value.split(separator: " ")
    guard words.count == 2, words[1] == "kB", let kibibytes = Int64(words[0]) else { return nil }
    let (bytes, isBeyond) = kibibytes.multipliedReportingOverflow(by: 1024)
    return isBeyond || bytes <= 0 ? nil : bytes
}

/// How many processors the scheduler may put this process on: cpusets and `taskset` show here.
private func allowedProcessors(_ status: String) -> Int? {
    guard let list = fields(status).first(where: { $0.key == "Cpus_allowed_list" }) else {
        return nil
    }
    var count = 0
    for range in list.value.split(separator: ",") {
        let ends = range.split(separator: "-").map { Int($0) }
        guard let first = ends.first ?? nil, let last = ends.last ?? nil, first <= last else {
            return nil
        }
        count += last - first + 1
    }
    return count > 0 ? count : nil
}
