import ErgonManifest
import ErgonModel
import Foundation

/// The manifests of `Corpus/`; `Tests/Schema` judges the same files by the schema.
enum Corpus {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(
        path: "Corpus")

    /// Paths without `.yaml`: `broken/shape/unknown-key`.
    static func names(in group: String) -> [String] {
        let files =
            (try? FileManager.default.contentsOfDirectory(
                atPath: folder.appending(path: group).path)) ?? []
        return files.filter { $0.hasSuffix(".yaml") }.map { "\(group)/\($0.dropLast(5))" }.sorted()
    }

    static let valid = names(in: "valid")
    static let broken = ["shape", "meaning", "text"].flatMap { names(in: "broken/\($0)") }

    static func text(of name: String) throws -> String {
        let bytes = try Data(contentsOf: folder.appending(path: "\(name).yaml"))
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Compares with a file beside the manifest, or writes it if `UPDATE_GOLDEN=1`.
func golden(_ name: String, is text: String) throws -> Bool {
    let file = Corpus.folder.appending(path: name)
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
        try Data(text.utf8).write(to: file)
    }
    return (try? String(contentsOf: file, encoding: .utf8)) == text
}

/// A digest for tests, different for different words.
func digest(_ word: String) -> Digest {
    var state: UInt64 = 0xCBF2_9CE4_8422_2325
    let bytes = (0..<32).map { position -> UInt8 in
        for byte in word.utf8 + [UInt8(position)] {
            state = (state ^ UInt64(byte)) &* 0x100_0000_01B3
        }
        return UInt8(truncatingIfNeeded: state >> 32)
    }
    guard let digest = Digest(bytes: bytes) else { fatalError("32 bytes are a digest") }
    return digest
}

/// A folder in which every path exists: a pattern has two files, `*` and `?` standing for 1 and 2;
/// `missing` matches nothing and `denied` cannot be read. Texts have 1000 rows.
func everything(_ lookup: FileLookup) -> Result<[InputFile], LookupFailure> {
    let names: [String]
    var content: Digest?
    switch lookup.wanted {
    case .url(let url, let expected):
        names = [String(url.split(separator: "/").last ?? "")]
        content = expected
    case .pattern(let pattern):
        let name = String(pattern.split(separator: "/").last ?? "")
        if name.contains("missing") { return .success([]) }
        if name.contains("denied") {
            return .failure(
                LookupFailure(
                    problem: "`\(pattern)` cannot be read: permission denied",
                    remedy: "let the user who submits read it"))
        }
        let isPattern = name.contains { $0 == "*" || $0 == "?" }
        names = (isPattern ? ["1", "2"] : [""]).map { number in
            name.map { $0 == "*" || $0 == "?" ? number : String($0) }.joined()
        }
    }
    return .success(
        names.map { name in
            InputFile(
                name: name, digest: content ?? digest(name), size: ByteCount(Int64(name.count)),
                events: countedEvents(name, lookup.purpose))
        })
}

private func countedEvents(_ name: String, _ purpose: FileLookup.Purpose) -> Int? {
    guard case .input(let format) = purpose else { return nil }
    switch format ?? inputFormat(ofFileNamed: name) {
    case .csv, .lines: return 1000
    case .opaque: return nil
    }
}

/// The campaign of a manifest whose files are all there.
func campaign(of text: String) throws(ManifestErrors) -> Campaign {
    try parseManifest(text, file: "campaign.yaml").resolved(everything)
}

/// A manifest with these steps.
func manifest(steps: String) -> String {
    "apiVersion: ergon/v1\nkind: Campaign\nmetadata: {name: sample}\nsteps: \(steps)\n"
}

func errors(of text: String) -> [ManifestError] {
    do {
        _ = try campaign(of: text)
        return []
    } catch {
        return error.errors
    }
}
