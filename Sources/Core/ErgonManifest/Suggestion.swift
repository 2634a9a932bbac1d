/// What the writer of `word` probably meant: the nearest candidate, if one is near enough.
func suggestion(for word: String, among candidates: some Sequence<String>) -> String? {
    let tolerance = min(3, (word.count + 1) / 3)
    let ranked = candidates.map { (distance: editDistance(word, $0), name: $0) }
    let nearest = ranked.min { ($0.distance, $0.name) < ($1.distance, $1.name) }
    guard let nearest, nearest.distance <= tolerance else { return nil }
    return nearest.name
}

/// `did you mean …?`, or else what there is to choose from.
func choice(for word: String, among candidates: [String], called kind: String) -> String {
    if let meant = suggestion(for: word, among: candidates) { return "did you mean `\(meant)`?" }
    guard !candidates.isEmpty else { return "there are none" }
    return "\(kind): " + listed(candidates)
}

/// A few names for a message; the rest are counted.
func listed(_ names: [String]) -> String {
    let limit = 20
    let shown = names.prefix(limit).map { "`\($0)`" }.joined(separator: ", ")
    return names.count > limit ? "\(shown) and \(names.count - limit) more" : shown
}

/// How many insertions, deletions, replacements and swaps of neighbours lead from one word to the
/// other (optimal string alignment); letters that differ in case alone cost nothing.
/// Words of more than 64 characters are not compared: nobody mistypes those into one another.
private func editDistance(_ left: String, _ right: String) -> Int {
    let (left, right) = (Array(left.lowercased()), Array(right.lowercased()))
    guard left.count <= 64, right.count <= 64 else { return .max }
    var rows = [Array(0...right.count)]
    for (i, letter) in left.enumerated() {
        var row = [i + 1]
        for (j, other) in right.enumerated() {
            var best = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (letter == other ? 0 : 1))
            if i > 0, j > 0, letter == right[j - 1], left[i - 1] == other {
                best = min(best, rows[i - 1][j - 1] + 1)
            }
            row.append(best)
        }
        rows.append(row)
    }
    return rows[left.count][right.count]
}
