package import ErgonModel
package import ErgonSecurity
import ErgonWireMessages
import FoundationEssentials
package import GRPCCore
import GRPCNIOTransportHTTP2Posix
import Synchronization

/// Where a coordinator is reached once one has joined.
package struct CoordinatorAddress: Hashable, Sendable {
    package var host: String
    package var controlPort: Int
    package var dataPort: Int

    package init(host: String, controlPort: Int, dataPort: Int) {
        self.host = host
        self.controlPort = controlPort
        self.dataPort = dataPort
    }
}

/// Why joining did not work.
package struct JoinFault: Actionable {
    package var place: String
    package var problem: String
    package var remedy: String
    /// Nothing answers there, or not yet.
    package var isUnanswered = false

    private init(place: String, problem: String, remedy: String, isUnanswered: Bool = false) {
        self.place = place
        self.problem = problem
        self.remedy = remedy
        self.isUnanswered = isUnanswered
    }

    /// - Parameter place: the address at which we joined, for what is wrong at the other end.
    init(_ error: any Error, at place: String) {
        switch error {
        case let fault as JoinFault: self = fault
        case let fault as SecurityFault:
            self.init(place: fault.place, problem: fault.problem, remedy: fault.remedy)
        case let fault as ServerFault:
            self.init(
                place: place, problem: "\(fault)",
                remedy: "the token is for another coordinator; ask for one that is for this")
        case let error as RPCError where [.unavailable, .deadlineExceeded].contains(error.code):
            self.init(
                place: place, problem: error.message, remedy: "try again in a moment",
                isUnanswered: true)
        case let error as RPCError: self.init(refusal: error.message, at: place)
        default: self.init(refusal: "\(error)", at: place)
        }
    }

    private init(refusal: String, at place: String) {
        self.init(place: place, problem: refusal, remedy: "ask the coordinator for a new token")
    }

    static func silence(at place: String) -> JoinFault {
        JoinFault(
            place: place, problem: "nothing answers there",
            remedy: "check the address and that the coordinator runs", isUnanswered: true)
    }
}

/// Presents a join token at a coordinator's enrolment port and saves the credentials it gets.
package func join(
    token: JoinToken, host: String, port: Int, folder: String, now: Instant
) async throws(JoinFault) -> (credentials: Credentials, address: CoordinatorAddress) {
    let place = "\(host):\(port)"
    // A first call, which cannot succeed, brings the server's certificate: the proof is bound to
    // it.
    let server = Mutex<Result<[UInt8], ServerFault>?>(nil)
    do {
        let client = try Connection.client(host: host, port: port, pinning: token.pin, now: now) {
            outcome in server.withLock { $0 = outcome }
        }
        return try await withThrowingTaskGroup { group in
            group.addTask { try await client.runConnections() }
            defer { client.beginGracefulShutdown() }
            let enrolment = Ergon_V1_Enrolment.Client(wrapping: client)
            var options = CallOptions.defaults
            options.timeout = .seconds(20)
            _ = try? await enrolment.join(Ergon_V1_JoinRequest(), options: options)
            guard let leaf = try server.withLock({ $0 })?.get() else {
                throw JoinFault.silence(at: place)
            }
            let attempt = try Enrolment(token: token, serverLeaf: leaf)
            let reply = try await enrolment.join(.init(attempt.request), options: options)
            let credentials = try attempt.accept(reply.answer, folder: folder)
            try credentials.save()
            return (
                credentials,
                CoordinatorAddress(
                    host: host, controlPort: Int(reply.controlPort), dataPort: Int(reply.dataPort))
            )
        }
    } catch {
        throw JoinFault(error, at: place)
    }
}

/// The next certificate for the same identity, saved in the same folder.
/// - Throws: `RPCError`, or why what came back is not taken.
package func renewed(
    _ credentials: Credentials, by client: GRPCClient<some ClientTransport>
) async throws -> Credentials {
    let renewal = try Renewal(of: credentials)
    var request = Ergon_V1_RenewRequest()
    request.signingRequest = Data(renewal.signingRequest)
    var options = CallOptions.defaults
    options.timeout = .seconds(20)
    let reply = try await Ergon_V1_Control.Client(wrapping: client).renew(request, options: options)
    let next = try renewal.accept(
        certificate: [UInt8](reply.certificate), authority: [UInt8](reply.authority))
    try next.save()
    return next
}

extension Ergon_V1_JoinRequest {
    init(_ request: EnrolmentRequest) {
        self.init()
        tokenID = Data(request.token.bytes)
        nonce = Data(request.nonce)
        signingRequest = Data(request.signingRequest)
        mac = Data(request.code)
    }
}

extension Ergon_V1_JoinReply {
    var answer: EnrolmentAnswer {
        EnrolmentAnswer(
            certificate: [UInt8](certificate), authority: [UInt8](authority), code: [UInt8](mac))
    }
}
