import ErgonManifest
import ErgonModel
import ErgonProvenance
import ErgonTransfer
import FoundationEssentials
import Glibc

/// A campaign, and where the files it names by digest are on this machine.
struct LocalCampaign: Sendable {
    var campaign: Campaign
    var canonical: String
    var digest: Digest
    var paths: [Digest: String]

    /// Which lines of its requirements file no worker checks.
    func requirementNotes() throws -> [String] {
        guard let file = campaign.environment.python, let path = paths[file.digest] else {
            return []
        }
        let text = String(decoding: try readFile(path), as: UTF8.self)
        return unpinnedLines(of: text).map {
            "\(file.name):\($0.number): no worker checks `\($0.line)`: it is no NAME==VERSION"
        }
    }
}

/// Reads a manifest and looks up every file it names.
/// - Parameter inputs: folders in which files are looked for beside the manifest's own.
func loadCampaign(_ file: String, inputs: [String]) async throws -> LocalCampaign {
    let text: String
    do {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: file)))
        text = String(decoding: bytes, as: UTF8.self)
    } catch {
        throw CommandFault(
            place: file, problem: "the manifest cannot be read",
            remedy: "check the path; `ls manifests` shows those that ship")
    }
    let manifest = try parseManifest(text, file: file)
    var search = ManifestFiles(
        folders: [absolute(file).folder] + inputs.map(absolute))
    var found: [Int: Result<[InputFile], LookupFailure>] = [:]
    for lookup in manifest.lookups { found[lookup.id] = await search.find(lookup) }
    let campaign = try manifest.resolved { lookup in
        found[lookup.id] ?? .failure(LookupFailure(problem: "not looked up", remedy: ""))
    }
    let canonical = canonicalForm(of: campaign)
    return LocalCampaign(
        campaign: campaign, canonical: canonical, digest: Digest(of: Array(canonical.utf8)),
        paths: search.paths)
}

extension String {
    /// Up to the last slash.
    fileprivate var folder: String {
        guard let slash = lastIndex(of: "/") else { return "." }
        return slash == startIndex ? "/" : String(self[..<slash])
    }

    /// Behind the last slash.
    fileprivate var baseName: String {
        lastIndex(of: "/").map { String(self[index(after: $0)...]) } ?? self
    }
}

/// Finds, hashes and counts the files of one manifest.
private struct ManifestFiles {
    let folders: [String]
    var paths: [Digest: String] = [:]
    private var scanned: [String: Digest] = [:]

    init(folders: [String]) { self.folders = folders }

    mutating func find(_ lookup: FileLookup) async -> Result<[InputFile], LookupFailure> {
        do throws(LookupFailure) {
            switch lookup.wanted {
            case .pattern(let pattern): return .success(try match(pattern, lookup.purpose))
            case .url(let url, let digest):
                return .success([try await obtain(url, digest, lookup.purpose)])
            }
        } catch { return .failure(error) }
    }

    private mutating func match(
        _ pattern: String, _ purpose: FileLookup.Purpose
    ) throws(LookupFailure) -> [InputFile] {
        for candidate in candidates(pattern) {
            let paths = glob(candidate)
            guard !paths.isEmpty else { continue }
            var files: [InputFile] = []
            for path in paths { files.append(try describe(path, purpose)) }
            return files
        }
        throw LookupFailure(
            problem: "no file matches `\(pattern)`",
            remedy: "looked in \(folders.joined(separator: ", ")); name another with --inputs")
    }

    /// Beside the manifest; then in the other folders, with and without the pattern's own.
    private func candidates(_ pattern: String) -> [String] {
        if pattern.hasPrefix("/") { return [pattern] }
        let others = folders.dropFirst()
        return folders.map { "\($0)/\(pattern)" } + others.map { "\($0)/\(pattern.baseName)" }
    }

    /// A copy under the URL's last component, else under any name, else a download into the user's
    /// cache.
    private mutating func obtain(
        _ url: String, _ digest: Digest, _ purpose: FileLookup.Purpose
    ) async throws(LookupFailure) -> InputFile {
        let name = url.prefix { $0 != "?" && $0 != "#" }.description.baseName
        for folder in folders where access("\(folder)/\(name)", R_OK) == 0 {
            let file = try describe("\(folder)/\(name)", purpose)
            guard file.digest == digest else {
                throw LookupFailure(
                    problem: "\(folder)/\(name) is not what the manifest names: its SHA-256 is "
                        + file.digest.hex,
                    remedy: "remove that copy, or correct `sha256`")
            }
            return file
        }
        if var file = try copy(of: digest, purpose) {
            file.name = name
            return file
        }
        let cache = "\(ProcessInfo.processInfo.environment["HOME"] ?? ".")/.cache/ergon"
        let path = "\(cache)/\(digest.hex)-\(name)"
        if access(path, R_OK) != 0 { try await download(url, digest, to: path, cache) }
        var file = try describe(path, purpose)
        guard file.digest == digest else {
            unlink(path)
            throw LookupFailure(
                problem: "the cached copy of \(url) was damaged", remedy: "run the command again")
        }
        file.name = name
        return file
    }

    /// How many files of a folder are looked into for content that is asked for by digest.
    private static let scanLimit = 1000

    private mutating func copy(
        of digest: Digest, _ purpose: FileLookup.Purpose
    ) throws(LookupFailure) -> InputFile? {
        for folder in folders.dropFirst() {
            for path in glob("\(folder)/*").prefix(Self.scanLimit) {
                if let known = scanned[path] {
                    if known == digest { return try describe(path, purpose) }
                    continue
                }
                let found = try scan(path).digest
                scanned[path] = found
                if found == digest { return try describe(path, purpose) }
            }
        }
        return nil
    }

    private func download(
        _ url: String, _ digest: Digest, to path: String, _ cache: String
    ) async throws(LookupFailure) {
        try? FileManager.default.createDirectory(
            atPath: cache, withIntermediateDirectories: true)
        do throws(TransferFault) {
            try await TransferClient().fetchURL(
                url, expecting: digest, limit: ByteCount(1 << 40), to: path)
        } catch {
            throw LookupFailure(
                problem: "\(url) cannot be had: \(error.problem)",
                remedy: "put a copy into a folder and name that with --inputs")
        }
    }

    private mutating func describe(
        _ path: String, _ purpose: FileLookup.Purpose
    ) throws(LookupFailure) -> InputFile {
        let name = path.baseName
        var format = InputSpec.Format.opaque
        if case .input(let wanted) = purpose {
            format = wanted ?? inputFormat(ofFileNamed: name)
        }
        let (digest, size, lines) = try scan(path)
        paths[digest] = path
        let events: Int? =
            switch format {
            case .opaque: nil
            case .lines: lines
            case .csv: max(lines - 1, 0)
            }
        return InputFile(name: name, digest: digest, size: ByteCount(Int64(size)), events: events)
    }
}

private func scan(
    _ path: String
) throws(LookupFailure) -> (digest: Digest, size: Int, lines: Int) {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
        throw LookupFailure(
            problem: "\(path) cannot be read: \(String(cString: strerror(errno)))",
            remedy: "check its permissions")
    }
    defer { close(file) }
    var hasher = ContentHasher()
    var (size, lines, last): (Int, Int, UInt8) = (0, 0, 10)
    var buffer = [UInt8](repeating: 0, count: 1 << 20)
    while true {
        let count = buffer.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
        if count < 0, errno == EINTR { continue }
        guard count >= 0 else {
            throw LookupFailure(
                problem: "\(path) cannot be read: \(String(cString: strerror(errno)))",
                remedy: "check the disk")
        }
        if count == 0 { break }
        buffer.withUnsafeBytes { hasher.update(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        lines += buffer[..<count].count { $0 == 10 }
        last = buffer[count - 1]
        size += count
    }
    if last != 10 { lines += 1 }
    return (hasher.finish(), size, lines)
}

/// Regular files that match, sorted by name.
private func glob(_ pattern: String) -> [String] {
    var matches = glob_t()
    defer { globfree(&matches) }
    guard Glibc.glob(pattern, 0, nil, &matches) == 0 else { return [] }
    return (0..<Int(matches.gl_pathc)).compactMap { position in
        guard let path = matches.gl_pathv[position].map({ String(cString: $0) }) else { return nil }
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return path
    }.sorted { $0.baseName.utf8.lexicographicallyPrecedes($1.baseName.utf8) }
}
