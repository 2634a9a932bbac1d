import ErgonModel

/// A kind of quantity with the units it may be written in.
struct QuantityKind: Sendable {
    struct Unit: Sendable {
        var symbol: String
        /// In the smallest thing that is counted: microseconds, bytes.
        var factor: Int64
    }

    /// What one number stands for, in the plural.
    var counted: String
    var example: String
    var units: [Unit]
    /// The amounts that are accepted, and how messages say it.
    var range: (amounts: ClosedRange<Int64>, text: String)

    static let duration = QuantityKind(
        counted: "microseconds", example: "90 min",
        units: [
            Unit(symbol: "ms", factor: 1_000), Unit(symbol: "s", factor: 1_000_000),
            Unit(symbol: "min", factor: 60_000_000), Unit(symbol: "h", factor: 3_600_000_000),
            Unit(symbol: "d", factor: 86_400_000_000),
        ], range: (1...3_650 * 86_400_000_000, "more than 0 and at most 3650 d"))

    /// A time that may be none at all.
    static let backoff = {
        var kind = duration
        kind.example = "10 s"
        kind.range = (0...RetrySpec.longestBackoff.count, "from 0 s to 1 h")
        return kind
    }()

    /// SI prefixes and the binary prefixes of IEC 80000-13.
    static let size = QuantityKind(
        counted: "bytes", example: "4 GiB",
        units: [
            Unit(symbol: "B", factor: 1), Unit(symbol: "kB", factor: 1_000),
            Unit(symbol: "MB", factor: 1_000_000), Unit(symbol: "GB", factor: 1_000_000_000),
            Unit(symbol: "TB", factor: 1_000_000_000_000), Unit(symbol: "KiB", factor: 1 << 10),
            Unit(symbol: "MiB", factor: 1 << 20), Unit(symbol: "GiB", factor: 1 << 30),
            Unit(symbol: "TiB", factor: 1 << 40),
        ], range: (1...1 << 50, "more than 0 and at most 1024 TiB"))

    /// `gib` means GiB, and `minutes` min.
    func unit(meantBy word: String) -> Unit? {
        let fitting = units.filter { word.lowercased().hasPrefix($0.symbol.lowercased()) }
        return fitting.max { $0.symbol.count < $1.symbol.count }
    }

    var symbols: String { units.map(\.symbol).joined(separator: ", ") }
}

extension Reading {
    mutating func duration(
        _ value: Value, _ what: String, _ kind: QuantityKind = .duration
    ) -> Microseconds? {
        quantity(value, what, kind).map(Microseconds.init)
    }

    mutating func size(_ value: Value, _ what: String) -> ByteCount? {
        quantity(value, what, .size).map(ByteCount.init)
    }

    /// `NUMBER UNIT`: digits, perhaps a decimal point and more digits, perhaps a space, the unit.
    mutating func quantity(_ value: Value, _ what: String, _ kind: QuantityKind) -> Int64? {
        let remedy =
            "write a number and its unit, such as `\(kind.example)`; units: \(kind.symbols)"
        guard let scalar = value.scalar, scalar.kind != .nothing, scalar.kind != .flag else {
            expected("a number with a unit", value, what, remedy)
            return nil
        }
        if scalar.kind != .text {
            report(value.place, "\(what): the number \(quoted(scalar.text)) has no unit", remedy)
            return nil
        }
        guard let (number, symbol) = split(scalar.text) else {
            expected("a number with a unit", value, what, remedy)
            return nil
        }
        guard let unit = kind.units.first(where: { $0.symbol == symbol }) else {
            report(
                value.place, "\(what): unknown unit \(quoted(symbol))",
                kind.unit(meantBy: symbol).map { "did you mean `\(number) \($0.symbol)`?" }
                    ?? remedy)
            return nil
        }
        return amount(of: number, unit, kind, value, what)
    }

    /// An amount of the installation's one currency: a number alone.
    mutating func money(_ value: Value, _ what: String) -> Money? {
        let kind = QuantityKind(
            counted: "millionths", example: "12.50", units: [],
            range: (1...1_000_000_000_000_000, "more than 0 and at most 1,000,000,000"))
        let remedy = "write a number, such as `\(kind.example)`; money has no unit here"
        guard let scalar = value.scalar, scalar.kind == .number || scalar.kind.isInteger else {
            expected("a number", value, what, remedy)
            return nil
        }
        let number = scalar.text.filter { $0 != "_" }
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(isDigit) })
        else {
            report(value.place, "\(what): \(quoted(scalar.text)) is no amount of money", remedy)
            return nil
        }
        let unit = QuantityKind.Unit(symbol: "", factor: 1_000_000)
        return amount(of: number, unit, kind, value, what).map(Money.init(millionths:))
    }

    private func split(_ text: String) -> (number: String, symbol: String)? {
        let number = text.prefix { $0.utf8.allSatisfy(isDigit) || $0 == "." }
        var symbol = text[number.endIndex...]
        if symbol.first == " " { symbol.removeFirst() }
        let parts = number.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty }), !symbol.isEmpty,
            symbol.utf8.first.map(isDigit) == false,
            symbol.utf8.allSatisfy({ isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "/") })
        else { return nil }
        return (String(number), String(symbol))
    }

    private mutating func amount(
        of number: String, _ unit: QuantityKind.Unit, _ kind: QuantityKind, _ value: Value,
        _ what: String
    ) -> Int64? {
        let parts = number.split(separator: ".")
        let fraction = parts.count == 2 ? parts[1] : ""
        // A double would not be exact, and 64 bits are too few for a long fraction of a large unit.
        let digits = Int128(parts[0] + fraction)
        let product = digits?.multipliedReportingOverflow(by: Int128(unit.factor))
        guard let product, !product.overflow, fraction.utf8.count <= 18 else {
            outOfRange(value, what, kind)
            return nil
        }
        let divisor = (0..<fraction.utf8.count).reduce(Int128(1)) { power, _ in power * 10 }
        guard product.partialValue % divisor == 0 else {
            report(value.place, "\(what): not a whole number of \(kind.counted)", "round it")
            return nil
        }
        let amount = product.partialValue / divisor
        guard let amount = Int64(exactly: amount), kind.range.amounts.contains(amount) else {
            outOfRange(value, what, kind)
            return nil
        }
        return amount
    }

    private mutating func outOfRange(_ value: Value, _ what: String, _ kind: QuantityKind) {
        report(
            value.place, "\(what): \(quoted(value.scalar?.text ?? "")) is out of range",
            kind.range.text)
    }
}

/// The one way in which the canonical form writes a time: seconds, with as many decimals as needed.
func canonicalText(of time: Microseconds) -> String { "\(millionths(time.count)) s" }

func canonicalText(of energy: Joules) -> String { "\(millionths(energy.microjoules)) J" }

func canonicalText(of carbon: GramsCO2e) -> String { "\(millionths(carbon.micrograms)) gCO2e" }

/// So many millionths, with as many decimals as needed.
private func millionths(_ count: Int64) -> String {
    let (whole, rest) = count.quotientAndRemainder(dividingBy: 1_000_000)
    guard rest != 0 else { return "\(whole)" }
    var decimals = String(1_000_000 + rest).dropFirst()
    while decimals.last == "0" { decimals.removeLast() }
    return "\(whole).\(decimals)"
}

/// The one way in which the canonical form writes a size.
func canonicalText(of size: ByteCount) -> String { "\(size.bytes) B" }
