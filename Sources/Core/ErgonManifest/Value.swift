/// What the YAML parser found, with places and without types: which scalar is a number is for the
/// grammar to say.
struct Value: Sendable {
    enum Content: Sendable {
        case scalar(Scalar)
        case list([Value])
        case mapping([Entry])
    }

    var place: Place
    var content: Content
}

struct Entry: Sendable {
    var key: String
    var place: Place
    var value: Value
}

struct Scalar: Hashable, Sendable {
    /// What a scalar is when it stands where its type matters.
    enum Kind: Hashable, Sendable {
        case nothing
        case flag
        /// `nil` if it does not fit 64 bits.
        case integer(Int64?)
        case number
        case text

        var isInteger: Bool { if case .integer = self { true } else { false } }
    }

    var text: String
    /// Without quotes, and not a block.
    var isPlain: Bool

    /// The core schema of YAML 1.2.2 (§10.3.2), without octal and hexadecimal integers, infinities
    /// and NaN, which are texts here; with `_` between the digits of an integer as in YAML 1.1.
    var kind: Kind {
        guard isPlain else { return .text }
        switch text {
        case "", "~", "null", "Null", "NULL": return .nothing
        case "true", "True", "TRUE", "false", "False", "FALSE": return .flag
        default: break
        }
        if Self.isInteger(text) { return .integer(Int64(text.filter { $0 != "_" })) }
        return Self.isNumber(text) ? .number : .text
    }

    /// `-?(0|[1-9][0-9]*(_[0-9]+)*)`
    private static func isInteger(_ text: String) -> Bool {
        let digits = text.hasPrefix("-") ? text.dropFirst() : Substring(text)
        if digits == "0" { return true }
        guard let first = digits.first, first != "0" else { return false }
        let groups = digits.split(separator: "_", omittingEmptySubsequences: false)
        return groups.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy(isDigit) }
    }

    /// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
    private static func isNumber(_ text: String) -> Bool {
        var rest = Substring(text).utf8
        if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        let whole = rest.prefix(while: isDigit).count
        rest.removeFirst(whole)
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            let fraction = rest.prefix(while: isDigit).count
            guard whole + fraction > 0 else { return false }
            rest.removeFirst(fraction)
        } else {
            guard whole > 0 else { return false }
        }
        guard let mark = rest.first else { return true }
        guard mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E") else { return false }
        rest.removeFirst()
        if rest.first == UInt8(ascii: "-") || rest.first == UInt8(ascii: "+") { rest.removeFirst() }
        return !rest.isEmpty && rest.allSatisfy(isDigit)
    }
}

func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

func isLetter(_ byte: UInt8) -> Bool {
    let lower = byte | 0x20
    return (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(lower)
}

extension Value {
    var scalar: Scalar? { if case .scalar(let scalar) = content { scalar } else { nil } }
    var isNothing: Bool { scalar?.kind == .nothing }

    /// For "found …" in messages.
    var found: String {
        switch content {
        case .list: return "a list"
        case .mapping: return "a mapping"
        case .scalar(let scalar):
            switch scalar.kind {
            case .nothing: return "nothing"
            case .integer, .number: return "the number \(quoted(scalar.text))"
            case .flag, .text: return "the text \(quoted(scalar.text))"
            }
        }
    }
}
