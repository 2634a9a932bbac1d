/// One rule of a site, by the name that manifests of policies and records use.
package enum Gate: String, Hashable, Sendable, CaseIterable, Comparable {
    case purpose, risk, approval
    case modelCard = "model-card"
    case licence, dataset, residency
    case pinnedSoftware = "pinned-software"
    case seed, determinism, retention
    case personalData = "personal-data"
    case budget
    case outputReview = "output-review"
    case evidence

    /// G1 to G15, as `docs/POLICY.md` numbers them.
    package var number: Int { (Self.allCases.firstIndex(of: self) ?? 0) + 1 }

    package static func < (left: Gate, right: Gate) -> Bool { left.number < right.number }

    /// When it is looked at, if not before anything starts.
    package var moment: PolicyMoment {
        switch self {
        case .purpose, .risk: .submission
        case .approval, .modelCard, .licence, .dataset, .pinnedSoftware, .seed, .determinism,
            .retention, .personalData, .budget:
            .start
        case .residency: .placement
        case .outputReview: .release
        case .evidence: .close
        }
    }
}

/// When a policy is asked.
package enum PolicyMoment: String, Hashable, Sendable, CaseIterable {
    /// Of a campaign that is handed in; what may start at once is asked for its start as well.
    case submission
    case start
    /// Of a place whose workers could be given tasks.
    case placement
    case running
    case release
    case close
}

/// What becomes of a campaign that does not pass a gate.
package enum GateMode: String, Hashable, Sendable, CaseIterable { case off, warn, block }

/// What one gate came to.
package struct GateFinding: Hashable, Sendable {
    package enum Outcome: String, Hashable, Sendable, CaseIterable {
        case passed, warned
        /// A person has to say yes first.
        case awaits
        case blocked
    }

    package var gate: Gate
    package var outcome: Outcome
    /// Why; empty if it passed.
    package var reason: String

    package init(gate: Gate, outcome: Outcome, reason: String = "") {
        self.gate = gate
        self.outcome = outcome
        self.reason = reason
    }
}

/// What a decision binds the coordinator to, whatever becomes of the policy afterwards.
package struct Obligations: Hashable, Sendable {
    /// A second person must approve before anything starts.
    package var approval = false
    /// Jurisdictions whose workers may be given tasks, ascending; `nil` for all.
    package var places: [String]?
    /// Only workers that say they are restricted may be given tasks.
    package var restrictedWorkers = false
    /// A person must sign the outputs off before they are handed out.
    package var review = false
    /// Once the campaign's energy budget is spent nothing more of it starts, until a second person
    /// lets it go on.
    package var budget = false
    /// Proof, attestation and crate must have been written and verified, and so many of its tasks
    /// run once more, before its outputs are handed out; `nil` if nobody asks for evidence.
    package var evidence: Int?

    package init() {}

    /// All that either binds to: nobody is released by a later policy that asks for less.
    package func joined(with earlier: Obligations) -> Obligations {
        var joined = self
        joined.approval = approval || earlier.approval
        joined.restrictedWorkers = restrictedWorkers || earlier.restrictedWorkers
        joined.review = review || earlier.review
        joined.budget = budget || earlier.budget
        joined.evidence = [evidence, earlier.evidence].compactMap(\.self).max()
        if let known = earlier.places {
            joined.places = places.map { $0.filter(known.contains) } ?? known
        }
        return joined
    }

    /// Whether there can be workers that may be given no tasks.
    package var limitsPlaces: Bool { restrictedWorkers || places != nil }

    /// Whether workers in such custody may be given tasks.
    package func admit(_ custody: Custody) -> Bool {
        if restrictedWorkers, !custody.isRestricted { return false }
        guard let places else { return true }
        return custody.jurisdiction.map(places.contains) ?? false
    }
}

/// Under whose law a worker says that it is, and who gets at what runs there.
package struct Custody: Hashable, Sendable, Comparable {
    /// A country code after ISO 3166-1.
    package var jurisdiction: String?
    /// Nobody but those who may see personal data gets at what runs there.
    package var isRestricted = false

    package init(jurisdiction: String? = nil, isRestricted: Bool = false) {
        self.jurisdiction = jurisdiction
        self.isRestricted = isRestricted
    }

    /// For people: `CH, restricted`.
    package var text: String {
        (jurisdiction ?? "no jurisdiction declared") + (isRestricted ? ", restricted" : "")
    }

    package static func < (left: Custody, right: Custody) -> Bool {
        left.text < right.text
    }
}
