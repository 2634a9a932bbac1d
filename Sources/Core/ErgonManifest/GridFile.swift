package import ErgonModel

/// Reads the description of sites, their nodes and signals (`docs/ENERGY.md`, "The grid file"), as
/// strictly as a manifest.
/// - Parameter file: what errors call the text.
/// - Throws: everything that is wrong with it.
package func parseGrid(_ text: String, file: String) throws(ManifestErrors) -> Grid {
    var reading = Reading()
    let grid = reading.document(text, limits: .written).flatMap { reading.grid($0) }
    guard reading.findings.isEmpty, let grid else {
        throw ManifestErrors(file: file, reading.findings)
    }
    return grid
}

extension Reading {
    fileprivate mutating func grid(_ document: Value) -> Grid? {
        let keys = ["apiVersion", "kind", "slot", "sites", "links"]
        guard let top = section(document, "the grid", keys: keys) else { return nil }
        constant("apiVersion", "ergon/v1", of: top)
        constant("kind", "Grid", of: top)
        let slot = top["slot"].flatMap { duration($0, "`slot`", .slot) }
        guard let value = require("sites", of: top, "{NAME: {nodes: …}}"),
            let entries = entries(value, "`sites`", .part("a site"))
        else { return nil }
        if entries.isEmpty { report(value.place, "`sites` is empty", "name at least one") }
        let sites = entries.compactMap { site($0) }
        let links = links(top["links"], entries.map(\.key))
        return Grid(slot: slot, sites: sites.sorted { $0.name < $1.name }, links: links)
    }

    private mutating func site(_ entry: Entry) -> SiteSpec? {
        let keys = ["pue", "power-cap", "zone", "carbon", "price", "inputs", "nodes"]
        guard let section = section(entry.value, "site \(quoted(entry.key))", keys: keys) else {
            return nil
        }
        let effectiveness = section["pue"].flatMap { decimal($0, "`pue`", in: 1...5) }
        let cap = section["power-cap"].flatMap { power($0, "`power-cap`") }
        let zone = section["zone"].flatMap { text($0, "`zone`") }
        let carbon: SignalSource<CarbonIntensity>? = section["carbon"].flatMap {
            signal($0, "`carbon`", .intensity) {
                CarbonIntensity(microgramsPerKilowattHour: $0)
            }
        }
        let price: SignalSource<EnergyPrice>? = section["price"].flatMap {
            signal($0, "`price`", .energyPrice) { EnergyPrice(millionthsPerKilowattHour: $0) }
        }
        let nodes = nodes(of: section)
        return SiteSpec(
            name: entry.key, powerUsageEffectiveness: effectiveness ?? 1, powerCap: cap,
            zone: zone, carbon: carbon, price: price, inputs: heldInputs(section["inputs"]),
            nodes: nodes)
    }

    private mutating func nodes(of site: Section) -> [NodeSpec] {
        let example = "{NAME: {count: 10, cores: 64, memory: 256 GiB, idle: 90 W, core: 3 W}}"
        guard let value = require("nodes", of: site, example),
            let entries = entries(value, "`nodes`", .part("a class of nodes"))
        else { return [] }
        if entries.isEmpty { report(value.place, "`nodes` is empty", "name at least one") }
        return entries.compactMap { node($0) }.sorted { $0.name < $1.name }
    }

    private mutating func node(_ entry: Entry) -> NodeSpec? {
        let keys = [
            "count", "cores", "memory", "gpus", "speed", "idle", "core", "gpu", "node-hour",
            "suspend", "start",
        ]
        let title = "nodes \(quoted(entry.key))"
        guard let section = section(entry.value, title, keys: keys) else { return nil }
        let count = require("count", of: section, "10").flatMap {
            integer($0, "`count`", in: 1...10_000_000)
        }
        let cores = require("cores", of: section, "64").flatMap {
            integer($0, "`cores`", in: 1...100_000)
        }
        let memory = require("memory", of: section, "256 GiB").flatMap { size($0, "`memory`") }
        let idle = require("idle", of: section, "90 W").flatMap { power($0, "`idle`") }
        let perCore = require("core", of: section, "3 W").flatMap { power($0, "`core`") }
        let (gpus, perGPU) = accelerators(of: section)
        let speed = section["speed"].flatMap { decimal($0, "`speed`", in: 0.01...100) }
        let rent = section["node-hour"].flatMap { quantity($0, "`node-hour`", .nodeHour) }
        let maySuspend = section["suspend"].flatMap { flag($0, "`suspend`") }
        let start = section["start"].flatMap { quantity($0, "`start`", .nodeStart) }
        guard let count, let cores, let memory, let idle, let perCore else { return nil }
        return NodeSpec(
            name: entry.key, count: count, cores: cores, memory: memory, gpus: gpus,
            speed: speed ?? 1, idle: idle, perCore: perCore, perGPU: perGPU,
            tenure: rent.map { .rented(perHour: Money(millionths: $0)) } ?? .owned,
            maySuspend: maySuspend ?? true, startEnergy: Joules(microjoules: start ?? 0))
    }

    private mutating func accelerators(of section: Section) -> (count: Int, power: Watts) {
        let none = Watts(milliwatts: 0)
        guard let value = section["gpus"] else {
            if section["gpu"] != nil {
                report(section.place(of: "gpu"), "`gpu` without `gpus`", "add `gpus: 4`")
            }
            return (0, none)
        }
        let count = integer(value, "`gpus`", in: 1...64)
        let drawn = require("gpu", of: section, "250 W").flatMap { power($0, "`gpu`") }
        return (count ?? 0, drawn ?? none)
    }
}
