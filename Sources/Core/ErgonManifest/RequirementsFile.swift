/// What a requirements file asks for that no worker checks: lines that are no `name==version`.
/// - Returns: their numbers, from 1, and what they say.
package func unpinnedLines(of text: String) -> [(number: Int, line: String)] {
    text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().compactMap {
        let line = trimmed($1.prefix { $0 != "#" && $0 != "\\" })
        // The hashes of a pin stand in lines of their own.
        guard !line.isEmpty, !line.hasPrefix("--hash="), !isPin(line) else { return nil }
        return ($0 + 1, String(line))
    }
}

/// `name==version` or `name[extra]==version`: what a worker's `python3` is compared with.
private func isPin(_ line: Substring) -> Bool {
    let parts = line.split(separator: "=", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[1].isEmpty else { return false }
    let name = trimmed(parts[0].prefix { $0 != "[" })
    return !name.isEmpty && name.allSatisfy { $0.isLetter || $0.isNumber || "._-".contains($0) }
        && trimmed(parts[2]).first.map { $0 != "=" && $0 != ";" } == true
}

private func trimmed(_ text: Substring) -> Substring {
    let start = text.drop(while: \.isWhitespace)
    return start.prefix(start.reversed().drop(while: \.isWhitespace).count)
}
