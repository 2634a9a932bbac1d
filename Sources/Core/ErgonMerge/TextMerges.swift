import ErgonModel

private let newline = UInt8(ascii: "\n")

/// The pieces one after the other; a last line without an end gets one.
func joinedLines(_ pieces: [Piece]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(pieces.reduce(0) { $0 + $1.bytes.count + 1 })
    for piece in pieces { append(piece.bytes[...], to: &result) }
    return result
}

/// The one header, then the rows of all pieces. Lines are compared and copied byte for byte: a
/// carriage return before the line's end is a part of it.
func joinedTables(_ pieces: [Piece]) throws(MergeFault) -> [UInt8] {
    let header = try header(of: pieces[0])
    var result: [UInt8] = []
    result.reserveCapacity(pieces.reduce(0) { $0 + $1.bytes.count + 1 })
    append(header, to: &result)
    for piece in pieces {
        let other = try ErgonMerge.header(of: piece)
        guard other.elementsEqual(header) else {
            throw MergeFault(
                place: piece.name,
                problem: "its header is \(shown(other)), "
                    + "but \(shown(header)) in \(pieces[0].name)",
                remedy: "let every task write the same columns in the same order")
        }
        append(piece.bytes[other.endIndex...].dropFirst(), to: &result)
    }
    return result
}

/// The first line without its line feed.
private func header(of piece: Piece) throws(MergeFault) -> ArraySlice<UInt8> {
    let header = piece.bytes.prefix { $0 != newline }
    guard !header.isEmpty else {
        throw MergeFault(
            place: piece.name, problem: "no header line",
            remedy: "let the program write the header even where it has no rows")
    }
    return header
}

private func append(_ lines: ArraySlice<UInt8>, to result: inout [UInt8]) {
    result += lines
    if let last = lines.last, last != newline { result.append(newline) }
}

/// A header as an error shows it: escaped, and not endless.
private func shown(_ line: ArraySlice<UInt8>) -> String {
    let limit = 200
    let text = String(decoding: line.prefix(limit), as: UTF8.self)
    return JSON.string(text).text() + (line.count > limit ? "…" : "")
}
