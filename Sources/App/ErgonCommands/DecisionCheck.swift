import ErgonManifest
import ErgonModel
import ErgonPolicy
import ErgonStorage
import ErgonWire

/// Asks policies again, by their texts, what they had been asked when campaigns came and began.
/// Another version of the program may know other licences: only decisions of this one are judged.
struct DecisionCheck {
    let content: String
    private var isOurs = false
    /// What campaigns were bound to when they came.
    private var bound: [CampaignID: Obligations] = [:]

    init(content: String) { self.content = content }

    /// - Returns: what speaks against a decision on record; `nil` if nothing does, or if the
    ///   policy, the manifest or a card is not at hand.
    mutating func problem(of record: Record) -> String? {
        if case .coordinatorStarted(_, let version) = record.event {
            isOurs = version == ergonVersion
        }
        guard case .policyDecided(let recorded) = record.event else { return nil }
        let earlier = recorded.campaign.flatMap { bound[$0] }
        if recorded.decision.moment == .submission, let id = recorded.campaign {
            bound[id] = recorded.decision.obligations
        }
        guard isOurs, var said = derived(recorded.decision) else { return nil }
        if recorded.decision.moment == .start, let earlier {
            said.obligations = said.obligations.joined(with: earlier)
        }
        let (was, found) = (outcomes(recorded.decision), outcomes(said))
        if was != found {
            let gates = Set(was.map(\.key)).union(found.map(\.key)).sorted()
            let wrong = gates.filter { was[$0] != found[$0] }.map(\.title)
            return "the policy in force does not say that of \(wrong.joined(separator: ", "))"
        }
        return said.obligations == recorded.decision.obligations
            ? nil : "the policy in force binds the campaign to something else"
    }

    private func outcomes(_ decision: PolicyDecision) -> [Gate: GateFinding.Outcome] {
        Dictionary(decision.findings.map { ($0.gate, $0.outcome) }) { first, _ in first }
    }

    /// What follows from the policy, the manifest and the cards.
    private func derived(_ decision: PolicyDecision) -> PolicyDecision? {
        let store = ContentStore(reading: content)
        guard decision.moment == .submission || decision.moment == .start,
            let text = try? store.read(decision.policy),
            let policy = try? parsePolicy(String(decoding: text, as: UTF8.self), file: "policy"),
            let campaign = storedCampaign(decision.manifest, in: content)
        else { return nil }
        var cards: [String: ModelCard] = [:]
        for model in campaign.governance.models {
            guard let card = model.card else { continue }
            guard let bytes = try? store.read(card.digest) else { return nil }
            cards[model.name] = readModelCard(bytes)
        }
        let subject = PolicyCase(campaign: campaign, cards: cards)
        return decision.moment == .start
            ? policy.decideStart(subject, policy: decision.policy, manifest: decision.manifest)
            : policy.decideSubmission(
                subject, policy: decision.policy, manifest: decision.manifest)
    }
}
