import ErgonCoordinatorService
import ErgonModel
import ErgonProvenance
import ErgonSystem
import ErgonTransfer
import FoundationEssentials

/// What services answered, kept on disk: a service that does not answer is not missed at once, and
/// one that does is not asked all the time. Each address has a file named by its digest.
struct SignalCache: Sendable {
    struct Kept: Sendable {
        var bytes: [UInt8]
        var fetched: Instant
    }

    let folder: String
    private let client = TransferClient(concurrency: 4, patience: Patience(tries: 2))
    /// What is younger is not asked for again.
    private static let freshFor = Microseconds.seconds(300)
    private static let largest = ByteCount(64 << 20)

    init(folder: String = HomeOption.usual + "/signals") { self.folder = folder }

    private func path(of url: String) -> String {
        "\(folder)/\(Digest(of: Array(url.utf8)).hex)"
    }

    /// What an address last answered that could be read.
    func kept(_ url: String) -> Kept? {
        let path = path(of: url)
        guard let bytes = try? Data(contentsOf: URL(fileURLWithPath: path)),
            let attributes = try? FileManager.default.attributesOfItem(atPath: path),
            let date = attributes[.modificationDate] as? Date
        else { return nil }
        let seconds = date.timeIntervalSince1970
        return Kept(
            bytes: [UInt8](bytes), fetched: Instant(microseconds: Int64(seconds * 1e6)))
    }

    /// What comes from the future has come while the clock was wrong.
    func isFresh(_ kept: Kept, now: Instant) -> Bool {
        let age = now - kept.fetched
        return age >= .zero && age < Self.freshFor
    }

    /// Asks a service. What it answers is not kept yet: first somebody has to read it.
    /// - Parameter headers: a file whose lines are sent along.
    func fetch(_ url: String, headers: String?) async throws -> [UInt8] {
        var lines: [String] = []
        if let headers {
            let text = String(decoding: try contents(of: headers, "the headers"), as: UTF8.self)
            lines = text.split(whereSeparator: \.isNewline).map(String.init)
        }
        return try await client.read(url, headers: lines, limit: Self.largest)
    }

    /// A disk on which nothing can be kept is no reason to do without the signal: it is said.
    /// - Returns: what was wrong.
    func keep(_ bytes: [UInt8], of url: String) -> String? {
        do {
            try makeFolder(folder)
            try writeFile(bytes, to: path(of: url))
            return nil
        } catch { return "\(folder): the signal is not kept: \(reason(error))" }
    }
}
