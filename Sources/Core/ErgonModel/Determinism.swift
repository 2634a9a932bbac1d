/// How alike two runs of one task of a step are, as its author declares it: the rule by which a
/// repetition is judged (`docs/REPRODUCIBILITY.md`).
package enum Determinism: Hashable, Sendable {
    /// The same bytes, whenever and wherever it runs.
    case bitwise
    /// The same content, though perhaps in other bytes: dates, identifiers, order of members.
    case canonical(Comparator)
    /// Numbers that differ by no more than the tolerance, or whatever the step's own program
    /// takes for alike.
    case statistical(Comparator, Tolerance?)

    /// Who says whether two files that are not the same bytes are alike.
    package enum Comparator: Hashable, Sendable {
        case known(Format)
        /// The campaign's own program, with `{inputs}`: what is on record, then what came now. It
        /// exits with 0 if they are alike.
        case run([Template])
    }

    /// Forms of content that Ergon itself can compare.
    package enum Format: String, Hashable, Sendable, CaseIterable {
        case histogram, json, parquet, root
    }

    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case bitwise, canonical, statistical
    }

    package var kind: Kind {
        switch self {
        case .bitwise: .bitwise
        case .canonical: .canonical
        case .statistical: .statistical
        }
    }
}

/// By how much two numbers may differ, relative to the larger one: |a − b| ≤ t·max(|a|, |b|). In
/// whole parts in 10^12, from 1 to 10^12, so that it is the same number to every reader.
package struct Tolerance: Hashable, Sendable {
    package static let one = 1_000_000_000_000

    package let partsPerTrillion: Int

    /// `nil` beyond the range.
    package init?(partsPerTrillion: Int) {
        guard (1...Self.one).contains(partsPerTrillion) else { return nil }
        self.partsPerTrillion = partsPerTrillion
    }

    /// The nearest one; `nil` beyond the range.
    package init?(_ fraction: Double) {
        let parts = (fraction * Double(Self.one)).rounded()
        guard let whole = Int(exactly: parts) else { return nil }
        self.init(partsPerTrillion: whole)
    }

    package var fraction: Double { Double(partsPerTrillion) / Double(Self.one) }
}
