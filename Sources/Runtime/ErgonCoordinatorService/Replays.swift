import ErgonCoordinator
import ErgonModel
import ErgonSecurity
import ErgonWire
import ErgonWireMessages
import GRPCCore
import Logging

/// Tasks that somebody wants to see run once more.
extension ControlService {
    func replay(
        request: Ergon_V1_ReplayRequest, context: ServerContext
    ) async throws -> Ergon_V1_SubmitReply {
        let identity = try caller(context, Self.writers)
        let replay: Rerun
        do { replay = try request.model() } catch {
            throw RPCError(code: .invalidArgument, message: error.problem)
        }
        let reply = try checked(await inbox.ask { .replay($0, replay, by: identity.uri) })
        guard case .accepted(let id) = reply else { throw unexpected(reply) }
        logger.info(
            "replay accepted", metadata: ["campaign": "\(id)", "of": "\(replay.of)"])
        var answer = Ergon_V1_SubmitReply()
        answer.campaign = Int64(id.number)
        return answer
    }
}
