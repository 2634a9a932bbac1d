import ErgonManifest
import ErgonModel
import ErgonProvenance
import ErgonSystem
import ErgonTransfer
import ErgonWorker
import FoundationEssentials
import Glibc
import Logging

/// The worker's folders: what it has fetched, the campaigns' code, and one folder for each attempt.
struct Workplace: Sendable {
    let folder: String
    let cache: FileCache
    let client: TransferClient
    /// Where programs are looked up.
    let searchPath: String
    /// Our own executable.
    let ergon: String
    let logger: Logger

    /// Of what a task says this much is kept, from the start and from the end.
    static let logLimit = (head: 4 << 10, tail: 4 << 10)

    init(
        folder: String, cacheLimit: ByteCount, searchPath: String, logger: Logger
    ) throws {
        self.folder = folder
        self.logger = logger
        self.searchPath = searchPath
        // The link of the running program, so that a replaced binary does not change a campaign.
        ergon = "/proc/\(getpid())/exe"
        killLeftovers(of: "\(folder)/tasks", logger: logger)
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
        let campaign = try await withPinned(
            NamedFile(name: "manifest.json", content: manifest), endpoint
        ) { path throws(WorkplaceFault) in
            try parse(try read(path, as: "the manifest"))
        }
        try await stageCode(of: campaign, manifest.digest, endpoint)
        if let python = campaign.environment.python {
            let content = StoredFile(digest: python.digest, size: python.size)
            try await withPinned(
                NamedFile(name: python.name, content: content), endpoint
            ) { path throws(WorkplaceFault) in
                try checkPython(requirements: path, named: python.name, for: manifest.digest)
            }
        }
        return campaign
    }

    /// The opposite of `load`. The cache looks after itself.
    func forget(_ manifest: Digest) {
        try? FileManager.default.removeItem(atPath: codeFolder(manifest))
    }

    private func parse(_ bytes: [UInt8]) throws(WorkplaceFault) -> Campaign {
        do {
            let manifest = try parseManifest(
                String(decoding: bytes, as: UTF8.self), file: "manifest", limits: .canonical)
            return try manifest.resolved { _ in
                .failure(LookupFailure(problem: "a file without digest", remedy: ""))
            }
        } catch {
            throw WorkplaceFault("the manifest does not parse: \(render(error))")
        }
    }

    func codeFolder(_ manifest: Digest) -> String { "\(folder)/code/\(manifest.hex)" }

    private func stageCode(
        of campaign: Campaign, _ manifest: Digest, _ endpoint: Endpoint
    ) async throws(WorkplaceFault) {
        let target = codeFolder(manifest)
        if mkdir(target, 0o755) != 0, errno != EEXIST {
            throw fault("make the code's folder", target)
        }
        for file in campaign.code {
            let content = StoredFile(digest: file.digest, size: file.size)
            try await withPinned(
                NamedFile(name: file.name, content: content), endpoint
            ) { source throws(WorkplaceFault) in
                // A copy, not a link: programs look for their siblings beside themselves.
                let path = "\(target)/\(file.name)"
                try write(try read(source, as: file.name), to: path, as: file.name)
                if chmod(path, 0o555) != 0 { throw fault("protect \(file.name)", path) }
            }
        }
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
            throw WorkplaceFault("the lease does not fit its campaign")
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
            places.line = try text(ofLine: number, of: path, as: plan.inputs[0].name)
        }
        let command = plan.command(at: places) { Digest(of: $0) }
        try check(command)
        if mkdir(places.folder, 0o700) != 0 { throw fault("make the task's folder", places.folder) }
        return Prepared(command: command, folder: places.folder, pins: pins)
    }

    /// The kernel would read a command with a zero byte to that byte only.
    private func check(_ command: TaskPlan.Command) throws(WorkplaceFault) {
        let texts = command.arguments + command.variables.flatMap { [$0.key, $0.value] }
        guard !texts.contains(where: { $0.utf8.contains(0) }) else {
            throw WorkplaceFault("the command has a zero byte, which no argument can hold")
        }
        guard command.arguments.first?.isEmpty == false else {
            throw WorkplaceFault("the command names no program")
        }
    }

    private func text(
        ofLine number: Int, of path: String, as name: String
    ) throws(WorkplaceFault) -> String {
        guard let line = try line(number, of: path, as: name) else {
            throw WorkplaceFault("\(name) has no line \(number)")
        }
        // What cannot be told as it is, is not told at all.
        guard !line.contains(0), let text = String(validating: line, as: UTF8.self) else {
            throw WorkplaceFault("line \(number) of \(name) has bytes that no argument can hold")
        }
        return text
    }

    func request(_ attempt: Worker.Attempt, _ prepared: Prepared) -> Launcher.Request {
        var variables = baseEnvironment(home: prepared.folder)
            .merging(prepared.command.variables) { $1 }
        variables[folderVariable] = prepared.folder
        return Launcher.Request(
            attempt: attempt, arguments: prepared.command.arguments,
            environment: text(variables),
            path: searchPath, folder: prepared.folder, outputPath: logPath(of: attempt))
    }

    /// What a process cannot do without; everything else it gets from the manifest.
    func baseEnvironment(home: String) -> [String: String] {
        ["HOME": home, "LANG": "C.UTF-8", "PATH": searchPath, "TMPDIR": home]
    }

    func text(_ variables: [String: String]) -> [String] {
        variables.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    }

    private func fetch(
        _ file: NamedFile, _ endpoint: Endpoint
    ) async throws(WorkplaceFault) -> FileCache.Pin {
        do throws(TransferFault) {
            return try await patiently(file.name) { () async throws(TransferFault) in
                try await cache.path(for: file.content, named: file.name, from: endpoint)
            }
        } catch { throw WorkplaceFault(file.name, error) }
    }

    /// Fetches a file that nobody needs after `body`.
    private func withPinned<Value>(
        _ file: NamedFile, _ endpoint: Endpoint,
        _ body: (String) throws(WorkplaceFault) -> Value
    ) async throws(WorkplaceFault) -> Value {
        let pin = try await fetch(file, endpoint)
        let result = Result { () throws(WorkplaceFault) in try body(pin.path) }
        await cache.release(pin)
        return try result.get()
    }
}

extension WorkplaceFault {
    init(_ name: String, _ fault: TransferFault) {
        self.init(
            "\(name): \(fault.outline)", detail: "\(name): \(fault.place): \(fault.problem)")
    }
}
