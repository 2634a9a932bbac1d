/// A text with its lines, counted as libyaml counts them: after LF, CR, CR LF, NEL, LS and PS.
struct SourceText {
    var scalars: [Unicode.Scalar]
    private let lineStarts: [Int]

    /// A byte order mark in front is dropped; the first column is the one after it.
    init(_ text: String) {
        scalars = Array(text.unicodeScalars)
        if scalars.first == "\u{FEFF}" { scalars.removeFirst() }
        var starts = [0]
        for (index, scalar) in scalars.enumerated() {
            switch scalar {
            case "\r" where index + 1 < scalars.count && scalars[index + 1] == "\n": break
            case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": starts.append(index + 1)
            default: break
            }
        }
        lineStarts = starts
    }

    var string: String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }

    func place(of index: Int) -> Place {
        var (low, high) = (0, lineStarts.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= index { low = middle } else { high = middle }
        }
        return Place(line: low + 1, column: index - lineStarts[low] + 1)
    }

    /// `nil` if there is no such place.
    func index(of place: Place) -> Int? {
        guard lineStarts.indices.contains(place.line - 1) else { return nil }
        let index = lineStarts[place.line - 1] + place.column - 1
        return scalars.indices.contains(index) ? index : nil
    }

    subscript(place: Place) -> Unicode.Scalar? { index(of: place).map { scalars[$0] } }

    /// The first character that YAML 1.2.2 (§5.1) does not allow in a stream.
    var firstUnprintable: Int? {
        scalars.firstIndex { scalar in
            switch scalar.value {
            case 0x09, 0x0A, 0x0D, 0x20...0x7E, 0x85, 0xA0...0xD7FF: false
            case 0xFEFF: true
            case 0xE000...0xFFFD, 0x10000...0x10FFFF: false
            default: true
            }
        }
    }

    /// The text with every `&` that could name an anchor replaced by a character that stands
    /// nowhere in it, and that character; `nil` if no character is left over.
    ///
    /// Anchors are no part of a manifest. The parser must not see them, because it hashes keys, and
    /// a key made of nested aliases takes for ever to hash; without anchors, every alias is an
    /// error to it. Inside texts the `&` is put back afterwards.
    func muted() -> (text: SourceText, standIn: Unicode.Scalar)? {
        let used = Set(scalars).union(escaped)
        // The private use area, without the part that `compose` marks double keys with.
        let standIn = (UInt32(0xE100)...0xF8FF).lazy.compactMap(Unicode.Scalar.init).first {
            !used.contains($0)
        }
        guard let standIn else { return nil }
        var text = self
        for index in scalars.indices where isAnchor(at: index) { text.scalars[index] = standIn }
        return (text, standIn)
    }

    /// What `\uXXXX` and `\UXXXXXXXX` in the text stand for.
    private var escaped: [Unicode.Scalar] {
        scalars.indices.dropLast().compactMap { index in
            guard scalars[index] == "\\" else { return nil }
            let length = scalars[index + 1] == "u" ? 4 : scalars[index + 1] == "U" ? 8 : 0
            let digits = scalars[(index + 2)...].prefix(length)
            return UInt32(String(String.UnicodeScalarView(digits)), radix: 16)
                .flatMap(Unicode.Scalar.init)
        }
    }

    private func isAnchor(at index: Int) -> Bool {
        guard scalars[index] == "&", index == 0 || canPrecedeToken(scalars[index - 1]),
            index + 1 < scalars.count, scalars[index + 1].isASCII
        else { return false }
        let byte = UInt8(scalars[index + 1].value)
        return isLetter(byte) || isDigit(byte) || byte == UInt8(ascii: "-")
            || byte == UInt8(ascii: "_")
    }

    private func canPrecedeToken(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "[", "{", ",", ":", "?", "\"", "'": true
        default: scalar.value <= 0x20 || scalar.value >= 0x7F
        }
    }
}
