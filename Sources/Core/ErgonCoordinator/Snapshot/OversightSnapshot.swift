import ErgonModel

// What policies and second persons have said, in a snapshot.

extension SnapshotWriter {
    mutating func write(_ oversight: Oversight) {
        write(oversight.decision)
        write(oversight.isApproved ? 1 : 0)
        write(oversight.review) { $0.write($1.rawValue) }
        write(oversight.refusedPlaces.sorted()) { $0.write($1) }
    }

    private mutating func write(_ decision: PolicyDecision) {
        write(decision.moment.rawValue)
        write(decision.policy)
        write(decision.manifest)
        write(decision.findings) { writer, finding in
            writer.write(finding.gate.rawValue)
            writer.write(finding.outcome.rawValue)
            writer.write(finding.reason)
        }
        let bound = decision.obligations
        for flag in [bound.approval, bound.restrictedWorkers, bound.review, bound.evidence] {
            write(flag ? 1 : 0)
        }
        write(bound.places) { writer, places in writer.write(places) { $0.write($1) } }
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
        let places = try list { reader throws(ReplayFault) in try reader.custody() }
        oversight.refusedPlaces = Set(places)
        return oversight
    }

    private mutating func decision() throws(ReplayFault) -> PolicyDecision {
        let moment: PolicyMoment = try word()
        let (policy, manifest) = (try digest(), try digest())
        let findings = try list { reader throws(ReplayFault) in
            GateFinding(
                gate: try reader.word(), outcome: try reader.word(), reason: try reader.text())
        }
        var bound = Obligations()
        bound.approval = try flag()
        bound.restrictedWorkers = try flag()
        bound.review = try flag()
        bound.evidence = try flag()
        bound.places = try optional { reader throws(ReplayFault) in
            try reader.list { reader throws(ReplayFault) in try reader.text() }
        }
        return PolicyDecision(
            moment: moment, policy: policy, manifest: manifest, findings: findings,
            obligations: bound)
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
