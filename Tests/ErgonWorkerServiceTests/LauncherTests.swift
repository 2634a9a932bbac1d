import ErgonModel
import ErgonWorker
import Foundation
import Logging
import Testing

@testable import ErgonWorkerService

/// Real processes.
@Suite(.timeLimit(.minutes(1)))
struct LauncherTests {
    private let attempt = Worker.Attempt(lease: LeaseID(epoch: 1, serial: 1), task: 0)

    @Test func `a process ends as it says, and its time is measured`() async throws {
        try await withLauncher { launcher, events, folder in
            launcher.start(request(["sh", "-c", "echo said; exit 3"], in: folder))
            guard case .ended(attempt, let end) = await last(of: events) else {
                Issue.record("it did not end")
                return
            }
            #expect(end.status == .exit(3))
            #expect(end.wall > .zero)
            let said = try text(folder + "/log")
            #expect(said == "said\n")
        }
    }

    @Test func `what a process leaves running ends with it`() async throws {
        try await withLauncher { launcher, events, folder in
            launcher.start(request(["sh", "-c", "sleep 1000 & echo $!"], in: folder))
            _ = await last(of: events)
            let child = try #require(CInt(try text(folder + "/log").dropLast()))
            #expect(await isGone(child))
        }
    }

    @Test func `a warning reaches all that a process has started, and it may end well`()
        async throws
    {
        let script = """
            trap 'echo parent' TERM
            (trap 'echo child; exit 0' TERM; echo ready; while :; do :; done)
            exit 0
            """
        try await withLauncher { launcher, events, folder in
            launcher.start(request(["sh", "-c", script], in: folder))
            while (try? text(folder + "/log")) != "ready\n" { await Task.yield() }
            launcher.warn(attempt)
            guard case .ended(attempt, let end) = await last(of: events) else {
                Issue.record("it did not end")
                return
            }
            #expect(end.status == .exit(0))
            let said = try text(folder + "/log")
            #expect(said == "ready\nchild\nparent\n")
        }
    }

    @Test func `the end waits until nothing runs any more`() async throws {
        try await withFolder { folder in
            let (events, news) = AsyncStream.makeStream(of: Worker.Event.self)
            let launcher = Launcher(logger: quiet) { news.yield($0) }
            launcher.start(request(["sh", "-c", "echo $$; exec sleep 1000"], in: folder))
            for await event in events { if case .started = event { break } }
            await launcher.end()
            news.finish()
            var ends: [Worker.ProcessEnd.Status] = []
            for await event in events {
                if case .ended(_, let end) = event { ends.append(end.status) }
            }
            #expect(ends == [.signal(Int(SIGKILL))])
        }
    }

    @Test func `the reason why a task did not start names no folder`() async throws {
        try await withLauncher { launcher, events, folder in
            launcher.start(request(["\(folder)/gen.py"], in: folder))
            guard case .programMissing(attempt, let reason) = await last(of: events) else {
                Issue.record("it started")
                return
            }
            #expect(reason == "gen.py is not on this worker")
        }
        try await withLauncher { launcher, events, folder in
            launcher.start(request(["sh"], in: folder + "/missing"))
            guard case .startFailed(attempt, let reason) = await last(of: events) else {
                Issue.record("it started")
                return
            }
            #expect(reason == "cannot make the task's log: No such file or directory")
        }
    }

    @Test(
        "it says what of a program is missing",
        arguments: [
            (
                "#!/no/such/python9 -u\n", 0o755,
                "gen needs /no/such/python9, which is not on this worker"
            ),
            (
                "#! /etc/passwd\n", 0o755,
                "gen needs /etc/passwd, which cannot be executed on this worker"
            ),
            ("#!/bin/sh\n", 0o644, "gen cannot be executed on this worker"),
        ])
    func missing(script: String, mode: Int, expected: String) async throws {
        try await withLauncher { launcher, events, folder in
            try script.write(toFile: folder + "/gen", atomically: false, encoding: .utf8)
            chmod(folder + "/gen", mode_t(mode))
            launcher.start(request(["./gen"], in: folder))
            guard case .programMissing(attempt, let reason) = await last(of: events) else {
                Issue.record("it started")
                return
            }
            #expect(reason == expected)
        }
    }

    @Test func `a program is missing where none of the folders has it`() async throws {
        try await withLauncher { launcher, events, folder in
            launcher.start(request(["no-such-program", "1"], in: folder))
            guard case .programMissing(attempt, let reason) = await last(of: events) else {
                Issue.record("it started")
                return
            }
            #expect(reason == "no-such-program is not on this worker")
        }
    }

    @Test func `a command that is too long for the system is no crash`() async throws {
        try await withLauncher { launcher, events, folder in
            let seed = String(repeating: "1", count: 200_000)
            launcher.start(request(["/bin/echo", seed], in: folder))
            guard case .startFailed(attempt, let reason) = await last(of: events) else {
                Issue.record("it started")
                return
            }
            #expect(
                reason == """
                    echo: the command is longer than the system takes: 2 arguments, the longest \
                    of 200000 bytes, 200030 bytes in all with the variables
                    """)
        }
    }

    private func request(_ arguments: [String], in folder: String) -> Launcher.Request {
        Launcher.Request(
            attempt: attempt, arguments: arguments, environment: ["PATH=/usr/bin:/bin"],
            path: "/usr/bin:/bin", folder: folder, outputPath: folder + "/log")
    }

    private func withLauncher(
        _ body: (Launcher, AsyncStream<Worker.Event>, String) async throws -> Void
    ) async throws {
        try await withFolder { folder in
            let (events, news) = AsyncStream.makeStream(of: Worker.Event.self)
            let launcher = Launcher(logger: quiet) { news.yield($0) }
            try await body(launcher, events, folder)
            await launcher.end()
        }
    }

    /// The event after which no other comes.
    private func last(of events: AsyncStream<Worker.Event>) async -> Worker.Event? {
        await events.first { event in
            if case .started = event { return false }
            return true
        }
    }

    /// Who was killed is gone once somebody has reaped it; we are not its parent.
    private func isGone(_ process: CInt) async -> Bool {
        while let status = try? text("/proc/\(process)/stat") {
            if status.contains(") Z ") { return true }
            await Task.yield()
        }
        return true
    }
}
