import ErgonModel
import ErgonWireMessages

/// What the workers of one site have spent together, in microjoules.
struct SiteEnergy: Hashable {
    /// Empty where nobody has said where workers stand.
    var name: String
    var workers = 0
    /// What meters told; the three behind it add up to it.
    var energy: Int64 = 0
    var dynamic: Int64 = 0
    var idle: Int64 = 0
    /// What no task used, and what rounding left.
    var own: Int64 = 0
    var modelled: Int64 = 0

    var json: JSON {
        .object([
            "site": name.isEmpty ? .null : .string(name), "workers": .int(workers),
            "energyMicrojoules": .integer(energy), "dynamicMicrojoules": .integer(dynamic),
            "idleMicrojoules": .integer(idle), "ownMicrojoules": .integer(own),
            "modelledMicrojoules": .integer(modelled),
        ])
    }
}

extension Ergon_V1_EnergyReply {
    /// In the order of their names.
    var sites: [SiteEnergy] {
        var sites: [String: SiteEnergy] = [:]
        for worker in workers {
            var site = sites[worker.site] ?? SiteEnergy(name: worker.site)
            site.workers += 1
            site.energy += worker.energyMicrojoules
            site.dynamic += worker.dynamicMicrojoules
            site.idle += worker.idleMicrojoules
            site.own += worker.unallocatedMicrojoules + worker.remainderMicrojoules
            site.modelled += worker.modelled
            sites[worker.site] = site
        }
        return sites.values.sorted { $0.name < $1.name }
    }
}
