import ErgonModel
import ErgonPolicy
import Testing

/// One campaign that passes all gates, and for each gate a change after which it does not.
@Suite struct `A gate` {
    struct Case: CustomTestStringConvertible, Sendable {
        var gate: Gate
        var flaw: String
        var reason: String
        var change: @Sendable (inout PolicyCase) -> Void

        var testDescription: String { "\(gate.rawValue): \(flaw)" }

        init(
            _ gate: Gate, _ flaw: String, _ reason: String,
            _ change: @escaping @Sendable (inout PolicyCase) -> Void
        ) {
            self.gate = gate
            self.flaw = flaw
            self.reason = reason
            self.change = change
        }
    }

    static let cases = [
        Case(.purpose, "no purpose", "the manifest has no `purpose`") {
            $0.campaign.governance.purpose = nil
        },
        Case(.purpose, "a short one", "the purpose has 4 characters; 20 are asked for") {
            $0.campaign.governance.purpose?.text = "Test"
        },
        Case(.purpose, "no code", "the purpose has no code; there are research") {
            $0.campaign.governance.purpose?.code = nil
        },
        Case(
            .purpose, "a code that is not allowed",
            "purposes of code `military` are not allowed; there are research"
        ) { $0.campaign.governance.purpose?.code = "military" },
        Case(.risk, "no risk", "the manifest has no `risk`") { $0.campaign.governance.risk = nil },
        Case(.risk, "one that is not taken", "risk `high` is not taken here, but minimal") {
            $0.campaign.governance.risk = .high
        },
        Case(.approval, "high risk", "risk `high` needs a second person's approval") {
            $0.campaign.governance.risk = .high
        },
        Case(
            .approval, "no risk at all",
            "a campaign without `risk` needs a second person's approval"
        ) { $0.campaign.governance.risk = nil },
        Case(.modelCard, "no card", "model `tagger` has no card") {
            $0.campaign.governance.models[0].card = nil
        },
        Case(.modelCard, "an unreadable card", "the card of model `tagger` cannot be read") {
            $0.cards = [:]
        },
        Case(
            .modelCard, "a card that lacks something",
            "the card of model `tagger` lacks limitations, metrics"
        ) { $0.cards["tagger"]?.fields.subtract([.limitations, .metrics]) },
        Case(
            .modelCard, "the card of another model",
            "the card of model `tagger` is of another file, \(digest("other"))"
        ) { $0.cards["tagger"]?.model = digest("other") },
        Case(
            .modelCard, "a card without a digest",
            "the card of model `tagger` does not name its `sha256`"
        ) { $0.cards["tagger"]?.model = nil },
        Case(.licence, "none", "input `jets` has no licence") {
            $0.campaign.inputs[0].licence = nil
        },
        Case(
            .licence, "one that SPDX does not know",
            "the licence of input `jets` names `Free`, which SPDX does not know"
        ) { $0.campaign.inputs[0].licence = "Free" },
        Case(
            .licence, "one that is not allowed",
            "the licence of model `tagger` is not allowed here: GPL-3.0-only"
        ) { $0.campaign.governance.models[0].licence = "GPL-3.0-only" },
        Case(
            .dataset, "half a description", "input `jets` has no `classification`, `owner`"
        ) {
            $0.campaign.inputs[0].stewardship.classification = nil
            $0.campaign.inputs[0].stewardship.owner = nil
        },
        Case(.residency, "an unknown region", "the policy knows no region `Europe`") {
            $0.campaign.inputs[0].stewardship.residency = ["Europe"]
        },
        Case(.residency, "no common place", "no place may process all inputs together") {
            $0.campaign.inputs[0].stewardship.residency = ["CH"]
            $0.campaign.inputs[1].stewardship.residency = ["FR"]
        },
        Case(
            .pinnedSoftware, "a program of the worker's",
            "step `tag` runs `root`, which is whatever a worker has"
        ) { $0.campaign.steps[0].run[0] = Template(parts: [.text("root")]) },
        Case(
            .pinnedSoftware, "packages that nothing pins",
            "step `tag` runs `python3`, whose packages nothing pins"
        ) { $0.campaign.environment.python = nil },
        Case(
            .seed, "none", "the manifest has no `seed` other than 0, and steps draw from it"
        ) { $0.campaign.seed = 0 },
        Case(
            .seed, "one that the program is not given",
            "step `tag` is split by seeds, and its program is given none"
        ) {
            $0.campaign.steps[0].split = .seeds(total: 10, perTask: 1, eventsPerSeed: 1)
            $0.campaign.steps[0].run.removeLast()
        },
        Case(.determinism, "nothing said", "step `tag` does not say how alike two runs are") {
            $0.campaign.steps[0].determinism = nil
        },
        Case(
            .retention, "none", "the manifest has no `retention`; 30 d are asked for"
        ) { $0.campaign.governance.retention = nil },
        Case(
            .retention, "too short a one", "`retention` is 29 d, and 30 d are asked for"
        ) { $0.campaign.governance.retention = .seconds(29 * 86_400) },
        Case(
            .personalData, "nothing said",
            "the manifest has no `personal-data`; `none` if there are none"
        ) { $0.campaign.governance.personalData = nil },
        Case(
            .personalData, "a contradiction",
            "input `jets` is personal, but `personal-data` is `none`"
        ) { $0.campaign.inputs[0].stewardship.classification = .personal },
        Case(
            .personalData, "no basis",
            "personal data without a lawful `basis`; personal data without an `assessment`"
        ) { $0.campaign.governance.personalData = .processed(basis: nil, assessment: nil) },
        Case(.budget, "none", "the manifest has no `budget`") { $0.campaign.goals.budget = nil },
    ]

    @Test func `lets pass what has everything, whichever gates are on`() throws {
        let decision = policy(.block).decideSubmission(
            soundCase(), policy: digest("policy"), manifest: digest("manifest"))
        #expect(decision.verdict == .allowed)
        #expect(decision.findings.allSatisfy { $0.outcome == .passed && $0.reason.isEmpty })
        #expect(
            Set(decision.findings.map(\.gate))
                == Set(Gate.allCases).subtracting([.outputReview, .evidence]))
        #expect(decision.obligations.places == ["CH", "FR"] && decision.obligations.evidence == 0)
        #expect(!decision.obligations.approval && !decision.obligations.review)
    }

    @Test(arguments: cases)
    func `stops what lacks something, and says what`(flaw: Case) throws {
        var subject = soundCase()
        flaw.change(&subject)
        let found = try #require(finding(flaw.gate, policy(.block), subject))
        #expect(found.reason == flaw.reason)
        #expect(found.outcome == (flaw.gate == .approval ? .awaits : .blocked))
    }

    @Test(arguments: cases)
    func `that warns stops nothing, and is silent when it is off`(flaw: Case) throws {
        var subject = soundCase()
        flaw.change(&subject)
        let found = try #require(finding(flaw.gate, policy(.warn), subject))
        #expect(found.outcome == .warned && found.reason == flaw.reason)
        #expect(finding(flaw.gate, policy(.off), subject) == nil)
        let decision = policy(.warn).decideSubmission(
            subject, policy: digest("policy"), manifest: digest("manifest"))
        #expect(decision.verdict == .allowed && decision.obligations == Obligations())
    }

    @Test func `has one passing and at least one failing case each`() {
        let bound: Set<Gate> = [.outputReview, .evidence]
        #expect(Set(Self.cases.map(\.gate)) == Set(Gate.allCases).subtracting(bound))
    }

    private func finding(
        _ gate: Gate, _ policy: SitePolicy, _ subject: PolicyCase
    ) -> GateFinding? {
        policy.decideSubmission(subject, policy: digest("policy"), manifest: digest("manifest"))
            .findings.first { $0.gate == gate }
    }
}
