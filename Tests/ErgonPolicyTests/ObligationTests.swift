import ErgonModel
import ErgonPolicy
import Testing

@Suite struct `What a decision binds the coordinator to` {
    @Test func `is approval before anything starts, and nothing more once it is there`() {
        var subject = soundCase()
        subject.campaign.governance.risk = .high
        var policy = policy(.block)
        policy.rules.risks = []
        let submitted = policy.decideSubmission(
            subject, policy: digest("policy"), manifest: digest("manifest"))
        #expect(submitted.verdict == .held && submitted.obligations.approval)
        let started = policy.decideStart(
            subject, policy: digest("policy"), manifest: digest("manifest"))
        #expect(started.verdict == .allowed && started.moment == .start)
        #expect(!started.findings.contains { $0.gate == .purpose || $0.gate == .risk })
    }

    @Test(arguments: [
        (RiskClass.high, true), (.minimal, false), (.limited, false), (.researchExempt, false),
    ])
    func `is a review of the outputs where the risk asks for it`(risk: RiskClass, isAsked: Bool) {
        var subject = soundCase()
        subject.campaign.governance.risk = risk
        #expect(obligations(subject).review == isAsked)
    }

    @Test(
        arguments: [
            ("CH", true, true), ("FR", false, true), ("DE", false, false), (nil, true, false),
        ] as [(String?, Bool, Bool)])
    func `is to keep data where they may be`(country: String?, isRestricted: Bool, may: Bool) {
        let custody = Custody(jurisdiction: country, isRestricted: isRestricted)
        #expect(obligations(soundCase()).admit(custody) == may)
    }

    @Test func `is to keep personal data with restricted workers`() {
        var subject = soundCase()
        subject.campaign.governance.personalData = .processed(
            basis: .publicTask, assessment: "DPIA 7")
        let obligations = obligations(subject)
        #expect(!obligations.admit(Custody(jurisdiction: "CH")))
        #expect(obligations.admit(Custody(jurisdiction: "CH", isRestricted: true)))
    }

    @Test func `names for regions stand for the countries in them`() {
        var subject = soundCase()
        subject.campaign.inputs[0].stewardship.residency = ["EU"]
        subject.campaign.inputs[1].stewardship.residency = []
        #expect(obligations(subject).places == ["DE", "FR"])
    }

    private func obligations(_ subject: PolicyCase) -> Obligations {
        policy(.block).decideSubmission(
            subject, policy: digest("policy"), manifest: digest("manifest")
        ).obligations
    }
}

@Suite struct `A policy that cannot work` {
    @Test(arguments: [
        ("mit", "`mit`: write one identifier of the SPDX list, as it stands there"),
        ("MIT OR CC0-1.0", "`MIT OR CC0-1.0`: write one identifier of the SPDX list"),
        ("GPL-3.0", "a licence names `GPL-3.0`, which SPDX has deprecated"),
    ])
    func `is told apart by its licences`(licence: String, problem: String) {
        var policy = policy(.block)
        policy.rules.licences = ["MIT", licence]
        #expect(policy.problems.count == 1 && policy.problems[0].hasPrefix(problem))
    }
}
