import ErgonModel

func members(of recorded: RecordedDecision) -> [String: JSON] {
    let decision = recorded.decision
    var members: [String: JSON] = [
        "moment": .string(decision.moment.rawValue), "policy": .string(decision.policy.hex),
        "manifest": .string(decision.manifest.hex), "verdict": .string(decision.verdict.rawValue),
        "gates": .array(decision.findings.map(json)), "actor": .string(recorded.by),
        "obligations": json(decision.obligations),
    ]
    members["campaign"] = recorded.campaign.map { exact($0.number) }
    members["custody"] = recorded.custody.map(json)
    return members
}

func members(of approval: Approval) -> [String: JSON] {
    var members = members(approval.campaign, by: approval.by)
    members["manifest"] = .string(approval.manifest.hex)
    members["matter"] = .string(approval.matter.rawValue)
    members["answer"] = .string(approval.answer.rawValue)
    if !approval.comment.isEmpty { members["comment"] = .string(approval.comment) }
    return members
}

private func json(_ finding: GateFinding) -> JSON {
    var members: [String: JSON] = [
        "gate": .string(finding.gate.rawValue), "outcome": .string(finding.outcome.rawValue),
    ]
    if !finding.reason.isEmpty { members["reason"] = .string(finding.reason) }
    return .object(members)
}

/// Only what binds.
private func json(_ obligations: Obligations) -> JSON {
    var members: [String: JSON] = [:]
    if obligations.approval { members["approval"] = .bool(true) }
    members["places"] = obligations.places.map { .array($0.map(JSON.string)) }
    if obligations.restrictedWorkers { members["restrictedWorkers"] = .bool(true) }
    if obligations.review { members["review"] = .bool(true) }
    if obligations.budget { members["budget"] = .bool(true) }
    members["evidence"] = obligations.evidence.map(exact)
    return .object(members)
}

/// As a worker's facts and a decision on placement have it.
func json(_ custody: Custody) -> JSON {
    var members: [String: JSON] = [:]
    members["jurisdiction"] = custody.jurisdiction.map(JSON.string)
    if custody.isRestricted { members["restricted"] = .bool(true) }
    return .object(members)
}

extension Fields {
    /// The inverse of `members(of:)` for decisions.
    mutating func decision() throws(RecordFault) -> RecordedDecision {
        var findings: [GateFinding] = []
        for item in try array("gates") {
            var fields = try Fields(item, "gates")
            findings.append(
                GateFinding(
                    gate: try fields.word("gate"), outcome: try fields.word("outcome"),
                    reason: try fields.text("reason")))
            try fields.finish()
        }
        let decision = PolicyDecision(
            moment: try word("moment"), policy: try digest("policy"),
            manifest: try digest("manifest"), findings: findings, obligations: try obligations())
        let verdict: PolicyDecision.Verdict = try word("verdict")
        guard verdict == decision.verdict else { throw .malformed("verdict") }
        let campaign = try optional("campaign").map { value throws(RecordFault) in
            CampaignID(try ErgonProvenance.count(value, "campaign"))
        }
        let custody = try optional("custody").map { value throws(RecordFault) in
            try ErgonProvenance.custody(value)
        }
        return RecordedDecision(
            decision: decision, campaign: campaign, by: try string("actor"), custody: custody)
    }

    /// The inverse of `members(of:)` for approvals.
    mutating func approval() throws(RecordFault) -> Approval {
        Approval(
            campaign: try campaign(), manifest: try digest("manifest"),
            matter: try word("matter"), answer: try word("answer"),
            comment: try text("comment"), by: try string("actor"))
    }

    private mutating func obligations() throws(RecordFault) -> Obligations {
        var fields = try Fields(try value("obligations"), "obligations")
        var obligations = Obligations()
        obligations.approval = try fields.flag("approval")
        obligations.restrictedWorkers = try fields.flag("restrictedWorkers")
        obligations.review = try fields.flag("review")
        obligations.budget = try fields.flag("budget")
        obligations.evidence = try fields.optional("evidence").map { value throws(RecordFault) in
            try ErgonProvenance.count(value, "evidence")
        }
        if let value = fields.optional("places") {
            guard let places = value.array else { throw .malformed("places") }
            obligations.places = try places.map { place throws(RecordFault) in
                guard let text = place.string else { throw RecordFault.malformed("places") }
                return text
            }
        }
        try fields.finish()
        return obligations
    }

    /// Empty if it is absent.
    private mutating func text(_ key: String) throws(RecordFault) -> String {
        guard let value = optional(key) else { return "" }
        guard let text = value.string else { throw .malformed(key) }
        return text
    }

    /// False if it is absent; `true` is the only value that stands on record.
    fileprivate mutating func flag(_ key: String) throws(RecordFault) -> Bool {
        guard let value = optional(key) else { return false }
        guard value.bool == true else { throw .malformed(key) }
        return true
    }
}

/// The inverse of `json(_:)` for custodies.
func custody(_ value: JSON) throws(RecordFault) -> Custody {
    var fields = try Fields(value, "custody")
    let jurisdiction = try fields.optional("jurisdiction").map { value throws(RecordFault) in
        guard let text = value.string else { throw RecordFault.malformed("jurisdiction") }
        return text
    }
    let custody = Custody(jurisdiction: jurisdiction, isRestricted: try fields.flag("restricted"))
    try fields.finish()
    return custody
}

// MARK: Fitting

func fitted(_ recorded: RecordedDecision) -> RecordedDecision {
    var recorded = recorded
    recorded.by = shortened(recorded.by)
    for index in recorded.decision.findings.indices {
        recorded.decision.findings[index].reason = shortened(
            recorded.decision.findings[index].reason)
    }
    recorded.custody = recorded.custody.map { custody in
        Custody(
            jurisdiction: custody.jurisdiction.map { shortened($0) },
            isRestricted: custody.isRestricted)
    }
    return recorded
}

func fitted(_ approval: Approval) -> Approval {
    var approval = approval
    approval.by = shortened(approval.by)
    approval.comment = shortened(approval.comment)
    return approval
}
