import ErgonModel
import ErgonWorker
import Foundation
import Testing

@testable import ErgonWorkerService

/// Folders that stand for the kernel's.
@Suite struct `A control group of a task` {
    private let attempt = Worker.Attempt(lease: LeaseID(epoch: 1, serial: 1), task: 0)

    private func parent(_ root: String) -> String { "\(root)/sys/fs/cgroup/job" }

    private func write(_ root: String, _ path: String, _ text: String) throws {
        let file = URL(filePath: "\(root)/\(path)")
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
    }

    private func machine(_ root: String) throws {
        try write(root, "proc/self/cgroup", "1:cpu:/x\n0::/job\n")
        try write(root, "sys/fs/cgroup/job/cgroup.procs", "1\n")
        try write(
            root, "proc/999999/stat", "999999 (a) S 1 1 1 0 -1 0 0 0 0 0 1 1 7 2 20 0 1 0\n")
        try write(root, "proc/999999/task/999999/children", "999998")
        try write(root, "proc/999998/stat", "999998 (b) S 1 1 1 0 -1 0 0 0 0 0 1 0 0 0 20 0 1 0\n")
    }

    @Test func `is made when it has run for a second, and counts on from what it had`() async throws
    {
        try await withFolder { root in
            try machine(root)
            let made = TaskGroups(root: root)
            var groups = try #require(made)
            #expect(groups.taken(by: attempt, 999_999, at: .seconds(10)) == nil)
            #expect(groups.taken(by: attempt, 999_999, at: Microseconds(10_999_999)) == nil)
            // Nine ticks that it had waited for, and one of its child.
            let base = Microseconds(100_000)
            #expect(groups.taken(by: attempt, 999_999, at: .seconds(11)) == base)
            let folder = "\(parent(root))/ergon-task-999999"
            let moved = try String(contentsOfFile: "\(folder)/cgroup.procs", encoding: .utf8)
            #expect(moved == "999999\n999998\n")
            try write(root, "sys/fs/cgroup/job/ergon-task-999999/cpu.stat", "usage_usec 2500\n")
            #expect(
                groups.taken(by: attempt, 999_999, at: .seconds(12)) == base + Microseconds(2500))
        }
    }

    @Test func `goes with its task, and with a worker that was killed`() async throws {
        try await withFolder { root in
            try machine(root)
            try FileManager.default.createDirectory(
                atPath: "\(parent(root))/ergon-task-5", withIntermediateDirectories: false)
            let made = TaskGroups(root: root)
            var groups = try #require(made)
            #expect(!FileManager.default.fileExists(atPath: "\(parent(root))/ergon-task-5"))
            _ = groups.taken(by: attempt, 999_999, at: .seconds(10))
            _ = groups.taken(by: attempt, 999_999, at: .seconds(11))
            // The kernel's files go with their folder.
            try FileManager.default.removeItem(
                atPath: "\(parent(root))/ergon-task-999999/cgroup.procs")
            groups.forget { _ in true }
            #expect(!FileManager.default.fileExists(atPath: "\(parent(root))/ergon-task-999999"))
            #expect(groups.taken(by: attempt, 999_999, at: .seconds(20)) == nil)
        }
    }

    @Test func `is not there where the worker may make none`() async throws {
        try await withFolder { root in
            try write(root, "proc/self/cgroup", "1:cpu:/x\n")
            #expect(TaskGroups(root: root) == nil)
        }
    }
}
