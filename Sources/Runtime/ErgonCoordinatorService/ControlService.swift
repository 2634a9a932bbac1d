import ErgonCoordinator
import ErgonManifest
import ErgonModel
import ErgonSecurity
import ErgonStorage
import ErgonWire
import ErgonWireMessages
import FoundationEssentials
import GRPCCore
import Logging

/// The people's end of the coordinator.
struct ControlService: Ergon_V1_Control.SimpleServiceProtocol {
    let inbox: CoordinatorInbox
    let board: Board
    let store: ContentStore
    let desk: TokenDesk
    let authority: Authority
    /// `nil` if every campaign is taken.
    let policy: PolicyDesk?
    /// `nil` if people stand on record as in their certificates.
    let persons: PersonBook?
    /// `nil` where nothing is planned.
    let planner: PlannerThread?
    let clock: @Sendable () -> Instant
    let logger: Logger

    /// How often a watcher is told, at most.
    private static let watchPeriod = Duration.milliseconds(500)
    static let readers: Set<Role> = [.submitter, .approver, .operator, .auditor]
    static let writers: Set<Role> = [.submitter, .operator]

    func caller(_ context: ServerContext, _ allowed: Set<Role>) throws -> Identity {
        try ErgonCoordinatorService.caller(context, allowed, now: clock(), logger: logger)
    }

    func ask(_ question: Coordinator.Question) async throws -> Coordinator.Reply {
        if let state = board.state(now: clock(), changes: inbox.changes) {
            return try checked(state.answer(question, now: clock()))
        }
        switch await inbox.look() {
        case .success(let state): return try checked(state.answer(question, now: clock()))
        case .failure(.isStopping): return try checked(nil)
        case .failure(.diskIsFull): return try checked(.refused(DiskReserve.fullText))
        }
    }

    func checked(_ reply: Coordinator.Reply?) throws -> Coordinator.Reply {
        switch reply {
        case nil: throw RPCError(code: .unavailable, message: "the coordinator is stopping")
        case .unknownCampaign:
            throw RPCError(code: .notFound, message: "there is no such campaign")
        case .unknownTask(let reason): throw RPCError(code: .notFound, message: reason)
        case .refused(let reason): throw RPCError(code: .failedPrecondition, message: reason)
        case .some(let reply): return reply
        }
    }

    // MARK: Campaigns

    func submit(
        request: Ergon_V1_SubmitRequest, context: ServerContext
    ) async throws -> Ergon_V1_SubmitReply {
        let identity = try caller(context, Self.writers)
        let bytes = Array(request.manifest.utf8)
        let campaign: Campaign
        do { campaign = try parseCanonical(bytes) } catch {
            throw RPCError(code: .invalidArgument, message: render(error))
        }
        guard canonicalForm(of: campaign) == request.manifest else {
            throw RPCError(code: .invalidArgument, message: "the manifest is not in canonical form")
        }
        for file in campaign.files where !store.has(file.digest) {
            throw RPCError(
                code: .failedPrecondition, message: "\(file.name) (\(file.digest)) was not uploaded"
            )
        }
        let manifest: StoredFile
        do {
            manifest = try store.put(bytes)
            // Here, so that the loop does not wait for it.
            try store.sync()
        } catch { throw notStored(error) }
        let by = try actor(identity)
        let decision = policy?.decideSubmission(campaign, manifest: manifest.digest)
        let reuse = request.again ? nil : await reusable(for: campaign)
        let reply = try checked(
            await inbox.ask {
                .submit(
                    $0, campaign, manifest: manifest, by: by, reuse: reuse?.from,
                    decision: decision)
            })
        guard case .accepted(let id) = reply else { throw unexpected(reply) }
        logger.info("accepted", metadata: ["campaign": "\(id)", "name": "\(campaign.name)"])
        var answer = Ergon_V1_SubmitReply()
        answer.campaign = Int64(id.number)
        if let reuse, id > reuse.last {
            answer.reusedCampaign = Int64(reuse.from.number)
            answer.reusedTasks = Int64(reuse.tasks)
        }
        return answer
    }

    /// Results are reused only where everything that they left can still be had.
    private func reusable(for campaign: Campaign) async -> Coordinator.Reusable? {
        guard case .success(let state) = await inbox.look(),
            let found = state.reusable(for: campaign),
            found.files.allSatisfy({ store.has($0.digest) })
        else { return nil }
        return found
    }

    private func notStored(_ fault: StoreFault) -> RPCError {
        logger.error(
            "a manifest cannot be stored",
            metadata: ["place": "\(fault.place)", "problem": "\(fault.problem)"])
        let code: RPCError.Code =
            if case .full = fault { .resourceExhausted } else { .internalError }
        return RPCError(code: code, message: "the manifest cannot be stored")
    }

    // MARK: Questions

    func status(
        request: Ergon_V1_StatusRequest, context: ServerContext
    ) async throws -> Ergon_V1_StatusReply {
        let identity = try caller(context, Self.readers)
        return try await status(of: request.campaign, for: identity)
    }

    private func status(
        of campaign: String, for identity: Identity
    ) async throws -> Ergon_V1_StatusReply {
        let selector = campaign.isEmpty ? nil : Coordinator.CampaignSelector(campaign)
        let reply = try await ask(.status(selector))
        guard case .status(let report) = reply else { throw unexpected(reply) }
        return Ergon_V1_StatusReply(try named(report, for: identity))
    }

    func watch(
        request: Ergon_V1_StatusRequest, response: RPCWriter<Ergon_V1_StatusReply>,
        context: ServerContext
    ) async throws {
        let identity = try caller(context, Self.readers)
        var last: Ergon_V1_StatusReply?
        while true {
            do {
                let status = try await status(of: request.campaign, for: identity)
                if status != last { try await response.write(status) }
                last = status
                if status.campaigns.allSatisfy({ !["running", "held"].contains($0.state) }) {
                    return
                }
            } catch let refusal as RPCError where refusal.code == .failedPrecondition {
                // The disk is full: what is decided is not on record, and so not to be seen yet.
            }
            try await Task.sleep(for: Self.watchPeriod)
        }
    }

    func results(
        request: Ergon_V1_CampaignSelector, context: ServerContext
    ) async throws -> Ergon_V1_ResultsReply {
        let identity = try caller(context, Self.readers)
        let reply = try await ask(.results(Coordinator.CampaignSelector(request.campaign)))
        guard case .results(let report) = reply else { throw unexpected(reply) }
        return Ergon_V1_ResultsReply(shown(report, to: identity.role))
    }

    func energy(
        request: Ergon_V1_StatusRequest, context: ServerContext
    ) async throws -> Ergon_V1_EnergyReply {
        _ = try caller(context, Self.readers)
        let campaign = request.campaign
        let selector = campaign.isEmpty ? nil : Coordinator.CampaignSelector(campaign)
        let reply = try await ask(.energy(selector))
        guard case .energy(let report) = reply else { throw unexpected(reply) }
        return Ergon_V1_EnergyReply(report)
    }

    func explain(
        request: Ergon_V1_TaskSelector, context: ServerContext
    ) async throws -> Ergon_V1_ExplainReply {
        _ = try caller(context, Self.readers)
        let reply = try await ask(
            .explain(
                Coordinator.CampaignSelector(request.campaign), stage: request.stage,
                task: Int(request.task)))
        guard case .explanation(let sentence, let troubles) = reply else {
            throw unexpected(reply)
        }
        var answer = Ergon_V1_ExplainReply()
        answer.sentence = sentence
        answer.attempts = troubles.map(Ergon_V1_TaskAttempt.init)
        return answer
    }

    func taskLog(
        request: Ergon_V1_TaskSelector, context: ServerContext
    ) async throws -> Ergon_V1_TaskLogReply {
        _ = try caller(context, Self.writers)
        let reply = try await ask(
            .log(
                Coordinator.CampaignSelector(request.campaign), stage: request.stage,
                task: Int(request.task),
                attempt: request.hasAttempt ? Int(request.attempt) : nil))
        var answer = Ergon_V1_TaskLogReply()
        if case .log(let file?) = reply { answer.log = Ergon_V1_File(name: "", file) }
        return answer
    }

    func workers(
        request: Ergon_V1_WorkersRequest, context: ServerContext
    ) async throws -> Ergon_V1_WorkersReply {
        _ = try caller(context, Self.readers)
        let reply = try await ask(.workers)
        guard case .workers(let workers) = reply else { throw unexpected(reply) }
        var answer = Ergon_V1_WorkersReply()
        answer.workers = workers.map(Ergon_V1_WorkerStatus.init)
        return answer
    }

    func unexpected(_ reply: Coordinator.Reply) -> RPCError {
        RPCError(code: .internalError, message: "unexpected answer")
    }

    // MARK: Identities

    func createToken(
        request: Ergon_V1_TokenRequest, context: ServerContext
    ) async throws -> Ergon_V1_TokenReply {
        _ = try caller(context, [.operator])
        guard let role = Role(rawValue: request.role), role != .coordinator else {
            let roles = Role.allCases.filter { $0 != .coordinator }.map(\.rawValue)
            throw RPCError(
                code: .invalidArgument,
                message: "no role `\(request.role)`; there are \(roles.joined(separator: ", "))")
        }
        guard (1...31_536_000).contains(request.lifetimeSeconds) else {
            throw RPCError(code: .invalidArgument, message: "a token lives 1 s to 1 year")
        }
        do {
            let token = try await desk.create(
                role: role, name: request.hasName ? request.name : nil,
                term: .seconds(request.lifetimeSeconds), now: clock())
            var answer = Ergon_V1_TokenReply()
            answer.token = token.text
            return answer
        } catch let fault as IdentityFault {
            throw RPCError(code: .invalidArgument, message: "\(fault)")
        }
    }

    func renew(
        request: Ergon_V1_RenewRequest, context: ServerContext
    ) async throws -> Ergon_V1_RenewReply {
        let identity = try caller(context, [.worker, .submitter, .approver, .operator, .auditor])
        do {
            let signing = try SigningRequest(der: [UInt8](request.signingRequest))
            let certificate = try authority.issue(
                signing, to: identity, for: identity.role.lifetime, now: clock())
            var answer = Ergon_V1_RenewReply()
            answer.certificate = Data(try certificate.der)
            answer.authority = Data(try authority.certificate.der)
            return answer
        } catch let fault as SigningRequest.Fault {
            throw RPCError(code: .invalidArgument, message: fault.description)
        }
    }
}
