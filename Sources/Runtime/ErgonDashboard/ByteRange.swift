/// What part of a file a client asks for (RFC 9110, section 14): one range of bytes. A list of
/// ranges, a suffix and other units are ignored, as that section allows: the whole file is sent.
enum ByteRange: Equatable {
    case whole
    case part(Range<Int>)
    /// Begins at or behind the end.
    case unsatisfiable

    /// - Parameters:
    ///   - field: the `Range` field, as `bytes=10-` or `bytes=10-19`; the last number is included.
    ///   - size: of the file, in bytes.
    init(_ field: String?, size: Int) {
        guard let field, let (first, last) = Self.parse(field), first <= last ?? first else {
            self = .whole
            return
        }
        guard first < size else {
            self = .unsatisfiable
            return
        }
        self = .part(first..<min(last ?? size - 1, size - 1) + 1)
    }

    private static func parse(_ field: String) -> (first: Int, last: Int?)? {
        guard field.hasPrefix("bytes=") else { return nil }
        let ends = field.dropFirst("bytes=".count)
            .split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count == 2, let first = number(ends[0]) else { return nil }
        if ends[1].isEmpty { return (first, nil) }
        return number(ends[1]).map { (first, $0) }
    }

    /// Digits only: `Int` would take a sign too.
    private static func number(_ text: Substring) -> Int? {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            ? Int(text) : nil
    }
}
