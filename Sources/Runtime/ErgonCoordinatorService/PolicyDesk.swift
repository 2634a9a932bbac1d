import ErgonManifest
package import ErgonModel
import ErgonPolicy
import ErgonProvenance
import ErgonStorage

/// A site's policy and its text, which is kept by digest.
package struct LoadedPolicy: Sendable {
    package let policy: SitePolicy
    package let text: [UInt8]

    package init(policy: SitePolicy, text: [UInt8]) {
        self.policy = policy
        self.text = text
    }

    package var digest: Digest { Digest(of: text) }
}

/// Asks the policy in force, with what the content store knows.
struct PolicyDesk: Sendable {
    let loaded: LoadedPolicy
    let store: ContentStore

    func decideSubmission(_ campaign: Campaign, manifest: Digest) -> PolicyDecision {
        loaded.policy.decideSubmission(
            subject(campaign), policy: loaded.digest, manifest: manifest)
    }

    func decideStart(_ campaign: Campaign, manifest: Digest) -> PolicyDecision {
        loaded.policy.decideStart(subject(campaign), policy: loaded.digest, manifest: manifest)
    }

    /// A card that cannot be read is as good as none: the gate says so.
    private func subject(_ campaign: Campaign) -> PolicyCase {
        var cards: [String: ModelCard] = [:]
        for model in campaign.governance.models {
            guard let card = model.card, let bytes = try? store.read(card.digest) else { continue }
            cards[model.name] = readModelCard(bytes)
        }
        return PolicyCase(campaign: campaign, cards: cards)
    }
}
