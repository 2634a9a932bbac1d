import ErgonCoordinator
import ErgonManifest
import ErgonModel
import ErgonProvenance
package import ErgonSecurity
import ErgonStorage
import FoundationEssentials

/// A coordinator's folder, and what is where in it.
package struct CoordinatorHome: Sendable {
    package let folder: String

    package init(folder: String) { self.folder = folder }

    /// Nobody else may look into it.
    package static func makeFolder(_ folder: String) throws(SecurityFault) {
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
        } catch {
            throw .cannotWrite(path: folder, reason: "the folder cannot be made")
        }
    }

    package var authority: String { "\(folder)/authority" }
    package var credentials: String { "\(folder)/coordinator" }
    /// Credentials of whoever started the coordinator.
    package var identity: String { "\(folder)/identity" }
    package var log: String { "\(folder)/log" }
    package var content: String { "\(folder)/content" }
    package var tokens: String { "\(folder)/tokens.json" }
    /// Who is behind the pseudonyms on record.
    package var persons: String { "\(folder)/persons" }
    package var logKey: String { "\(folder)/log-key" }
    /// The key that an auditor checks the log's signatures with.
    package var logVerifier: String { "\(folder)/log-key.pub" }
    package var ports: String { "\(folder)/coordinator.json" }

    /// The ports of the coordinator that runs here or ran here last; `nil` if there was none.
    package func readPorts() throws(SecurityFault) -> ListeningPorts? {
        guard let bytes = try PrivateFile.read(ports) else { return nil }
        guard let json = try? JSON(parsing: bytes), let known = ListeningPorts(json: json) else {
            throw .unreadable(path: ports, expected: "a coordinator's address and ports")
        }
        return known
    }

    package func write(_ ports: ListeningPorts) throws(SecurityFault) {
        try PrivateFile.write(Array((ports.json.text() + "\n").utf8), to: self.ports)
    }

    /// Whether a coordinator has run here before.
    private var hasLog: Bool {
        let names = try? FileManager.default.contentsOfDirectory(atPath: log)
        return names?.contains { $0.hasSuffix(".log") } == true
    }

    /// The authority that everybody here trusts, made at the first start.
    func authority(now: Instant) throws -> Authority {
        let isThere = FileManager.default.fileExists(atPath: authority)
        guard isThere || !hasLog else { throw SecurityFault.lost(path: authority, beside: log) }
        return try Authority.openOrCreate(in: authority, now: now)
    }

    /// The key that signs the log's checkpoints, made at the first start.
    func logSigner(authority: Digest) throws -> NoteSigner {
        let name = "ergon.local/\(authority.hex.prefix(16))"
        let seed: [UInt8]
        if let known = try PrivateFile.readSecret(logKey) {
            seed = known
        } else {
            guard !hasLog else { throw SecurityFault.lost(path: logKey, beside: log) }
            seed = randomBytes(32)
            try PrivateFile.write(seed, to: logKey)
        }
        guard let signer = NoteSigner(name: name, seed: seed) else {
            throw SecurityFault.unreadable(path: logKey, expected: "an Ed25519 seed of 32 bytes")
        }
        try PrivateFile.write(Array("\(signer.verifier)\n".utf8), to: logVerifier)
        return signer
    }
}

/// A campaign whose canonical form is in the store; `nil` if nothing of that digest is there.
/// - Throws: what is wrong with what is there.
func campaign(
    _ digest: Digest, in store: ContentStore
) throws(ReplayFault) -> (Campaign, size: ByteCount)? {
    guard store.has(digest) else { return nil }
    let bytes: [UInt8]
    do { bytes = try store.read(digest) } catch {
        throw ReplayFault(problem: "the manifest \(digest): \(error.place): \(error.problem)")
    }
    do { return (try parseCanonical(bytes), ByteCount(Int64(bytes.count))) } catch {
        throw ReplayFault(problem: "the manifest \(digest) is not valid:\n\(render(error))")
    }
}
