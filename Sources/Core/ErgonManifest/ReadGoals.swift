import ErgonModel

extension QuantityKind {
    /// At most 1000 MWh, which fits into microjoules four times over.
    static let energy = QuantityKind(
        counted: "microjoules", example: "2 kWh",
        units: [
            Unit(symbol: "J", factor: 1_000_000), Unit(symbol: "kJ", factor: 1_000_000_000),
            Unit(symbol: "MJ", factor: 1_000_000_000_000),
            Unit(symbol: "Wh", factor: 3_600_000_000),
            Unit(symbol: "kWh", factor: 3_600_000_000_000),
            Unit(symbol: "MWh", factor: 3_600_000_000_000_000),
        ], range: (1...3_600_000_000_000_000_000, "more than 0 and at most 1000 MWh"))

    static let carbon = QuantityKind(
        counted: "micrograms", example: "500 gCO2e",
        units: [
            Unit(symbol: "gCO2e", factor: 1_000_000),
            Unit(symbol: "kgCO2e", factor: 1_000_000_000),
            Unit(symbol: "tCO2e", factor: 1_000_000_000_000),
        ], range: (1...1_000_000_000_000_000_000, "more than 0 and at most 1,000,000 tCO2e"))
}

extension Reading {
    mutating func goals(_ top: Section) -> Goals {
        Goals(
            objective: top["objective"].flatMap { objective($0) },
            deadline: top["deadline"].flatMap { duration($0, "`deadline`") },
            longestWait: top["max-wait"].flatMap { duration($0, "`max-wait`") },
            budget: top["budget"].flatMap { budget($0) })
    }

    private mutating func objective(_ value: Value) -> Weights? {
        let keys = ["energy", "carbon", "money", "time"]
        guard let section = section(value, "`objective`", keys: keys) else { return nil }
        var weights: [String: Double] = [:]
        for key in keys {
            guard let value = section[key] else { continue }
            guard let weight = decimal(value, "`\(key)`", in: 0...1_000_000) else { return nil }
            weights[key] = weight
        }
        guard weights.values.contains(where: { $0 > 0 }) else {
            report(
                value.place, "`objective` weighs nothing",
                "give one of \(listed(keys)) a weight above 0, or leave it out")
            return nil
        }
        return Weights(
            energy: weights["energy"] ?? 0, carbon: weights["carbon"] ?? 0,
            money: weights["money"] ?? 0, time: weights["time"] ?? 0)
    }

    private mutating func budget(_ value: Value) -> SpendingLimit? {
        let limits = ["energy", "carbon", "money"]
        guard let section = section(value, "`budget`", keys: limits + ["on-exceed"]) else {
            return nil
        }
        if limits.allSatisfy({ section[$0] == nil }) {
            report(
                value.place, "`budget` has no limit", "give at least one of \(listed(limits))")
        }
        let energy = section["energy"].flatMap { quantity($0, "`energy`", .energy) }
        let carbon = section["carbon"].flatMap { quantity($0, "`carbon`", .carbon) }
        let money = section["money"].flatMap { self.money($0, "`money`") }
        let excess: SpendingLimit.Excess? =
            section["on-exceed"].map { word($0, "`on-exceed`") } ?? .hold
        guard let excess else { return nil }
        return SpendingLimit(
            energy: energy.map(Joules.init(microjoules:)),
            carbon: carbon.map(GramsCO2e.init(micrograms:)), money: money, onExcess: excess)
    }
}
