import ErgonModel
import ErgonSecurity
import ErgonStorage
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOSSL
import X509

/// Answers one request: who may, what it names, what becomes of it.
struct ContentResponder: Sendable {
    let store: ContentStore
    /// What auditors read; `nil` if there is none.
    let log: LogTiles?
    let limit: ByteCount
    let denied: @Sendable () -> Set<String>
    let clock: @Sendable () -> Instant
    let logger: Logger

    private static let allowed: Set<Role> = [
        .worker, .submitter, .approver, .operator, .coordinator,
    ]
    /// Who may read the log: whoever may ask how campaigns stand.
    private static let readers: Set<Role> = [
        .auditor, .submitter, .approver, .operator, .coordinator,
    ]
    private static let methods: HTTPFields = [.allow: "GET, HEAD, PUT"]
    private static let logPrefix = "/log/"

    private enum Outcome {
        case content(Download)
        case log(LogResponse)
        case reply(Reply)
    }

    /// - Throws: whatever ends the connection.
    func respond(
        to request: Request, _ writer: consuming ResponseWriter, on channel: any Channel
    ) async throws {
        switch try await outcome(of: request, writer, on: channel) {
        case .content(let download):
            try await download.send(writer, on: channel, withBody: request.method == .get)
        case .log(let response):
            try await response.send(writer, withBody: request.method == .get)
        case .reply(let reply): try await answer(request, reply, writer, on: channel)
        }
    }

    private func outcome(
        of request: Request, _ writer: borrowing ResponseWriter, on channel: any Channel
    ) async throws -> Outcome {
        do {
            if let path = request.head.path, path.hasPrefix(Self.logPrefix) {
                try await checkPeer(of: channel, allowed: Self.readers)
                return .log(try await part(of: path.dropFirst(Self.logPrefix.count), request))
            }
            try await checkPeer(of: channel, allowed: Self.allowed)
            let digest = try Self.digest(in: request)
            switch request.method {
            case .get:
                let range = request.headers[.range]
                return .content(try await Download(digest, range: range, in: store))
            case .head: return .content(try await Download(digest, range: nil, in: store))
            case .put: return .reply(try await take(request, digest, writer))
            default: throw Reply(.methodNotAllowed, "GET, HEAD or PUT", Self.methods)
            }
        } catch let refusal as Reply {
            return .reply(refusal)
        }
    }

    /// - Parameter path: relative to the log.
    private func part(of path: Substring, _ request: Request) async throws -> LogResponse {
        guard let log else { throw Reply.notFound }
        guard [.get, .head].contains(request.method) else {
            throw Reply(.methodNotAllowed, "GET or HEAD", [.allow: "GET, HEAD"])
        }
        do { return try await LogResponse(String(path), in: log) } catch let error as LogUnreadable
        {
            logger.error("log not served", metadata: ["reason": "\(error.reason)"])
            throw Reply(.internalServerError, "the log cannot be read")
        }
    }

    private func checkPeer(of channel: any Channel, allowed: Set<Role>) async throws {
        let presented = try await channel.nioSSL_peerCertificate().get()
        let certificate = try presented.map { try Certificate(der: $0.toDERBytes()) }
        do throws(PeerRefusal) {
            _ = try ErgonSecurity.checkPeer(
                certificate, now: clock(), denied: denied(), allowed: allowed)
        } catch {
            logger.notice("request refused", metadata: ["reason": "\(error.forLog)"])
            throw Reply(.forbidden, error.forPeer)
        }
    }

    private static func digest(in request: Request) throws(Reply) -> Digest {
        let prefix = "/content/sha256/"
        guard let path = request.head.path, path.hasPrefix(prefix),
            let digest = Digest(hex: String(path.dropFirst(prefix.count)))
        else { throw .notFound }
        return digest
    }
}
