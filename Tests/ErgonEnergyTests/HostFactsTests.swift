import ErgonEnergy
import ErgonModel
import Foundation
import Testing

/// A folder that stands for `/`; removed with the value.
private final class FakeRoot {
    let folder: URL

    init(_ files: [String: String]) throws {
        folder = FileManager.default.temporaryDirectory
            .appending(path: "ergon-host-\(UUID().uuidString)")
        for (path, text) in files {
            let file = folder.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    func facts() throws -> HostFacts {
        try withExtendedLifetime(self) { try readHostFacts(root: folder.path) }
    }
}

private func cpuinfo(_ fields: [String], processors: Int) -> String {
    (0..<processors).map { number in
        (["processor\t: \(number)"] + fields).joined(separator: "\n") + "\n\n"
    }.joined()
}

private let intel = cpuinfo(
    [
        "vendor_id\t: GenuineIntel", "cpu family\t: 6", "model\t\t: 85",
        "model name\t: Intel(R) Xeon(R) Gold 6148 CPU @ 2.40GHz", "power management:",
    ], processors: 8)
private let meminfo = "MemTotal:       16384 kB\nMemFree:        99 kB\n"

private func root(_ more: [String: String] = [:]) throws -> FakeRoot {
    let files = ["proc/cpuinfo": intel, "proc/meminfo": meminfo]
    return try FakeRoot(files.merging(more) { $1 })
}

@Suite struct `A machine says what it is` {
    @Test func `with the processor's brand, its threads and its memory`() throws {
        let facts = try root().facts()
        #expect(facts.cpuModel == "Intel(R) Xeon(R) Gold 6148 CPU @ 2.40GHz")
        #expect(facts.threads == 8)
        #expect(facts.memory == ByteCount(16384 * 1024))
    }

    @Test func `with what its processor can do and what its kernel is`() throws {
        let facts = try root([
            "proc/cpuinfo": cpuinfo(["flags\t: sse4_2 avx512f fpu avx512f"], processors: 2),
            "proc/sys/kernel/ostype": "Linux\n", "proc/sys/kernel/osrelease": "6.1.0-18-amd64\n",
            "proc/sys/kernel/arch": "x86_64\n",
        ]).facts()
        #expect(facts.features == ["avx512f", "fpu", "sse4_2"])
        #expect(facts.kernel == "Linux 6.1.0-18-amd64 x86_64")
        let arm = try root(["proc/cpuinfo": cpuinfo(["Features : fp asimd"], processors: 1)])
        #expect(try arm.facts().features == ["asimd", "fp"])
    }

    @Test(
        arguments: [
            (
                ["model name\t: AMD EPYC 7702P 64-Core Processor"],
                "AMD EPYC 7702P 64-Core Processor"
            ),
            (
                ["BogoMIPS\t: 50.00", "CPU implementer\t: 0x41", "CPU part\t: 0xd0c"],
                "implementer 0x41 part 0xd0c"
            ),
            (["cpu\t\t: POWER9, altivec supported"], "POWER9, altivec supported"),
            (["model name\t:"], "unknown"),
            ([], "unknown"),
        ] as [([String], String)])
    func `by what names the processor`(fields: [String], model: String) throws {
        let facts = try root(["proc/cpuinfo": cpuinfo(fields, processors: 2)]).facts()
        #expect(facts.cpuModel == model)
        #expect(facts.threads == 2)
    }

    @Test(arguments: [
        ("0-7", 8), ("0,2-3", 3), ("5", 1), ("0-63", 8), ("", 8), ("x", 8), ("3-1", 8),
    ])
    func `with the processors it may run on`(list: String, threads: Int) throws {
        let status = "Name:\tx\nCpus_allowed_list:\t\(list)\n"
        #expect(try root(["proc/self/status": status]).facts().threads == threads)
    }

    @Test(arguments: [
        ("max 100000", 8), ("300000 100000", 3), ("250000 100000", 3), ("1000 100000", 1),
        ("9000000 100000", 8), ("0 0", 8), ("", 8),
    ])
    func `with the share of them its control group has`(quota: String, threads: Int) throws {
        let root = try root([
            "proc/self/cgroup": "0::/site/job\n", "sys/fs/cgroup/site/job/cpu.max": quota,
        ])
        #expect(try root.facts().threads == threads)
    }

    @Test func `with the tightest limit of all groups around it`() throws {
        let facts = try root([
            "proc/self/cgroup": "0::/site/job\n",
            "sys/fs/cgroup/site/cpu.max": "200000 100000\n",
            "sys/fs/cgroup/site/job/cpu.max": "400000 100000\n",
            "sys/fs/cgroup/site/memory.max": "8388608\n",
            "sys/fs/cgroup/site/job/memory.max": "max\n",
        ]).facts()
        #expect(facts.threads == 2)
        #expect(facts.memory == ByteCount(8_388_608))
    }

    @Test func `with limits of version 1, too`() throws {
        let facts = try root([
            "proc/self/cgroup": "4:memory:/job\n3:cpu,cpuacct:/job\n0::/\n",
            "sys/fs/cgroup/memory/job/memory.limit_in_bytes": "4194304\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
            "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
            "sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us": "50000\n",
            "sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us": "10000\n",
        ]).facts()
        #expect(facts.threads == 5)
        #expect(facts.memory == ByteCount(4_194_304))
    }

    @Test(arguments: [
        ("proc/cpuinfo", "", "names no processor"),
        ("proc/cpuinfo", "model name\t: Intel\n", "names no processor"),
        ("proc/meminfo", "", "has no `MemTotal` in kB"),
        ("proc/meminfo", "MemTotal: many kB\n", "has no `MemTotal` in kB"),
        ("proc/meminfo", "MemTotal: 0 kB\n", "has no `MemTotal` in kB"),
        ("proc/meminfo", "MemTotal: 9223372036854775807 kB\n", "has no `MemTotal` in kB"),
    ])
    func `or why it cannot`(file: String, text: String, problem: String) throws {
        let root = try root([file: text])
        let fault = #expect(throws: HostFault.self) { try root.facts() }
        #expect(fault?.place == root.folder.appending(path: file).path)
        #expect(fault?.problem == problem)
    }

    @Test func `or which file is missing`() throws {
        let root = try FakeRoot(["proc/cpuinfo": intel])
        let fault = #expect(throws: HostFault.self) { try root.facts() }
        #expect(fault?.place.hasSuffix("/proc/meminfo") == true)
        #expect(fault?.problem == "cannot be read")
        #expect(throws: HostFault.self) { try readHostFacts(root: "/nowhere/at/all") }
    }
}
