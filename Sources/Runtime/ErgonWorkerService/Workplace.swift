import ErgonManifest
import ErgonModel
import ErgonProvenance
import ErgonSystem
import ErgonTransfer
import FoundationEssentials
import Glibc
import Logging

/// The worker's folders: what it has fetched, the campaigns' code, and those of attempts.
struct Workplace: Sendable {
    let folder: String
    let cache: FileCache
    let client: TransferClient
    /// Where programs are looked up.
    let searchPath: String
    /// Our own executable.
    let ergon: String
    let logger: Logger

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
    /// - Parameter text: of the manifest, if it is known.
    func load(
        _ manifest: StoredFile, _ text: [UInt8]?, from endpoint: Endpoint
    ) async throws(WorkplaceFault) -> Campaign {
        let campaign: Campaign
        if let text {
            campaign = try parse(text)
        } else {
            campaign = try await fetch(manifest, from: endpoint)
        }
        try makeCodeFolder(manifest.digest)
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

    /// The same of a campaign that needs nothing else.
    /// - Parameter text: of its manifest, whose digest that is.
    /// - Returns: `nil` if it does need more, or something is wrong with it.
    func loadAtOnce(_ text: [UInt8], _ manifest: Digest) -> Campaign? {
        do throws(WorkplaceFault) {
            let campaign = try parse(text)
            guard campaign.code.isEmpty, campaign.environment.python == nil else { return nil }
            try makeCodeFolder(manifest)
            return campaign
        } catch { return nil }
    }

    private func fetch(
        _ manifest: StoredFile, from endpoint: Endpoint
    ) async throws(WorkplaceFault) -> Campaign {
        try await withPinned(
            NamedFile(name: "manifest.json", content: manifest), endpoint
        ) { path throws(WorkplaceFault) in
            try parse(try read(path, as: "the manifest"))
        }
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

    /// Where the attempts' folders are.
    var taskFolder: String { "\(folder)/tasks" }

    func codeFolder(_ manifest: Digest) -> String { "\(folder)/code/\(manifest.hex)" }

    private func makeCodeFolder(_ manifest: Digest) throws(WorkplaceFault) {
        let target = codeFolder(manifest)
        if mkdir(target, 0o755) != 0, errno != EEXIST {
            throw fault("make the code's folder", target)
        }
    }

    private func stageCode(
        of campaign: Campaign, _ manifest: Digest, _ endpoint: Endpoint
    ) async throws(WorkplaceFault) {
        let target = codeFolder(manifest)
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

    func fetch(
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
