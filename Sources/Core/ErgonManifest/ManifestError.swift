import ErgonModel

/// One thing that is wrong with a manifest.
package struct ManifestError: Actionable, Hashable, Sendable {
    package var file: String
    /// From 1.
    package var line: Int
    /// From 1, counted in Unicode scalars.
    package var column: Int
    package var problem: String
    package var remedy: String

    package init(file: String, line: Int, column: Int, problem: String, remedy: String) {
        self.file = file
        self.line = line
        self.column = column
        self.problem = problem
        self.remedy = remedy
    }

    package var place: String { "\(file):\(line):\(column)" }
}

/// Everything that is wrong with a manifest, in the order of the text.
package struct ManifestErrors: Error, Hashable, Sendable {
    /// More are counted but not listed: whoever reads a hundred has stopped reading.
    package static let limit = 100

    package var errors: [ManifestError]

    package init(errors: [ManifestError]) { self.errors = errors }

    init(file: String, _ findings: Set<Finding>) {
        let sorted = findings.sorted()
        var kept = Array(sorted.prefix(Self.limit))
        if sorted.count > Self.limit {
            let rest = sorted.count - Self.limit
            kept.append(
                Finding(
                    place: sorted[Self.limit].place,
                    problem: "and \(rest) more error\(rest == 1 ? "" : "s") from here on",
                    remedy: "correct the ones above first"))
        }
        errors = kept.map { finding in
            ManifestError(
                file: file, line: finding.place.line, column: finding.place.column,
                problem: finding.problem, remedy: finding.remedy)
        }
    }
}

/// For a terminal: `place: problem`, and the remedy indented below it.
package func render(_ errors: ManifestErrors) -> String {
    errors.errors.flatMap { error in
        ["\(error.place): \(error.problem)"] + (error.remedy.isEmpty ? [] : ["    \(error.remedy)"])
    }.joined(separator: "\n")
}

/// A position in the text.
struct Place: Hashable, Comparable, Sendable {
    /// From 1.
    var line: Int
    /// From 1, counted in Unicode scalars.
    var column: Int

    static let start = Place(line: 1, column: 1)
    static func < (left: Place, right: Place) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// An error before the file's name is known to it.
struct Finding: Hashable, Comparable, Sendable {
    var place: Place
    var problem: String
    var remedy: String

    static func < (left: Finding, right: Finding) -> Bool {
        if left.place != right.place { return left.place < right.place }
        return (left.problem, left.remedy) < (right.problem, right.remedy)
    }
}

/// A piece of the user's text as messages show it: short, on one line, and with nothing in it that
/// a terminal would obey.
func quoted(_ text: String) -> String {
    let limit = 60
    let shown = text.unicodeScalars.prefix(limit).map { scalar in
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
            scalar.escaped(asASCII: true)
        default: String(Character(scalar))
        }
    }.joined()
    return "`\(shown)\(text.unicodeScalars.count > limit ? "…" : "")`"
}
