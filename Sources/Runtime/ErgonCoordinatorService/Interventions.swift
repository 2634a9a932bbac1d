import ErgonCoordinator
import ErgonModel
import ErgonSecurity
import ErgonWire
import ErgonWireMessages
import GRPCCore
import Logging

/// What people may do to campaigns and workers.
extension ControlService {
    func cancel(
        request: Ergon_V1_CampaignSelector, context: ServerContext
    ) async throws -> Ergon_V1_CancelReply {
        let reply = try await intervene(context, request.campaign, as: "Cancel") { .cancel($0) }
        guard case .ended(let ending) = reply else { throw unexpected(reply) }
        var answer = Ergon_V1_CancelReply()
        answer.state = ending.rawValue
        return answer
    }

    func hold(
        request: Ergon_V1_HoldRequest, context: ServerContext
    ) async throws -> Ergon_V1_ChangeReply {
        let reason = shortened(request.reason.isEmpty ? "no reason given" : request.reason)
        return try change(
            await intervene(context, request.campaign, as: "Hold") { .hold($0, reason: reason) })
    }

    func release(
        request: Ergon_V1_CampaignSelector, context: ServerContext
    ) async throws -> Ergon_V1_ChangeReply {
        try change(await intervene(context, request.campaign, as: "Release") { .release($0) })
    }

    func retry(
        request: Ergon_V1_RetryRequest, context: ServerContext
    ) async throws -> Ergon_V1_ChangeReply {
        let tasks: IntervalSet
        do { tasks = try IntervalSet(request.tasks) } catch {
            throw RPCError(code: .invalidArgument, message: error.problem)
        }
        let stage = request.stage.isEmpty ? nil : request.stage
        return try change(
            await intervene(context, request.campaign, as: "Retry") {
                .retry($0, stage: stage, tasks: tasks.isEmpty ? nil : tasks)
            })
    }

    func resume(
        request: Ergon_V1_CampaignSelector, context: ServerContext
    ) async throws -> Ergon_V1_ChangeReply {
        try change(await intervene(context, request.campaign, as: "Resume") { .resume($0) })
    }

    func forget(
        request: Ergon_V1_CampaignSelector, context: ServerContext
    ) async throws -> Ergon_V1_ChangeReply {
        try change(await intervene(context, request.campaign, as: "Forget") { .forget($0) })
    }

    func setStanding(
        request: Ergon_V1_StandingRequest, context: ServerContext
    ) async throws -> Ergon_V1_ChangeReply {
        let identity = try caller(context, [.operator])
        let standing: Standing
        switch request.standing {
        case "active": standing = .active
        case "draining": standing = .draining
        case "quarantined":
            let reason = request.reason.isEmpty ? "no reason given" : request.reason
            standing = .quarantined(reason: shortened(reason), until: nil)
        default:
            throw RPCError(
                code: .invalidArgument, message: "no standing `\(shortened(request.standing))`")
        }
        let worker = WorkerID(request.worker)
        let by = try actor(identity)
        let reply = try checked(
            await inbox.ask { .intervene($0, .stand(worker, standing), by: by) })
        logger.info(
            "a worker's standing", metadata: ["worker": "\(worker)", "is": "\(standing.name)"])
        return try change(reply)
    }

    func change(_ reply: Coordinator.Reply) throws -> Ergon_V1_ChangeReply {
        guard case .sentence(let sentence) = reply else { throw unexpected(reply) }
        var answer = Ergon_V1_ChangeReply()
        answer.sentence = sentence
        return answer
    }

    private func intervene(
        _ context: ServerContext, _ campaign: String, as method: String,
        _ intervention: @escaping @Sendable (CampaignID) -> Coordinator.Intervention
    ) async throws -> Coordinator.Reply {
        let identity = try caller(context, Self.writers)
        let by = try actor(identity)
        let id = try await ownCampaign(campaign, of: identity, by, for: method)
        let reply = try checked(
            await inbox.ask { .intervene($0, intervention(id), by: by) })
        logger.info(
            "a person intervened",
            metadata: ["method": "\(method)", "campaign": "\(id)", "who": "\(identity)"])
        return reply
    }

    /// Submitters may change only what they have submitted themselves.
    private func ownCampaign(
        _ name: String, of identity: Identity, _ actor: String, for method: String
    ) async throws -> CampaignID {
        let reply = try await ask(.status(Coordinator.CampaignSelector(name)))
        guard case .status(let status) = reply, let campaign = status.campaigns.first else {
            throw unexpected(reply)
        }
        guard identity.role == .operator || [actor, identity.uri].contains(campaign.by) else {
            logger.warning(
                "call refused",
                metadata: [
                    "method": "\(method)", "reason": "\(identity) did not submit \(campaign.id)",
                ])
            throw RPCError(
                code: .permissionDenied, message: "the campaign was submitted by somebody else")
        }
        return campaign.id
    }
}
