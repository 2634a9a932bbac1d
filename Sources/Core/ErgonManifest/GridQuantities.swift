import ErgonModel

extension QuantityKind {
    /// A slot of a plan.
    static let slot = {
        var kind = duration
        kind.example = "30 min"
        kind.range = (60_000_000...86_400_000_000, "from 1 min to 1 d")
        return kind
    }()

    static let power = QuantityKind(
        counted: "milliwatts", example: "3.5 W",
        units: [
            Unit(symbol: "mW", factor: 1), Unit(symbol: "W", factor: 1_000),
            Unit(symbol: "kW", factor: 1_000_000), Unit(symbol: "MW", factor: 1_000_000_000),
        ], range: (0...1_000_000_000_000, "from 0 W to 1000 MW"))

    static let intensity = QuantityKind(
        counted: "micrograms for a kilowatt-hour", example: "300 g/kWh",
        units: [
            Unit(symbol: "g/kWh", factor: 1_000_000), Unit(symbol: "kg/MWh", factor: 1_000_000),
        ], range: (0...10_000_000_000, "from 0 to 10,000 g/kWh"))

    /// In the installation's one currency.
    static let energyPrice = QuantityKind(
        counted: "millionths for a kilowatt-hour", example: "85 /MWh",
        units: [Unit(symbol: "/MWh", factor: 1_000), Unit(symbol: "/kWh", factor: 1_000_000)],
        range: (0...1_000_000_000, "from 0 to 1000 for a kWh"))

    static let nodeHour = QuantityKind(
        counted: "millionths", example: "0.40 /h", units: [Unit(symbol: "/h", factor: 1_000_000)],
        range: (0...1_000_000_000_000, "from 0 to 1,000,000 for an hour"))
}

extension Reading {
    mutating func power(_ value: Value, _ what: String) -> Watts? {
        quantity(value, what, .power).map { Watts(milliwatts: $0) }
    }

    /// A plain number, such as `1.4`.
    mutating func decimal(
        _ value: Value, _ what: String, in range: ClosedRange<Double>
    ) -> Double? {
        let span = "a number from \(range.lowerBound) to \(range.upperBound)"
        guard let scalar = value.scalar, scalar.kind == .number || scalar.kind.isInteger else {
            expected(span, value, what, "such as `\(range.contains(1.4) ? "1.4" : "1")`")
            return nil
        }
        guard let number = Double(scalar.text.filter { $0 != "_" }), range.contains(number) else {
            report(value.place, "\(what): \(quoted(scalar.text)) is out of range", span)
            return nil
        }
        return number
    }
}
