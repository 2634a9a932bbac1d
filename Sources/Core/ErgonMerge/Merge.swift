package import ErgonModel

/// What one task left under an output's name, or what a merge made of such pieces.
package struct Piece: Sendable {
    /// What errors call it.
    package var name: String
    package var bytes: [UInt8]

    package init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }
}

/// Merges neighbours of one level of a merge tree, in the order of their task numbers.
///
/// However a row of pieces is nested, the topmost bytes are the same; for counts and histograms
/// they are the same in any order, too. What must be carried from level to level for that
/// (`ergon_exact`, see `Histogram`) stands in the results below the top and nowhere else.
/// - Parameter isTop: whether the result is the one that is published.
/// - Throws: a fault that names the piece that does not fit, or the merge itself.
/// - Precondition: there is at least one piece, and the rule is not `run`: programs run elsewhere.
package func merged(
    _ rule: MergeSpec.Rule, _ pieces: [Piece], isTop: Bool
) throws(MergeFault) -> [UInt8] {
    precondition(!pieces.isEmpty, "a merge of nothing")
    switch rule {
    case .lines: return joinedLines(pieces)
    case .csv: return try joinedTables(pieces)
    case .counts(let equal): return try addedCounts(pieces, equal: Set(equal))
    case .histogram: return try addedHistograms(pieces, isTop: isTop)
    case .run: preconditionFailure("a merge by a program is not made here")
    }
}

/// Why pieces cannot be merged.
package struct MergeFault: Actionable, Hashable {
    /// The name of the piece.
    package var place: String
    package var problem: String
    package var remedy: String
}

/// A fault before the name of its piece is put to it. Its path grows while it is thrown outwards,
/// so that no path is built where nothing is wrong.
struct Flaw: Error {
    /// JSON Pointer (RFC 6901) from where it was caught to what is wrong; empty for the whole.
    var path = ""
    var problem: String
    var remedy: String

    /// The same flaw, seen from the array or object that has the value as its member `token`.
    func inside(_ token: some CustomStringConvertible) -> Flaw {
        var escaped = ""
        for scalar in token.description.unicodeScalars {
            switch scalar {
            case "~": escaped += "~0"
            case "/": escaped += "~1"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return Flaw(path: "/\(escaped)\(path)", problem: problem, remedy: remedy)
    }

    func fault(in place: String) -> MergeFault {
        MergeFault(
            place: place, problem: path.isEmpty ? problem : "\(path): \(problem)", remedy: remedy)
    }
}

func parsedJSON(_ piece: Piece) throws(MergeFault) -> JSON {
    do {
        return try JSON(parsing: piece.bytes)
    } catch {
        throw MergeFault(
            place: piece.name, problem: "not JSON: \(error)",
            remedy: "let the program write one JSON value (RFC 8259: no NaN, no Infinity)")
    }
}

/// Names in the order of their bytes. Swift takes canonically equivalent strings for equal; what
/// is merged must not depend on which of two spellings came first.
func sortedNames(_ names: some Sequence<String>) -> [String] {
    names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
}
