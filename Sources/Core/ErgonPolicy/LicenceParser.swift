extension LicenceExpression {
    /// The longest expression that is read, in bytes.
    private static let limit = 4096

    package init(parsing text: String) throws(LicenceFault) {
        guard text.utf8.count <= Self.limit else { throw .tooLong }
        var parser = LicenceParser(text)
        guard !parser.isAtEnd else { throw .empty }
        self = try parser.alternatives(depth: 0)
        if let rest = parser.next { throw .unexpected(rest) }
    }
}

/// `+` binds closest, then `WITH`, `AND` and `OR`.
private struct LicenceParser {
    private let tokens: [String]
    private var position = 0
    /// How deep parentheses may be nested.
    private static let deepest = 64

    init(_ text: String) {
        var (tokens, word) = ([String](), "")
        func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }
        for character in text {
            let isSign = character == "(" || character == ")"
            if isSign || isBlank(character) {
                if !word.isEmpty { tokens.append(word) }
                word = ""
                if isSign { tokens.append(String(character)) }
            } else {
                word.append(character)
            }
        }
        if !word.isEmpty { tokens.append(word) }
        self.tokens = tokens
    }

    var next: String? { position < tokens.count ? tokens[position] : nil }
    var isAtEnd: Bool { next == nil }

    /// Operators are written in capitals or in small letters, not mixed.
    private func isOperator(_ token: String?, _ name: String) -> Bool {
        token == name || token == name.lowercased()
    }

    private mutating func take(_ name: String) -> Bool {
        guard isOperator(next, name) else { return false }
        position += 1
        return true
    }

    mutating func alternatives(depth: Int) throws(LicenceFault) -> LicenceExpression {
        var parts = [try conjunction(depth: depth)]
        while take("OR") { parts.append(try conjunction(depth: depth)) }
        return parts.count == 1 ? parts[0] : .any(parts)
    }

    private mutating func conjunction(depth: Int) throws(LicenceFault) -> LicenceExpression {
        var parts = [try operand(depth: depth)]
        while take("AND") { parts.append(try operand(depth: depth)) }
        return parts.count == 1 ? parts[0] : .all(parts)
    }

    private mutating func operand(depth: Int) throws(LicenceFault) -> LicenceExpression {
        guard depth < Self.deepest else { throw .tooLong }
        guard take("(") else { return .licence(try licence()) }
        let inner = try alternatives(depth: depth + 1)
        guard take(")") else {
            guard let next else { throw .unfinished }
            throw .unexpected(next)
        }
        return inner
    }

    private mutating func licence() throws(LicenceFault) -> LicenceExpression.Licence {
        var licence = try LicenceNames.licence(try name())
        guard take("WITH") else { return licence }
        licence.exception = try LicenceNames.exception(try name())
        return licence
    }

    private mutating func name() throws(LicenceFault) -> String {
        guard let token = next else { throw .unfinished }
        let isReserved = ["AND", "OR", "WITH", "(", ")"].contains { isOperator(token, $0) }
        guard !isReserved else { throw .unexpected(token) }
        position += 1
        return token
    }
}

/// The list, by names in small letters: SPDX compares them so.
package enum LicenceNames {
    private static let current = table(LicenceList.current)
    private static let deprecated = table(LicenceList.deprecated)
    private static let exceptions = table(LicenceList.exceptions)

    private static func table(_ list: String) -> [String: String] {
        let names = list.split(whereSeparator: \.isWhitespace).map(String.init)
        return Dictionary(names.map { ($0.lowercased(), $0) }) { first, _ in first }
    }

    static func licence(_ text: String) throws(LicenceFault) -> LicenceExpression.Licence {
        if isReference(text, "LicenseRef-") { return LicenceExpression.Licence(id: text) }
        let known = text.lowercased()
        if let id = current[known] { return LicenceExpression.Licence(id: id) }
        if let id = deprecated[known] { throw .deprecated(id) }
        guard text.hasSuffix("+") else { throw .unknown(text) }
        let base = String(known.dropLast())
        if let id = deprecated[base] { throw .deprecated(id) }
        guard let id = current[base] else { throw .unknown(text) }
        return LicenceExpression.Licence(id: id, isOrLater: true)
    }

    static func exception(_ text: String) throws(LicenceFault) -> String {
        if isReference(text, "AdditionRef-") { return text }
        guard let name = exceptions[text.lowercased()] else { throw .unknownException(text) }
        return name
    }

    /// `LicenseRef-x`, perhaps with `DocumentRef-y:` before it.
    private static func isReference(_ text: String, _ prefix: String) -> Bool {
        var rest = text[...]
        if rest.hasPrefix("DocumentRef-") {
            let parts = rest.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 2, isName(parts[0].dropFirst("DocumentRef-".count)) else {
                return false
            }
            rest = parts[1]
        }
        return rest.hasPrefix(prefix) && isName(rest.dropFirst(prefix.count))
    }

    /// Letters, digits, `.` and `-`; at least one.
    private static func isName(_ text: Substring) -> Bool {
        !text.isEmpty
            && text.unicodeScalars.allSatisfy { scalar in
                scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
                    || scalar == "." || scalar == "-"
            }
    }
}
