import ErgonModel
import ErgonSecurity
import ErgonWire
import ErgonWireMessages
import FoundationEssentials
import GRPCCore
import Logging

/// The join tokens, each change of which is on disk before anyone learns of it.
actor TokenDesk {
    private var book: TokenBook
    private let path: String
    private let authority: Authority

    init(path: String, authority: Authority) throws {
        self.path = path
        self.authority = authority
        book = TokenBook()
        if let bytes = try PrivateFile.readSecret(path) {
            guard let json = try? JSON(parsing: bytes), let known = TokenBook(json: json) else {
                throw SecurityFault.unreadable(path: path, expected: "the list of join tokens")
            }
            book = known
        }
    }

    func create(role: Role, name: String?, term: Microseconds, now: Instant) throws -> JoinToken {
        let token = try book.create(
            role: role, for: name.map { .named($0) } ?? .unnamed(uses: 1),
            pin: authority.keyDigest, term: term, now: now)
        try save()
        return token
    }

    func redeem(
        _ request: EnrolmentRequest, serverLeaf: [UInt8], now: Instant
    ) throws -> (identity: Identity, answer: EnrolmentAnswer) {
        let before = book
        let name = "w-" + hexadecimal(randomBytes(4))
        let grant: EnrolmentGrant
        do throws(EnrolmentRefusal) {
            grant = try book.redeem(request, serverLeaf: serverLeaf, name: name, now: now)
        } catch {
            // Wrong proofs are counted; a stranger with no token at all costs no write.
            if book != before { try save() }
            throw error
        }
        // On disk before it leads to a certificate: a use is spent even if the answer is lost.
        try save()
        let answer = try grant.answer(from: authority, for: grant.identity.role.lifetime, now: now)
        return (grant.identity, answer.answer)
    }

    private func save() throws {
        try PrivateFile.write(Array(book.json.text().utf8), to: path)
    }
}

/// The one thing that a stranger may do.
struct EnrolmentService: Ergon_V1_Enrolment.SimpleServiceProtocol {
    let desk: TokenDesk
    let credentials: OwnCredentials
    let ports: @Sendable () -> ListeningPorts?
    let clock: @Sendable () -> Instant
    let logger: Logger

    func join(
        request: Ergon_V1_JoinRequest, context: ServerContext
    ) async throws -> Ergon_V1_JoinReply {
        guard let ports = ports() else {
            throw RPCError(code: .unavailable, message: "the coordinator is starting")
        }
        guard let token = TokenID(bytes: [UInt8](request.tokenID)) else {
            throw RPCError(code: .permissionDenied, message: "this is not a join token")
        }
        let attempt = EnrolmentRequest(
            token: token, nonce: [UInt8](request.nonce),
            signingRequest: [UInt8](request.signingRequest), code: [UInt8](request.mac))
        do {
            let leaf = try credentials.value.certificate.der
            let (identity, answer) = try await desk.redeem(
                attempt, serverLeaf: leaf, now: clock())
            logger.info("joined", metadata: ["identity": "\(identity)"])
            var reply = Ergon_V1_JoinReply()
            reply.certificate = Data(answer.certificate)
            reply.authority = Data(answer.authority)
            reply.mac = Data(answer.code)
            reply.controlPort = UInt32(ports.control)
            reply.dataPort = UInt32(ports.data)
            return reply
        } catch let refusal as EnrolmentRefusal {
            logger.warning("join refused", metadata: ["reason": "\(refusal.forLog)"])
            throw RPCError(code: .permissionDenied, message: refusal.forPeer)
        }
    }
}
