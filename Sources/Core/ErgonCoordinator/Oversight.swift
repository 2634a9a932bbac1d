import ErgonModel

/// What a site's policy and second persons have said of one campaign, from the records alone.
struct Oversight: Hashable, Sendable {
    /// The last one about its start.
    var decision: PolicyDecision
    var isApproved = false
    /// What became of its outputs' review; `nil` while nobody has answered.
    var review: Approval.Answer?
    /// Whether its evidence was found to be good; `nil` while nobody has looked.
    var evidence: Approval.Answer?
    /// The last thing on record that was said of its budget while it ran.
    var overrun: GateFinding?
    /// Somebody lets it go on though its budget is spent.
    var mayOverrun = false
    /// Workers that are not given tasks of it, as far as that is on record.
    var refusedPlaces: Set<Custody> = []

    init(decision: PolicyDecision) { self.decision = decision }

    /// What holds for tasks of it that are run once more: all but what was said of its outputs.
    func asForReplay() -> Oversight {
        var same = self
        same.review = nil
        same.evidence = nil
        same.overrun = nil
        same.mayOverrun = false
        return same
    }

    /// What the campaign was bound to when it came.
    var obligations: Obligations { decision.obligations }

    /// Why nothing of it is started; `nil` if it may run.
    var wait: String? {
        if decision.verdict == .refused {
            return "the site's policy refuses it: \(decision.sentence(.blocked))"
        }
        if obligations.approval, !isApproved {
            return "\(Gate.approval.title): a second person has to approve it (`ergon approve`)"
        }
        guard isStopped, let overrun else { return nil }
        return "\(Gate.budget.title): \(overrun.reason); "
            + "a second person has to let it go on (`ergon approve`)"
    }

    /// Whether it waits because its budget is spent.
    var isStopped: Bool { overrun?.outcome == .blocked && !mayOverrun }

    /// Why its outputs are not handed out; `nil` if they are.
    var withheld: String? {
        if obligations.review, review != .approved {
            return review == nil
                ? "\(Gate.outputReview.title): "
                    + "a second person has to sign the outputs off first (`ergon approve`)"
                : "\(Gate.outputReview.title): the outputs were looked at, and are not released"
        }
        guard obligations.evidence != nil, evidence != .approved else { return nil }
        return "\(Gate.evidence.title): it has to be written and found good first "
            + "(`ergon audit evidence`)"
    }
}

extension CampaignState {
    /// Why nothing of it is started: a person holds it, or its policy does.
    var wait: String? { held ?? oversight?.wait }

    func admits(_ worker: WorkerFacts) -> Bool {
        oversight?.obligations.admit(worker.custody) ?? true
    }

    /// Of what it runs once more, what is done.
    var doneAgain: (stage: Stage, tasks: IntervalSet)? {
        guard let replay, let stage = Stage(name: replay.stage, in: campaign),
            let done = stages[stage]?.done
        else { return nil }
        return (stage, replay.all.intersection(done))
    }
}

extension Coordinator {
    /// Puts on record, once for each kind, which of the workers at hand a campaign may not be
    /// given to.
    mutating func notePlaces(
        of id: CampaignID, among workers: [WorkerID], _ now: Instant, _ effects: inout [Effect]
    ) {
        guard let oversight = campaigns[id]?.oversight, oversight.obligations.limitsPlaces
        else { return }
        let custodies = Set(workers.compactMap { self.workers[$0]?.facts.custody })
        for custody in custodies.subtracting(oversight.refusedPlaces).sorted()
        where !oversight.obligations.admit(custody) {
            let finding = GateFinding(
                gate: oversight.obligations.gate(against: custody), outcome: .blocked,
                reason: "workers: \(custody.text)")
            decide(
                oversight.decision, at: .placement, [finding], on: id, Self.itself,
                custody: custody, now, &effects)
        }
    }

    /// Takes in what is on record of a decision.
    mutating func apply(_ recorded: RecordedDecision) {
        guard let id = recorded.campaign else { return }
        switch recorded.decision.moment {
        case .submission: announced = recorded
        case .start: campaigns[id]?.oversight?.decision = recorded.decision
        case .placement:
            if let custody = recorded.custody {
                campaigns[id]?.oversight?.refusedPlaces.insert(custody)
            }
        case .running: campaigns[id]?.oversight?.overrun = recorded.decision.findings.first
        case .release, .close: break
        }
    }

    /// Takes in what is on record of somebody's answer.
    mutating func apply(_ approval: Approval) {
        switch approval.matter {
        case .start:
            campaigns[approval.campaign]?.oversight?.isApproved = approval.answer == .approved
        case .budget:
            campaigns[approval.campaign]?.oversight?.mayOverrun = approval.answer == .approved
        case .release: campaigns[approval.campaign]?.oversight?.review = approval.answer
        case .evidence: campaigns[approval.campaign]?.oversight?.evidence = approval.answer
        }
    }

    /// The decision that was put on record for a campaign that is accepted now.
    mutating func announcedDecision(for accepted: AcceptedCampaign) -> PolicyDecision? {
        defer { announced = nil }
        guard let announced, announced.campaign == accepted.id,
            announced.decision.manifest == accepted.manifest
        else { return nil }
        return announced.decision
    }
}

extension Obligations {
    /// The gate that keeps a campaign from such workers.
    fileprivate func gate(against custody: Custody) -> Gate {
        restrictedWorkers && !custody.isRestricted ? .personalData : .residency
    }
}
