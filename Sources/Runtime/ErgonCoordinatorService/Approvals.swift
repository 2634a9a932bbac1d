import ErgonCoordinator
import ErgonModel
import ErgonSecurity
import ErgonWireMessages
import GRPCCore
import Logging

/// What second persons say.
extension ControlService {
    func approve(
        request: Ergon_V1_ApproveRequest, context: ServerContext
    ) async throws -> Ergon_V1_ChangeReply {
        let matter = try matter(of: request)
        let identity = try caller(
            context, matter == .evidence ? [.approver, .auditor, .operator] : [.approver])
        let reply = try await ask(.status(Coordinator.CampaignSelector(request.campaign)))
        guard case .status(let status) = reply, let report = status.campaigns.first else {
            throw unexpected(reply)
        }
        let known = try storedCampaign(report.manifest)
        if matter == nil, let asked = known.governance.approver, asked != identity.name {
            throw RPCError(
                code: .permissionDenied, message: "the manifest names another approver: \(asked)")
        }
        let given = AnswerGiven(
            campaign: report.id, matter: matter, answer: request.rejected ? .rejected : .approved,
            comment: shortened(request.comment),
            start: policy?.decideStart(known, manifest: report.manifest))
        let by = try actor(identity)
        let answer = try checked(await inbox.ask { .approve($0, given, by: by) })
        logger.info(
            "a second person answered",
            metadata: [
                "campaign": "\(report.id)", "answer": "\(given.answer.rawValue)",
                "who": "\(identity)",
            ])
        return try change(answer)
    }

    /// `nil`: whatever the campaign waits for.
    private func matter(of request: Ergon_V1_ApproveRequest) throws -> Approval.Matter? {
        switch request.matter {
        case "": return nil
        case Approval.Matter.evidence.rawValue: return .evidence
        default:
            throw RPCError(
                code: .invalidArgument, message: "no matter `\(shortened(request.matter))`")
        }
    }

    private func storedCampaign(_ manifest: Digest) throws -> Campaign {
        do throws(ReplayFault) {
            if let (known, _) = try campaign(manifest, in: store) { return known }
        } catch {
            logger.error("a manifest cannot be read", metadata: ["problem": "\(error.problem)"])
        }
        throw RPCError(code: .internalError, message: "the manifest cannot be read")
    }

    /// What may be handed to `role` while a review is due: how it went, but no content.
    func shown(
        _ report: Coordinator.ResultsReport, to role: Role
    ) -> Coordinator.ResultsReport {
        guard report.withheld != nil, role != .approver else { return report }
        var shown = report
        shown.published = []
        shown.kept = []
        return shown
    }
}
