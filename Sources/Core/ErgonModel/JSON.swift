/// A JSON value (RFC 8259) that keeps integers apart from numbers with a fraction.
package indirect enum JSON: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSON])
    case object([String: JSON])

    package subscript(key: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members[key]
    }
    package var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
    package var string: String? { if case .string(let value) = self { value } else { nil } }
    package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
    package var array: [JSON]? { if case .array(let value) = self { value } else { nil } }
    package var object: [String: JSON]? { if case .object(let value) = self { value } else { nil } }
    /// An integer or a number with a fraction, as a double.
    package var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    package static func int(_ value: Int) -> JSON { .integer(Int64(value)) }

    /// How numbers that have no fractional part, but are doubles, are written.
    package enum NumberStyle: Sendable {
        /// RFC 8785 (ECMAScript `Number::toString`): `60`.
        case canonical
        /// `60.0`, so that it reads back as a number and not as a count.
        case marked
    }

    /// One line in the form of RFC 8785: members sorted by UTF-16 code units, no white space.
    /// - Precondition: no number is infinite or NaN (JSON cannot say it).
    package func text(numbers style: NumberStyle = .canonical) -> String {
        var out: [UInt8] = []
        write(to: &out, style)
        return String(decoding: out, as: UTF8.self)
    }

    private func write(to out: inout [UInt8], _ style: NumberStyle) {
        switch self {
        case .null: out += "null".utf8
        case .bool(let value): out += (value ? "true" : "false").utf8
        case .integer(let value): out += String(value).utf8
        case .number(let value): out += numberText(value, style).utf8
        case .string(let value): writeJSONString(value, to: &out)
        case .array(let values):
            out.append(UInt8(ascii: "["))
            for (position, value) in values.enumerated() {
                if position > 0 { out.append(UInt8(ascii: ",")) }
                value.write(to: &out, style)
            }
            out.append(UInt8(ascii: "]"))
        case .object(let members):
            out.append(UInt8(ascii: "{"))
            let sorted = members.sorted { $0.key.utf16.lexicographicallyPrecedes($1.key.utf16) }
            for (position, member) in sorted.enumerated() {
                if position > 0 { out.append(UInt8(ascii: ",")) }
                writeJSONString(member.key, to: &out)
                out.append(UInt8(ascii: ":"))
                member.value.write(to: &out, style)
            }
            out.append(UInt8(ascii: "}"))
        }
    }
}

private func writeJSONString(_ text: String, to out: inout [UInt8]) {
    out.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "\""): out += "\\\"".utf8
        case UInt8(ascii: "\\"): out += "\\\\".utf8
        case 0x08: out += "\\b".utf8
        case 0x09: out += "\\t".utf8
        case 0x0A: out += "\\n".utf8
        case 0x0C: out += "\\f".utf8
        case 0x0D: out += "\\r".utf8
        case 0..<0x20: out += "\\u00\(hexadecimal([byte]))".utf8
        default: out.append(byte)
        }
    }
    out.append(UInt8(ascii: "\""))
}

/// ECMAScript's `Number::toString` (ECMA-262 §6.1.6.1.20), from Swift's shortest round-trip digits.
private func numberText(_ value: Double, _ style: JSON.NumberStyle) -> String {
    precondition(value.isFinite, "JSON has no \(value)")
    if value == 0 { return style == .marked ? "0.0" : "0" }
    let (digits, point) = shortestDigits(of: value.magnitude)
    let sign = value < 0 ? "-" : ""
    let count = digits.utf8.count
    let zeros = { (n: Int) in String(repeating: "0", count: n) }
    switch point {
    case count...21:
        return sign + digits + zeros(point - count) + (style == .marked ? ".0" : "")
    case 1..<max(count, 2) where point <= 21:
        return sign + digits.prefix(point) + "." + digits.dropFirst(point)
    case -5...0:
        return sign + "0." + zeros(-point) + digits
    default:
        let exponent = point - 1
        let fraction = count == 1 ? "" : "." + digits.dropFirst()
        return sign + digits.prefix(1) + fraction + (exponent < 0 ? "e-" : "e+")
            + String(exponent.magnitude)
    }
}

/// The shortest decimal digits that read back as `value`, and where the decimal point stands:
/// `value = 0.digits × 10^point`.
private func shortestDigits(of value: Double) -> (digits: String, point: Int) {
    let parts = value.description.split(separator: "e")
    let exponent = parts.count == 2 ? Int(parts[1]) ?? 0 : 0
    let mantissa = parts[0].split(separator: ".", omittingEmptySubsequences: false)
    let (whole, fraction) = (mantissa[0], mantissa.count == 2 ? mantissa[1] : "")
    let all = whole + fraction
    let leading = all.prefix { $0 == "0" }.count
    var digits = String(all.dropFirst(leading))
    while digits.last == "0" { digits.removeLast() }
    return (digits, whole.count + exponent - leading)
}
