import ErgonSystem
import Foundation
import Testing

@testable import ErgonWorkerService

/// Real processes.
@Suite(.timeLimit(.minutes(1)))
struct LeftoversTests {
    @Test func `what tasks have left running is killed, and nobody else`() async throws {
        try await withFolder { folder in
            let left = try await start(in: folder, "\(folderVariable)=\(folder)/tasks/1-1-0")
            let other = try await start(
                in: folder, "\(folderVariable)=\(folder)/tasks-of-another/1-1-0")
            killLeftovers(of: folder + "/tasks", logger: quiet)
            #expect(reap(left).status == .signal(Int(SIGKILL)))
            kill(other, SIGTERM)
            #expect(reap(other).status == .signal(Int(SIGTERM)))
        }
    }

    private func start(in folder: String, _ variable: String) async throws -> CInt {
        let output = open(folder + "/log", O_WRONLY | O_CREAT, 0o600)
        defer { close(output) }
        let started = try spawn(
            CStrings(["sleep", "1000"]), environment: CStrings([variable]), path: "/usr/bin:/bin",
            folder: folder,
            output: output)
        close(started.watch)
        let process = started.number
        // The kernel lets us go on shortly before the new program has its environment.
        while try text("/proc/\(process)/environ").isEmpty { await Task.yield() }
        return process
    }
}
