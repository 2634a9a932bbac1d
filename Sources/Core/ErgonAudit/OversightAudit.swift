import ErgonModel

/// What policy decided on one campaign and who answered, and whether what ran had leave to.
struct OversightAudit {
    private var submitter: String
    private let manifest: Digest
    private var decision: PolicyDecision
    private var isApproved = false
    private var isReviewed = false
    /// Its budget was found to be spent, and what a second person said then.
    private var isSpent = false
    private var mayOverrun = false

    init(_ decision: PolicyDecision, of accepted: AcceptedCampaign) {
        self.decision = decision
        submitter = accepted.by
        manifest = accepted.manifest
    }

    /// What holds for tasks of it that are run once more.
    func asForReplay(by submitter: String) -> OversightAudit {
        var same = self
        same.submitter = submitter
        same.isReviewed = false
        same.isSpent = false
        same.mayOverrun = false
        return same
    }

    private var obligations: Obligations { decision.obligations }

    /// - Parameter isOver: whether the attempts on record have drawn more than its budget.
    mutating func add(_ recorded: RecordedDecision, isOver: Bool, isSealed: Bool) -> [String] {
        var problems: [String] = []
        let next = recorded.decision
        if next.manifest != manifest { problems.append("a decision on another manifest") }
        switch next.moment {
        case .submission: problems.append("judged for its submission when it had been accepted")
        case .start:
            if next.obligations != next.obligations.joined(with: obligations) {
                problems.append("its start was judged to bind it to less than before")
            }
            decision = next
        case .placement:
            guard let custody = recorded.custody else {
                return problems + ["a decision on placement that names no workers"]
            }
            if obligations.admit(custody) { problems.append("workers refused without a reason") }
        case .running: problems += addRunning(next.findings, isOver: isOver)
        case .release, .close:
            if !isSealed { problems.append("its end was judged before the seal") }
        }
        return problems
    }

    private mutating func addRunning(_ findings: [GateFinding], isOver: Bool) -> [String] {
        guard findings.contains(where: { $0.outcome == .blocked }) else { return [] }
        isSpent = true
        if !obligations.budget { return ["stopped for a budget that binds nobody"] }
        return isOver ? [] : ["stopped for its budget before that was spent"]
    }

    /// What speaks against its end.
    func problemsAtSeal(isOver: Bool) -> [String] {
        obligations.budget && isOver && !isSpent
            ? ["its budget was spent, and no decision says so"] : []
    }

    /// - Parameter again: how many of its tasks have been run once more.
    mutating func add(_ approval: Approval, isSealed: Bool, again: Int) -> [String] {
        var problems: [String] = []
        if approval.manifest != manifest { problems.append("an approval of another manifest") }
        if person(of: approval.by) == person(of: submitter) {
            problems.append("approved by whoever submitted it")
        }
        if approval.matter != .evidence, !approval.by.hasPrefix("spiffe://ergon/approver/") {
            problems.append("approved by somebody who is no approver")
        }
        switch approval.matter {
        case .start:
            if !obligations.approval || isApproved { problems.append("an approval unasked for") }
            if isSealed { problems.append("its start was approved after the seal") }
            isApproved = approval.answer == .approved
        case .budget:
            if !isSpent || mayOverrun {
                problems.append("let go on beyond its budget without need")
            }
            if isSealed { problems.append("let go on after the seal") }
            mayOverrun = approval.answer == .approved
        case .evidence:
            if !isSealed { problems.append("its evidence was judged before the seal") }
            if approval.answer == .approved, again < obligations.evidence ?? 0 {
                problems.append("its evidence was found good without its sample")
            }
        case .release:
            if !obligations.review || isReviewed { problems.append("a review unasked for") }
            if !isSealed { problems.append("its outputs were reviewed before the seal") }
            isReviewed = true
        }
        return problems
    }

    /// What was signed off may become something else.
    mutating func reopen() { isReviewed = false }

    /// What speaks against attempts by a worker that has said these things of its custody.
    func problems(ofWorkIn custodies: Set<Custody>) -> [String] {
        var problems: [String] = []
        if decision.verdict == .refused { problems.append("ran though its policy refused it") }
        if obligations.approval, !isApproved { problems.append("ran before it was approved") }
        if !custodies.contains(where: obligations.admit) {
            problems.append("ran where its policy forbids it")
        }
        return problems
    }
}

extension CampaignAudit {
    mutating func add(_ recorded: RecordedDecision, _ findings: inout Findings) {
        guard oversight != nil else { return report("a decision without a policy", &findings) }
        let (isOver, isSealed) = (isOverBudget, sealed != nil)
        let problems = oversight?.add(recorded, isOver: isOver, isSealed: isSealed) ?? []
        for problem in problems { report(problem, &findings) }
    }

    mutating func add(_ approval: Approval, again: Int, _ findings: inout Findings) {
        guard oversight != nil else { return report("an approval unasked for", &findings) }
        let isSealed = sealed != nil
        for problem in oversight?.add(approval, isSealed: isSealed, again: again) ?? [] {
            report(problem, &findings)
        }
    }

    var isOverBudget: Bool { campaign.goals.budget?.energy.map { $0 < account.drawn } ?? false }

    /// Of what it runs once more, what is done.
    var doneAgain: (stage: Stage, tasks: IntervalSet)? {
        guard let replay = accepted.replay, let stage = Stage(name: replay.stage, in: campaign),
            let done = stages[stage]?.done
        else { return nil }
        return (stage, replay.all.intersection(done))
    }

    /// A task that its coordinator gave up for lost may not have run at all.
    func checkLeave(
        _ batch: ResultBatch, _ custodies: Set<Custody>, _ findings: inout Findings
    ) {
        guard batch.report != nil else { return }
        for problem in oversight?.problems(ofWorkIn: custodies) ?? [] {
            report("\(batch.stage) by worker \(batch.worker) \(problem)", &findings)
        }
    }
}

/// Decisions before the campaigns that they are about.
struct PolicyAudit {
    private var policy: Digest?
    private var announced: RecordedDecision?

    mutating func put(_ policy: Digest?) -> [String] {
        defer { self.policy = policy }
        return policy == self.policy ? ["the policy in force was named twice"] : []
    }

    /// A submission and a start are judged by the policy in force; what follows from them later, by
    /// the one that they were judged by.
    mutating func add(_ recorded: RecordedDecision) -> [String] {
        var problems: [String] = []
        let isJudgedNow = [.submission, .start].contains(recorded.decision.moment)
        if isJudgedNow, recorded.decision.policy != policy {
            problems.append("a decision by a policy that is not in force")
        }
        guard recorded.decision.moment == .submission else { return problems }
        announced = recorded
        let isRefused = recorded.decision.verdict == .refused
        if isRefused != (recorded.campaign == nil) {
            problems.append(
                isRefused ? "a refused submission with a number" : "a submission without a number")
        }
        return problems
    }

    /// The decision under which a campaign was taken.
    mutating func decision(
        for accepted: AcceptedCampaign, _ findings: inout Findings
    ) -> PolicyDecision? {
        defer { announced = nil }
        guard policy != nil else { return nil }
        guard let announced, announced.campaign == accepted.id,
            announced.decision.manifest == accepted.manifest, announced.by == accepted.by
        else {
            findings.add("campaign \(accepted.id) was taken without a decision of the policy")
            return nil
        }
        return announced.decision
    }
}
