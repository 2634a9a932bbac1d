import ErgonModel
import ErgonSystem
import FoundationEssentials
import Glibc

/// A coordinator and workers as children of this process; they end with it.
actor LocalCluster {
    private struct Member: Sendable {
        let log: String
        let process: ChildProcess
    }

    private let folder: RunFolder
    private let searchPath: String?
    private var coordinator: Member?
    private var workers: [Member] = []
    /// How long a coordinator may take to listen.
    private static let readyLimit = Duration.seconds(60)
    /// How long a child may take to end before it is killed.
    private static let patience = Duration.seconds(10)

    init(folder: RunFolder, searchPath: String?) {
        self.folder = folder
        self.searchPath = searchPath
    }

    // MARK: Starting

    /// Returns when the coordinator listens.
    func startCoordinator() async throws {
        let ready = "\(folder.path)/ready"
        unlink(ready)
        let member = try await start(
            ["coordinator", "--home", folder.coordinator, "--grace", "5", "--ready-file", ready],
            log: "\(folder.path)/coordinator.log")
        coordinator = member
        let limit = ContinuousClock.now + Self.readyLimit
        while access(ready, F_OK) != 0 {
            try await Task.sleep(for: .milliseconds(5))
            guard !member.process.hasEnded else {
                throw fault(member.log, "the coordinator did not start")
            }
            guard ContinuousClock.now < limit else {
                throw fault(
                    member.log,
                    "the coordinator does not listen after \(Self.readyLimit.components.seconds) s")
            }
        }
    }

    func startWorker(_ name: String, cpus: Int, memory: ByteCount) async throws {
        let token = try await createToken(
            folder.coordinator, role: "worker", name: name, seconds: 120)
        let path = searchPath.map { ["--path", $0] } ?? []
        let worker = try await start(
            [
                "worker", "--home", "\(folder.path)/workers/\(name)", "--cpus", "\(cpus)",
                "--memory", "\(max(memory.bytes >> 20, 1))", "--drain-time", "0",
            ] + path, log: "\(folder.path)/\(name).log", join: token)
        workers.append(worker)
    }

    private func start(
        _ arguments: [String], log: String, join: String? = nil
    ) async throws -> Member {
        var environment = ProcessInfo.processInfo.environment
        environment["ERGON_JOIN"] = join
        do throws(StartFault) {
            let process = try await ChildProcess.start(
                ["/proc/self/exe"] + arguments, environment: environment,
                folder: FileManager.default.currentDirectoryPath, output: log)
            return Member(log: log, process: process)
        } catch {
            throw CommandFault(
                place: log, problem: error.reason, remedy: "check the folder", exit: Exit.no)
        }
    }

    // MARK: Ending

    /// Runs `body` while there is a coordinator and at least one worker, then stops them all.
    /// - Throws: what `body` throws, or which log says why nothing runs any more.
    func work<Result: Sendable>(
        _ body: @escaping @Sendable () async throws -> Result
    ) async throws -> Result {
        guard let coordinator, let worker = workers.first else { throw Exit.bug }
        return try await withThrowingTaskGroup(of: Result.self) { group in
            group.addTask {
                do { return try await body() } catch  where isUnanswered(error) {
                    throw self.fault(coordinator.log, "the coordinator answers no more")
                }
            }
            group.addTask {
                await coordinator.process.waitForEnd()
                throw self.fault(coordinator.log, "the coordinator ended before the campaign")
            }
            group.addTask { [workers] in
                for worker in workers { await worker.process.waitForEnd() }
                throw self.fault(worker.log, "all workers ended before the campaign")
            }
            let first = await group.nextResult()
            group.cancelAll()
            // The other tasks return when the children have ended.
            await stop()
            guard let first else { throw CancellationError() }
            return try first.get()
        }
    }

    private nonisolated func fault(_ log: String, _ problem: String) -> CommandFault {
        CommandFault(place: log, problem: problem, remedy: "see that log", exit: Exit.no)
    }

    /// Workers go before their coordinator.
    func stop() async {
        let members = workers.reversed() + (coordinator.map { [$0] } ?? [])
        let patience = Task {
            try await Task.sleep(for: Self.patience)
            for member in members { member.process.send(SIGKILL) }
        }
        for member in members {
            member.process.send(SIGTERM)
            await member.process.waitForEnd()
        }
        patience.cancel()
        (coordinator, workers) = (nil, [])
    }
}
