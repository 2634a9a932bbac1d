import ErgonModel

// What a campaign is for, how much may go wrong, and who has to agree: G1, G2, G3, G11.

extension SitePolicy {
    func purposeReasons(_ purpose: Purpose?) -> [String] {
        guard let purpose else { return ["the manifest has no `purpose`"] }
        var reasons: [String] = []
        if purpose.text.count < rules.purposeLength {
            reasons.append(
                "the purpose has \(purpose.text.count) characters; "
                    + "\(rules.purposeLength) are asked for")
        }
        guard !rules.purposes.isEmpty else { return reasons }
        let codes = rules.purposes.joined(separator: ", ")
        switch purpose.code {
        case nil: reasons.append("the purpose has no code; there are \(codes)")
        case let code? where !rules.purposes.contains(code):
            reasons.append("purposes of code `\(code)` are not allowed; there are \(codes)")
        case .some: break
        }
        return reasons
    }

    func riskReasons(_ risk: RiskClass?) -> [String] {
        guard let risk else { return ["the manifest has no `risk`"] }
        if rules.risks.isEmpty || rules.risks.contains(risk) { return [] }
        let taken = rules.risks.map(\.rawValue).joined(separator: ", ")
        return ["risk `\(risk.rawValue)` is not taken here, but \(taken)"]
    }

    /// A campaign that does not say how much may go wrong is taken for one that must be looked at,
    /// unless nothing is.
    func approvalReasons(_ risk: RiskClass?) -> [String] {
        guard !rules.approvalRisks.isEmpty else { return [] }
        guard let risk else {
            return ["a campaign without `risk` needs a second person's approval"]
        }
        guard rules.approvalRisks.contains(risk) else { return [] }
        return ["risk `\(risk.rawValue)` needs a second person's approval"]
    }

    func retentionReasons(_ governance: Governance) -> [String] {
        let asked: Microseconds?
        if let risk = governance.risk {
            asked = rules.retention[risk]
        } else {
            asked = rules.retention.values.max()
        }
        guard let asked else { return [] }
        guard let kept = governance.retention else {
            return ["the manifest has no `retention`; \(days(asked)) are asked for"]
        }
        if kept >= asked { return [] }
        return ["`retention` is \(days(kept)), and \(days(asked)) are asked for"]
    }

    private func days(_ time: Microseconds) -> String {
        let (days, rest) = time.count.quotientAndRemainder(dividingBy: 86_400_000_000)
        return rest == 0 ? "\(days) d" : "\(days) d and a part"
    }
}
