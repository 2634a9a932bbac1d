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
    let limit: ByteCount
    let denied: @Sendable () -> Set<String>
    let clock: @Sendable () -> Instant
    let logger: Logger

    private static let allowed: Set<Role> = [
        .worker, .submitter, .approver, .operator, .coordinator,
    ]
    private static let methods: HTTPFields = [.allow: "GET, HEAD, PUT"]

    private enum Outcome {
        case content(Download)
        case reply(Reply)
    }

    /// - Throws: whatever ends the connection.
    func respond(
        to request: Request, _ writer: consuming ResponseWriter, on channel: any Channel
    ) async throws {
        switch try await outcome(of: request, writer, on: channel) {
        case .content(let download):
            try await download.send(writer, on: channel, withBody: request.method == .get)
        case .reply(let reply): try await answer(request, reply, writer, on: channel)
        }
    }

    private func outcome(
        of request: Request, _ writer: borrowing ResponseWriter, on channel: any Channel
    ) async throws -> Outcome {
        do {
            try await checkPeer(of: channel)
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

    private func checkPeer(of channel: any Channel) async throws {
        let presented = try await channel.nioSSL_peerCertificate().get()
        let certificate = try presented.map { try Certificate(der: $0.toDERBytes()) }
        do throws(PeerRefusal) {
            _ = try ErgonSecurity.checkPeer(
                certificate, now: clock(), denied: denied(), allowed: Self.allowed)
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
