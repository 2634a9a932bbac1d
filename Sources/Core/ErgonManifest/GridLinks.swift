import ErgonModel

extension QuantityKind {
    static let nodeStart = QuantityKind(
        counted: "microjoules", example: "10 Wh",
        units: [
            Unit(symbol: "J", factor: 1_000_000), Unit(symbol: "kJ", factor: 1_000_000_000),
            Unit(symbol: "Wh", factor: 3_600_000_000),
            Unit(symbol: "kWh", factor: 3_600_000_000_000),
        ], range: (0...360_000_000_000_000, "from 0 Wh to 100 kWh"))

    static let bandwidth = QuantityKind(
        counted: "bits in a second", example: "10 Gbit/s",
        units: [
            Unit(symbol: "Mbit/s", factor: 1_000_000),
            Unit(symbol: "Gbit/s", factor: 1_000_000_000), Unit(symbol: "MB/s", factor: 8_000_000),
            Unit(symbol: "GB/s", factor: 8_000_000_000),
        ], range: (1...1_000_000_000_000_000, "more than 0 and at most 1,000,000 Gbit/s"))

    static let transferEnergy = QuantityKind(
        counted: "microjoules for a gigabyte", example: "0.03 kWh/GB",
        units: [
            Unit(symbol: "Wh/GB", factor: 3_600_000_000),
            Unit(symbol: "kWh/GB", factor: 3_600_000_000_000),
        ], range: (0...360_000_000_000_000, "from 0 to 100 kWh/GB"))

    static let transferPrice = QuantityKind(
        counted: "millionths for a gigabyte", example: "0.02 /GB",
        units: [Unit(symbol: "/GB", factor: 1_000_000), Unit(symbol: "/TB", factor: 1_000)],
        range: (0...1_000_000_000, "from 0 to 1000 for a GB"))
}

extension Reading {
    /// - Parameter sites: the names that links may have at their ends.
    mutating func links(_ value: Value?, _ sites: [String]) -> [LinkSpec] {
        guard let value,
            let values = list(value, "`links`", "a line each: `- {from: here, to: there}`")
        else { return [] }
        var found: [LinkSpec] = []
        for value in values {
            guard let link = link(value, sites) else { continue }
            if found.contains(where: { $0.from == link.from && $0.to == link.to }) {
                report(value.place, "a second link of these two", "leave one of them out")
            }
            found.append(link)
        }
        return found
    }

    private mutating func link(_ value: Value, _ sites: [String]) -> LinkSpec? {
        let keys = ["from", "to", "bandwidth", "energy", "price"]
        guard let section = section(value, "a link", keys: keys) else { return nil }
        let from = section["from"].flatMap { end($0, "`from`", sites) }
        let to = require("to", of: section, sites.first ?? "SITE").flatMap {
            end($0, "`to`", sites)
        }
        if let from, from == to {
            report(value.place, "a link from \(quoted(from)) to itself", "leave it out")
        }
        let bits = section["bandwidth"].flatMap { quantity($0, "`bandwidth`", .bandwidth) }
        let energy = section["energy"].flatMap { quantity($0, "`energy`", .transferEnergy) }
        let price = section["price"].flatMap { quantity($0, "`price`", .transferPrice) }
        guard let to, from != nil || section["from"] == nil else { return nil }
        return LinkSpec(
            from: from, to: to, bytesPerSecond: bits.map { ByteCount(max(1, $0 / 8)) },
            energyPerGigabyte: energy.map(Joules.init(microjoules:))
                ?? LinkSpec.usualEnergyPerGigabyte,
            pricePerGigabyte: price.map(Money.init(millionths:)) ?? .zero)
    }

    private mutating func end(_ value: Value, _ what: String, _ sites: [String]) -> String? {
        guard let name = text(value, what) else { return nil }
        if sites.contains(name) { return name }
        report(
            value.place, "\(what): there is no site \(quoted(name))",
            choice(for: name, among: sites, called: "sites"))
        return nil
    }

    /// Names of inputs that campaigns read.
    mutating func heldInputs(_ value: Value?) -> [String] {
        guard let value, let names = list(value, "`inputs`", "`[NAME, …]`") else { return [] }
        return names.compactMap { text($0, "an input") }
    }
}
