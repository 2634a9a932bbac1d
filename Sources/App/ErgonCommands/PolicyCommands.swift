import ArgumentParser
import ErgonCoordinatorService
import ErgonManifest
import ErgonModel
import ErgonPolicy
import FoundationEssentials

struct PolicyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Says what a site's policy asks of campaigns.",
        subcommands: [PolicyCheckCommand.self])
}

struct PolicyCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Judges a manifest by a policy before anybody submits it.",
        discussion: """
            Prints what a coordinator with that policy would decide, gate by gate, and why. \
            Without a manifest the policy itself is checked. Exit status 1 if the campaign would \
            be refused.
            """)

    @Argument(help: "The policy, YAML (docs/POLICY.md).", completion: .file())
    var policy: String
    @Argument(help: "The campaign, YAML.", completion: .file())
    var manifest: String?
    @Option(
        help: "A folder in which files are looked for beside the manifest's.",
        completion: .directory)
    var inputs: [String] = []
    @OptionGroup var output: FormatOption

    func run() async throws {
        try await reporting {
            let loaded = try loadPolicy(policy)
            guard let manifest else {
                return output.print(
                    "\(policy): no errors", json: ["policy": .string(loaded.policy.name)])
            }
            let local = try await loadCampaign(manifest, inputs: inputs)
            let decision = loaded.policy.decideSubmission(
                try subject(local), policy: loaded.digest, manifest: local.digest)
            output.print(text(decision), json: json(decision))
            if decision.verdict == .refused { throw Exit.no }
        }
    }

    private func subject(_ local: LocalCampaign) throws -> PolicyCase {
        var cards: [String: ModelCard] = [:]
        for model in local.campaign.governance.models {
            guard let card = model.card, let path = local.paths[card.digest] else { continue }
            cards[model.name] = readModelCard(try contents(of: path, "the card"))
        }
        return PolicyCase(campaign: local.campaign, cards: cards)
    }

    private func text(_ decision: PolicyDecision) -> String {
        let verdict =
            switch decision.verdict {
            case .allowed: "it would run"
            case .held: "it would wait for a second person's approval"
            case .refused: "it would be refused"
            }
        let lines = decision.findings.map { finding in
            "\(finding.gate.title): \(finding.outcome.rawValue)"
                + (finding.reason.isEmpty ? "" : ": \(finding.reason) (\(finding.gate.remedy))")
        }
        return (lines + bonds(decision.obligations) + [verdict]).joined(separator: "\n")
    }

    /// What it would be bound to from then on, for people.
    private func bonds(_ obligations: Obligations) -> [String] {
        var lines: [String] = []
        if let places = obligations.places {
            lines.append("only workers in \(places.joined(separator: ", ")) would be given tasks")
        }
        if obligations.restrictedWorkers {
            lines.append("only restricted workers would be given tasks")
        }
        if obligations.review {
            lines.append("its outputs would wait for a second person's sign-off")
        }
        return lines
    }

    private func json(_ decision: PolicyDecision) -> [String: JSON] {
        [
            "policy": .string(decision.policy.hex), "manifest": .string(decision.manifest.hex),
            "verdict": .string(decision.verdict.rawValue),
            "gates": .array(
                decision.findings.map { finding in
                    .object([
                        "gate": .string(finding.gate.rawValue),
                        "outcome": .string(finding.outcome.rawValue),
                        "reason": .string(finding.reason),
                    ])
                }),
        ]
    }
}

/// Reads a policy that can work.
func loadPolicy(_ path: String) throws -> LoadedPolicy {
    let text = try contents(of: path, "the policy")
    let policy = try parsePolicy(String(decoding: text, as: UTF8.self), file: path)
    if let problem = policy.problems.first {
        throw CommandFault(
            place: path, problem: problem, remedy: "correct `allow` of the gate `licence`")
    }
    return LoadedPolicy(policy: policy, text: text)
}
