import ErgonModel
import ErgonSystem
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
        try await withLauncher { launcher, folder in
            start(["sh", "-c", "echo said; echo more >&2; exit 3"], in: folder, &launcher)
            let ended = next(&launcher)
            #expect(ended.end.status == .exit(3))
            #expect(ended.end.wall > .zero)
            #expect(said(ended) == "said\nmore\n")
        }
    }

    @Test func `nobody speaks for another`() async throws {
        try await withLauncher { launcher, folder in
            for word in ["", "one", "", "two", ""] {
                start(["printf", "%s", word], in: folder, &launcher)
                #expect(said(next(&launcher)) == word)
            }
        }
    }

    @Test func `a process has its standard streams and nothing else open`() async throws {
        let script = """
            read x; echo $?
            for n in 0 1 2 3 4 5 6 7 8 9 10 11 12; do [ -e /proc/$$/fd/$n ] && echo $n; done
            """
        try await withLauncher { launcher, folder in
            start(["sh", "-c", script], in: folder, &launcher)
            // There is nothing to read.
            #expect(said(next(&launcher)) == "1\n0\n1\n2\n")
        }
    }

    @Test func `what a process leaves running ends with it`() async throws {
        try await withLauncher { launcher, folder in
            start(["sh", "-c", "sleep 1000 & echo $!"], in: folder, &launcher)
            let child = try #require(CInt(said(next(&launcher)).dropLast()))
            #expect(await isGone(child))
        }
    }

    @Test func `a warning reaches all that a process has started, and it may end well`()
        async throws
    {
        let script = """
            trap 'echo parent' TERM
            (trap 'echo child; exit 0' TERM; touch ready; while :; do :; done)
            exit 0
            """
        try await withLauncher { launcher, folder in
            start(["sh", "-c", script], in: folder, &launcher)
            while access(folder + "/ready", F_OK) != 0 { await Task.yield() }
            launcher.warn(attempt)
            let ended = next(&launcher)
            #expect(ended.end.status == .exit(0))
            #expect(said(ended) == "child\nparent\n")
        }
    }

    @Test func `a stop is for one attempt alone`() async throws {
        try await withLauncher { launcher, folder in
            let other = Worker.Attempt(lease: attempt.lease, task: 1)
            for attempt in [attempt, other] {
                let event = launcher.start(request(["sleep", "1000"], in: folder, attempt))
                #expect(isRunning(event))
            }
            launcher.stop(other)
            let ended = next(&launcher)
            #expect(ended.attempt == other && ended.end.status == .signal(Int(SIGKILL)))
            let rest = launcher.end()
            #expect(rest.map(\.attempt) == [attempt])
        }
    }

    @Test func `the end waits until nothing runs any more`() async throws {
        try await withLauncher { launcher, folder in
            start(["sh", "-c", "exec sleep 1000"], in: folder, &launcher)
            let ended = launcher.end()
            let rest = launcher.end()
            #expect(ended.map(\.end.status) == [.signal(Int(SIGKILL))] && rest.isEmpty)
        }
    }

    @Test func `a bell ends a wait`() async throws {
        try await withFolder { folder in
            let bell = Bell()
            var launcher = Launcher(folder: folder, bell: bell, logger: quiet)
            bell.ring()
            let heard = launcher.wait(nil)
            #expect(heard.ended.isEmpty && heard.talking.isEmpty)
        }
    }

    @Test func `the reason why a task did not start names no folder`() async throws {
        try await withLauncher { launcher, folder in
            let missing = launcher.start(request(["\(folder)/gen.py"], in: folder, attempt))
            #expect(reason(missing) == "missing: gen.py is not on this worker")
            let homeless = launcher.start(request(["sh"], in: folder + "/missing", attempt))
            #expect(reason(homeless) == "failed: sh: No such file or directory")
        }
        try await withFolder { folder in
            var launcher = Launcher(folder: folder + "/missing", bell: Bell(), logger: quiet)
            let silent = launcher.start(request(["sh"], in: folder, attempt))
            #expect(
                reason(silent) == "failed: cannot make the task's log: No such file or directory")
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
        try await withLauncher { launcher, folder in
            try script.write(toFile: folder + "/gen", atomically: false, encoding: .utf8)
            chmod(folder + "/gen", mode_t(mode))
            let event = launcher.start(request(["./gen"], in: folder, attempt))
            #expect(reason(event) == "missing: " + expected)
        }
    }

    @Test func `a program is missing where none of the folders has it`() async throws {
        try await withLauncher { launcher, folder in
            let event = launcher.start(request(["no-such-program", "1"], in: folder, attempt))
            #expect(reason(event) == "missing: no-such-program is not on this worker")
        }
    }

    @Test func `a command that is too long for the system is no crash`() async throws {
        try await withLauncher { launcher, folder in
            let seed = String(repeating: "1", count: 200_000)
            let event = launcher.start(request(["/bin/echo", seed], in: folder, attempt))
            #expect(
                reason(event) == """
                    failed: echo: the command is longer than the system takes: 2 arguments, the \
                    longest of 200000 bytes, 200030 bytes in all with the variables
                    """)
        }
    }

    private func request(
        _ arguments: [String], in folder: String, _ attempt: Worker.Attempt
    ) -> Launcher.Request {
        Launcher.Request(
            attempt: attempt, arguments: CStrings(arguments),
            environment: CStrings(["PATH=/usr/bin:/bin"]),
            path: "/usr/bin:/bin", folder: folder)
    }

    private func start(
        _ arguments: [String], in folder: String, _ launcher: inout Launcher
    ) {
        let start = launcher.start(request(arguments, in: folder, attempt))
        #expect(isRunning(start))
    }

    private func isRunning(_ start: Launcher.Start) -> Bool {
        if case .running = start { true } else { false }
    }

    private func reason(_ start: Launcher.Start) -> String {
        switch start {
        case .failed(.startFailed(_, let reason)): "failed: " + reason
        case .failed(.programMissing(_, let reason)): "missing: " + reason
        case .failed, .running: "\(start)"
        }
    }

    private func said(_ ended: Launcher.Ended) -> String {
        String(decoding: ended.said, as: UTF8.self)
    }

    private func next(_ launcher: inout Launcher) -> Launcher.Ended {
        while true {
            if let ended = launcher.wait(nil).ended.first { return ended }
        }
    }

    private func withLauncher(
        _ body: (inout Launcher, String) async throws -> Void
    ) async throws {
        try await withFolder { folder in
            var launcher = Launcher(folder: folder, bell: Bell(), logger: quiet)
            try await body(&launcher, folder)
            for _ in launcher.end() {}
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
