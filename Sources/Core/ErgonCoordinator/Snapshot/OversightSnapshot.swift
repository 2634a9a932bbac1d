import ErgonModel

// What policies and second persons have said, in a snapshot.

extension SnapshotWriter {
    mutating func write(_ oversight: Oversight) {
        write(oversight.decision)
        write(oversight.isApproved ? 1 : 0)
        write(oversight.review) { $0.write($1.rawValue) }
        write(oversight.evidence) { $0.write($1.rawValue) }
        write(oversight.overrun) { $0.write($1) }
        write(oversight.mayOverrun ? 1 : 0)
        write(oversight.refusedPlaces.sorted()) { $0.write($1) }
    }

    private mutating func write(_ decision: PolicyDecision) {
        write(decision.moment.rawValue)
        write(decision.policy)
        write(decision.manifest)
        write(decision.findings) { $0.write($1) }
        let bound = decision.obligations
        for flag in [bound.approval, bound.restrictedWorkers, bound.review, bound.budget] {
            write(flag ? 1 : 0)
        }
        write(bound.evidence) { $0.write($1) }
        write(bound.places) { writer, places in writer.write(places) { $0.write($1) } }
    }

    private mutating func write(_ finding: GateFinding) {
        write(finding.gate.rawValue)
        write(finding.outcome.rawValue)
        write(finding.reason)
    }

    mutating func write(_ custody: Custody) {
        write(custody.jurisdiction) { $0.write($1) }
        write(custody.isRestricted ? 1 : 0)
    }
}

extension SnapshotReader {
    mutating func oversight() throws(ReplayFault) -> Oversight {
        var oversight = Oversight(decision: try decision())
        oversight.isApproved = try flag()
        oversight.review = try optional { reader throws(ReplayFault) in try reader.word() }
        oversight.evidence = try optional { reader throws(ReplayFault) in try reader.word() }
        oversight.overrun = try optional { reader throws(ReplayFault) in try reader.finding() }
        oversight.mayOverrun = try flag()
        let places = try list { reader throws(ReplayFault) in try reader.custody() }
        oversight.refusedPlaces = Set(places)
        return oversight
    }

    private mutating func decision() throws(ReplayFault) -> PolicyDecision {
        let moment: PolicyMoment = try word()
        let (policy, manifest) = (try digest(), try digest())
        let findings = try list { reader throws(ReplayFault) in try reader.finding() }
        var bound = Obligations()
        bound.approval = try flag()
        bound.restrictedWorkers = try flag()
        bound.review = try flag()
        bound.budget = try flag()
        bound.evidence = try optional { reader throws(ReplayFault) in try reader.count() }
        bound.places = try optional { reader throws(ReplayFault) in
            try reader.list { reader throws(ReplayFault) in try reader.text() }
        }
        return PolicyDecision(
            moment: moment, policy: policy, manifest: manifest, findings: findings,
            obligations: bound)
    }

    private mutating func finding() throws(ReplayFault) -> GateFinding {
        GateFinding(gate: try word(), outcome: try word(), reason: try text())
    }

    mutating func custody() throws(ReplayFault) -> Custody {
        Custody(
            jurisdiction: try optional { reader throws(ReplayFault) in try reader.text() },
            isRestricted: try flag())
    }

    private mutating func flag() throws(ReplayFault) -> Bool { try count(1) == 1 }

    private mutating func word<Word: RawRepresentable<String>>() throws(ReplayFault) -> Word {
        guard let word = Word(rawValue: try text()) else { throw refuse() }
        return word
    }
}
