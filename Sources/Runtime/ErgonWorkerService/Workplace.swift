import ErgonManifest
import ErgonModel
import ErgonProvenance
import ErgonSystem
import ErgonTransfer
import ErgonWorker
import FoundationEssentials
import Glibc

/// Why a task or a campaign cannot be made ready here: a sentence for the result.
struct WorkplaceFault: Error {
    var reason: String
}

/// The worker's folders: what it has fetched, the campaigns' code, and one folder for each attempt.
struct Workplace: Sendable {
    let folder: String
    let cache: FileCache
    let client: TransferClient
    /// Where programs are looked up.
    let searchPath: String
    /// Our own executable.
    let ergon: String

    /// Of what a task says this much is kept, from the start and from the end.
    static let logLimit = (head: 4 << 10, tail: 4 << 10)

    init(
        folder: String, cacheLimit: ByteCount, searchPath: String
    ) throws {
        self.folder = folder
        self.searchPath = searchPath
        // The link of the running program, so that a replaced binary does not change a campaign.
        ergon = "/proc/\(getpid())/exe"
        for name in ["tasks", "code"] {
            try? FileManager.default.removeItem(atPath: "\(folder)/\(name)")
            try FileManager.default.createDirectory(
                atPath: "\(folder)/\(name)", withIntermediateDirectories: true)
        }
        client = TransferClient()
        cache = try FileCache(path: "\(folder)/cache", limit: cacheLimit, client: client)
    }

    // MARK: Campaigns

    /// Fetches the manifest and the code, and checks that the environment is there.
    func load(
        _ manifest: StoredFile, from endpoint: Endpoint
    ) async throws(WorkplaceFault) -> Campaign {
        let pin = try await fetch(NamedFile(name: "manifest.json", content: manifest), endpoint)
        let campaign = try parse(try read(pin.path))
        await cache.release(pin)
        try await stageCode(of: campaign, manifest.digest, endpoint)
        if let python = campaign.environment.python {
            let content = StoredFile(digest: python.digest, size: python.size)
            let pin = try await fetch(NamedFile(name: python.name, content: content), endpoint)
            try checkPython(requirements: pin.path, named: python.name)
            await cache.release(pin)
        }
        return campaign
    }

    private func parse(_ bytes: [UInt8]) throws(WorkplaceFault) -> Campaign {
        do {
            let manifest = try parseManifest(
                String(decoding: bytes, as: UTF8.self), file: "manifest", limits: .canonical)
            return try manifest.resolved { _ in
                .failure(LookupFailure(problem: "a file without digest", remedy: ""))
            }
        } catch {
            throw WorkplaceFault(reason: "the manifest does not parse: \(render(error))")
        }
    }

    func codeFolder(_ manifest: Digest) -> String { "\(folder)/code/\(manifest.hex)" }

    private func stageCode(
        of campaign: Campaign, _ manifest: Digest, _ endpoint: Endpoint
    ) async throws(WorkplaceFault) {
        let target = codeFolder(manifest)
        if mkdir(target, 0o755) != 0, errno != EEXIST { throw fault(target) }
        for file in campaign.code {
            let content = StoredFile(digest: file.digest, size: file.size)
            let pin = try await fetch(NamedFile(name: file.name, content: content), endpoint)
            // A copy, not a link to the cache: programs look for their siblings beside themselves.
            let path = "\(target)/\(file.name)"
            try write(try read(pin.path), to: path)
            chmod(path, 0o555)
            await cache.release(pin)
        }
    }

    /// Compares the `name==version` pins with what `python3` has.
    private func checkPython(requirements: String, named name: String) throws(WorkplaceFault) {
        let script = """
            import importlib.metadata as have, re, sys
            wrong = []
            for line in open(sys.argv[1]):
                pin = re.match(r"([A-Za-z0-9._-]+)==([^\\s;#]+)", line.strip())
                if not pin:
                    continue
                try:
                    version = have.version(pin[1])
                except have.PackageNotFoundError:
                    version = "absent"
                if version != pin[2]:
                    wrong.append(f"{pin[1]} is {version}, not {pin[2]}")
            print("; ".join(wrong), end="")
            sys.exit(1 if wrong else 0)
            """
        let log = "\(folder)/tasks/python-check.log"
        let end = try run(["python3", "-c", script, requirements], output: log)
        guard end == .exit(0) else {
            let said = String(decoding: (try? read(log)) ?? [], as: UTF8.self)
            throw WorkplaceFault(reason: "its python3 does not fit \(name): \(said)")
        }
    }

    private func run(
        _ arguments: [String], output: String
    ) throws(WorkplaceFault) -> ProcessExit.Status {
        let file = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw fault(output) }
        defer { close(file) }
        let process = spawn(
            arguments, environment: text(baseEnvironment(home: folder)), path: searchPath,
            folder: folder, output: file)
        guard process > 0 else {
            throw WorkplaceFault(reason: "\(arguments[0]): \(describe(-process))")
        }
        return reap(process).status
    }

    // MARK: Attempts

    /// A task that can be started.
    struct Prepared: Sendable {
        var command: TaskPlan.Command
        var folder: String
        var pins: [FileCache.Pin]
    }

    func folder(of attempt: Worker.Attempt) -> String {
        "\(folder)/tasks/\(attempt.lease.epoch)-\(attempt.lease.serial)-\(attempt.task)"
    }

    func logPath(of attempt: Worker.Attempt) -> String { folder(of: attempt) + ".log" }

    func prepare(
        _ attempt: Worker.Attempt, _ lease: Lease, _ campaign: Campaign, from endpoint: Endpoint
    ) async throws(WorkplaceFault) -> Prepared {
        guard let plan = TaskPlan(lease, task: attempt.task, campaign: campaign) else {
            throw WorkplaceFault(reason: "the lease does not fit its campaign")
        }
        var pins: [FileCache.Pin] = []
        do throws(WorkplaceFault) {
            return try await prepare(attempt, plan, lease, from: endpoint, &pins)
        } catch {
            for pin in pins { await cache.release(pin) }
            throw error
        }
    }

    private func prepare(
        _ attempt: Worker.Attempt, _ plan: TaskPlan, _ lease: Lease, from endpoint: Endpoint,
        _ pins: inout [FileCache.Pin]
    ) async throws(WorkplaceFault) -> Prepared {
        var places = TaskPlan.Places(
            inputs: [], with: [:], code: codeFolder(lease.manifest.digest), line: nil,
            folder: folder(of: attempt), ergon: ergon)
        for file in plan.inputs {
            pins.append(try await fetch(file, endpoint))
            places.inputs.append(pins[pins.count - 1].path)
        }
        for (name, files) in plan.with.sorted(by: { $0.key < $1.key }) {
            for file in files {
                pins.append(try await fetch(file, endpoint))
                places.with[name, default: []].append(pins[pins.count - 1].path)
            }
        }
        if let number = plan.line, let path = places.inputs.first {
            places.line = try line(number, of: path)
        }
        if mkdir(places.folder, 0o700) != 0 { throw fault(places.folder) }
        return Prepared(
            command: plan.command(at: places) { Digest(of: $0) }, folder: places.folder, pins: pins)
    }

    private func line(_ number: Int, of path: String) throws(WorkplaceFault) -> String {
        let lines = try read(path).split(separator: 10, omittingEmptySubsequences: false)
        guard number < lines.count else {
            throw WorkplaceFault(reason: "\(path) has no line \(number)")
        }
        return String(decoding: lines[number], as: UTF8.self)
    }

    func request(_ attempt: Worker.Attempt, _ prepared: Prepared) -> Launcher.Request {
        let variables = baseEnvironment(home: prepared.folder)
            .merging(prepared.command.variables) { $1 }
        return Launcher.Request(
            attempt: attempt, arguments: prepared.command.arguments,
            environment: text(variables),
            path: searchPath, folder: prepared.folder, outputPath: logPath(of: attempt))
    }

    /// What a process cannot do without; everything else it gets from the manifest.
    private func baseEnvironment(home: String) -> [String: String] {
        ["HOME": home, "LANG": "C.UTF-8", "PATH": searchPath, "TMPDIR": home]
    }

    private func text(_ variables: [String: String]) -> [String] {
        variables.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    }

    // MARK: What they leave

    typealias Content = (file: StoredFile, bytes: [UInt8])

    func collect(
        _ attempt: Worker.Attempt, _ outputs: [OutputSpec], succeeded: Bool, to endpoint: Endpoint
    ) async -> (Worker.Collected, [Content]) {
        var riding: [Content] = []
        let log = keepLog(of: attempt, &riding)
        var files: [StoredFile] = []
        for output in succeeded ? outputs : [] {
            let path = "\(folder(of: attempt))/\(output.file)"
            var status = stat()
            guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
                return (Worker.Collected(outputs: .missing(output.name), log: log), riding)
            }
            do throws(WorkplaceFault) {
                files.append(try await keep(path, size: Int(status.st_size), endpoint, &riding))
            } catch {
                return (Worker.Collected(outputs: .lost(reason: error.reason), log: log), riding)
            }
        }
        return (Worker.Collected(outputs: .there(files), log: log), riding)
    }

    private func keep(
        _ path: String, size: Int, _ endpoint: Endpoint, _ riding: inout [Content]
    ) async throws(WorkplaceFault) -> StoredFile {
        if size <= Worker.ridingLimit {
            let bytes = try read(path)
            let file = StoredFile(digest: Digest(of: bytes), size: ByteCount(Int64(bytes.count)))
            riding.append((file, bytes))
            return file
        }
        let file = try hash(path)
        do throws(TransferFault) {
            try await client.put(path: path, digest: file.digest, to: endpoint)
        } catch { throw WorkplaceFault(reason: "\(error.place): \(error.problem)") }
        return file
    }

    private func keepLog(of attempt: Worker.Attempt, _ riding: inout [Content]) -> StoredFile? {
        let path = logPath(of: attempt)
        guard let bytes = try? read(path, head: Self.logLimit.head, tail: Self.logLimit.tail),
            !bytes.isEmpty
        else { return nil }
        let file = StoredFile(digest: Digest(of: bytes), size: ByteCount(Int64(bytes.count)))
        riding.append((file, bytes))
        return file
    }

    func discard(_ attempt: Worker.Attempt) {
        unlink(logPath(of: attempt))
        // Most tasks leave an empty folder: one call then is all it takes.
        let path = folder(of: attempt)
        if rmdir(path) != 0, errno != ENOENT { try? FileManager.default.removeItem(atPath: path) }
    }

    private func fetch(
        _ file: NamedFile, _ endpoint: Endpoint
    ) async throws(WorkplaceFault) -> FileCache.Pin {
        do throws(TransferFault) {
            return try await cache.path(for: file.content, named: file.name, from: endpoint)
        } catch { throw WorkplaceFault(reason: "\(file.name): \(error.problem)") }
    }
}
