extension Gate {
    /// What whoever does not pass can do about it, for people.
    package var remedy: String {
        switch self {
        case .purpose: "say what it is for, by a code that the policy lists"
        case .risk: "declare a class of `risk` that is taken here"
        case .approval: "another person answers by `ergon approve`"
        case .modelCard: "complete the card that `models` names"
        case .licence: "correct `licence`, or read something else"
        case .dataset: "say it beside the input"
        case .residency: "start workers with `--jurisdiction` where the data may be"
        case .pinnedSoftware: "bring the program along as `code`, or pin it by `environment`"
        case .seed: "set `seed`, and pass `{seed}` to the program"
        case .determinism: "declare `determinism` of each step"
        case .retention: "keep it for longer: `retention`"
        case .personalData: "complete `personal-data`, and start workers with `--restricted`"
        case .budget:
            "declare a `budget`; once it is spent another person answers by `ergon approve`"
        case .outputReview: "another person looks, and answers by `ergon approve`"
        case .evidence: "`ergon audit evidence` writes and verifies it"
        }
    }

    /// `G1 purpose`, as `docs/POLICY.md` has it.
    package var title: String { "G\(number) \(rawValue)" }
}
