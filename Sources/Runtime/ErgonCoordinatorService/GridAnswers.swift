import ErgonCoordinator
import ErgonModel
import ErgonWireMessages
import GRPCCore

extension ControlService {
    /// As far ahead as anybody may look.
    private static let furthest = Microseconds.seconds(366 * 24 * 3600)

    func grid(
        request: Ergon_V1_GridRequest, context: ServerContext
    ) async throws -> Ergon_V1_GridReply {
        _ = try caller(context, Self.readers)
        guard let planner else {
            throw RPCError(
                code: .failedPrecondition,
                message: "this coordinator plans nothing: it was started without --grid")
        }
        let ahead = Microseconds(request.horizonMicroseconds)
        guard ahead > .zero, ahead <= Self.furthest else {
            throw RPCError(code: .invalidArgument, message: "a horizon of \(ahead.seconds) s")
        }
        let reply = try await ask(.openWork)
        guard case .openWork(let work) = reply else { throw unexpected(reply) }
        guard let rest = await planner.rest(beside: work, ahead: ahead) else {
            throw RPCError(
                code: .failedPrecondition,
                message: "no worker is there that says where it stands (--site, --node-class)")
        }
        return Ergon_V1_GridReply(rest)
    }
}
