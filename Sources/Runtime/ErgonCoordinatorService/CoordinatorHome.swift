import ErgonCoordinator
import ErgonManifest
import ErgonModel
import ErgonProvenance
package import ErgonSecurity
import ErgonStorage
import FoundationEssentials
import Synchronization

/// Where a coordinator listens: what a client needs to know of it beside its credentials.
package struct ListeningPorts: Hashable, Sendable {
    /// For those on the same machine.
    package var host: String
    /// For all others.
    package var advertised: String
    package var control: Int
    package var data: Int
    package var enrolment: Int

    package init(host: String, advertised: String, control: Int, data: Int, enrolment: Int) {
        self.host = host
        self.advertised = advertised
        self.control = control
        self.data = data
        self.enrolment = enrolment
    }
}

/// A coordinator's folder, and what is where in it.
package struct CoordinatorHome: Sendable {
    package let folder: String

    package init(folder: String) { self.folder = folder }

    /// Nobody else may look into it.
    package static func makeFolder(_ folder: String) throws {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
    }

    package var authority: String { "\(folder)/authority" }
    package var credentials: String { "\(folder)/coordinator" }
    /// Credentials of whoever started the coordinator.
    package var identity: String { "\(folder)/identity" }
    package var log: String { "\(folder)/log" }
    package var content: String { "\(folder)/content" }
    package var tokens: String { "\(folder)/tokens.json" }
    package var logKey: String { "\(folder)/log-key" }
    /// The key that an auditor checks the log's signatures with.
    package var logVerifier: String { "\(folder)/log-key.pub" }
    package var ports: String { "\(folder)/coordinator.json" }

    /// The ports of the coordinator that runs here or ran here last.
    package func readPorts() throws(SecurityFault) -> ListeningPorts? {
        guard let bytes = try PrivateFile.read(ports), let json = try? JSON(parsing: bytes),
            let host = json["host"]?.string, let advertised = json["advertised"]?.string,
            let control = json["control"]?.integer,
            let data = json["data"]?.integer, let enrolment = json["enrolment"]?.integer
        else { return nil }
        return ListeningPorts(
            host: host, advertised: advertised, control: Int(control), data: Int(data),
            enrolment: Int(enrolment))
    }

    package func write(_ ports: ListeningPorts) throws(SecurityFault) {
        let json = JSON.object([
            "host": .string(ports.host), "advertised": .string(ports.advertised),
            "control": .int(ports.control), "data": .int(ports.data),
            "enrolment": .int(ports.enrolment),
        ])
        try PrivateFile.write(Array((json.text() + "\n").utf8), to: self.ports)
    }

    /// The key that signs the log's checkpoints, made at the first start.
    func logSigner(authority: Digest) throws -> NoteSigner {
        let name = "ergon.local/\(authority.hex.prefix(16))"
        let seed: [UInt8]
        if let known = try PrivateFile.readSecret(logKey) {
            seed = known
        } else {
            var random = SystemRandomNumberGenerator()
            seed = (0..<32).map { _ in UInt8.random(in: 0...255, using: &random) }
            try PrivateFile.write(seed, to: logKey)
        }
        guard let signer = NoteSigner(name: name, seed: seed) else {
            throw SecurityFault.unreadable(path: logKey, expected: "an Ed25519 seed of 32 bytes")
        }
        try PrivateFile.write(Array("\(signer.verifier)\n".utf8), to: logVerifier)
        return signer
    }
}

/// A campaign whose canonical form is in the store.
func campaign(_ digest: Digest, in store: ContentStore) -> (Campaign, size: ByteCount)? {
    guard let bytes = try? store.read(digest), let campaign = try? parseCanonical(bytes) else {
        return nil
    }
    return (campaign, ByteCount(Int64(bytes.count)))
}

/// A manifest in which every file is named by digest.
func parseCanonical(_ bytes: [UInt8]) throws(ManifestErrors) -> Campaign {
    let text = String(decoding: bytes, as: UTF8.self)
    return try parseManifest(text, file: "manifest", limits: .canonical).resolved { _ in
        .failure(LookupFailure(problem: "no digest for the file", remedy: "submit by ergon"))
    }
}

/// Credentials that the coordinator issues to itself, again and again.
final class OwnCredentials: Sendable {
    private let current: Mutex<Credentials>
    private let authority: Authority

    init(_ authority: Authority, in folder: String, now: Instant) throws {
        self.authority = authority
        let identity = try Identity(role: .coordinator, name: "coordinator")
        let first = try authority.issueCredentials(to: identity, in: folder, now: now)
        try first.save()
        current = Mutex(first)
    }

    var value: Credentials { current.withLock { $0 } }

    /// Issues the next ones when half of the time has passed.
    func renew(now: Instant) throws {
        let old = value
        guard
            now.microseconds > (old.validity.notBefore.microseconds + old.notAfter.microseconds) / 2
        else { return }
        let next = try authority.issueCredentials(to: old.identity, in: old.folder, now: now)
        try next.save()
        current.withLock { $0 = next }
    }
}
