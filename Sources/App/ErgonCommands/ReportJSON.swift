import ErgonModel
import ErgonWireMessages

extension Ergon_V1_EnergyReply {
    func json(_ carbon: CarbonTerms) -> [String: JSON] {
        var members: [String: JSON] = [
            "campaigns": .array(campaigns.map { $0.json(carbon) }),
            "workers": .array(workers.map(\.json)), "sites": .array(sites.map(\.json)),
            "forgottenMicrojoules": .integer(forgottenMicrojoules),
        ]
        if let intensity = carbon.intensity {
            members["intensityMicrogramsPerKilowattHour"] = .integer(
                intensity.microgramsPerKilowattHour)
            members["embodiedMicrograms"] = .integer(carbon.embodied.micrograms)
        }
        return members
    }
}

extension Ergon_V1_CampaignEnergy {
    private var lines: [Ergon_V1_AccountLine] { [succeeded, failed, superseded] }

    /// In results.
    var measured: Int64 { lines.reduce(0) { $0 + $1.measuredMicrojoules } }
    var modelled: Int64 { lines.reduce(0) { $0 + $1.energyMicrojoules } }
    var idle: Int64 { stages.reduce(0) { $0 + $1.idleMicrojoules } }

    /// What it drew by each way of knowing; meters know of idle cores, too.
    var kinds: [(name: String, microjoules: Int64)] {
        let dynamic = stages.reduce(0) { $0 + $1.dynamicMicrojoules }
        return [("measured", dynamic + idle), ("modelled", modelled)]
    }

    /// PanDA's: 10 W for each core for as long as an attempt took.
    var pandaEnergy: Joules {
        let perCore = Watts(milliwatts: 10_000)
        return stages.reduce(.zero) { sum, stage in
            let wall = [stage.succeeded, stage.failed, stage.superseded]
                .reduce(Microseconds.zero) { $0 + Microseconds($1.wallMicroseconds) }
            return sum + perCore * (wall * Int(stage.cores))
        }
    }

    fileprivate func json(_ carbon: CarbonTerms) -> JSON {
        var members: [String: JSON] = [
            "campaign": .integer(id), "name": .string(name),
            "state": .string(ending.isEmpty ? "running" : ending),
            "succeeded": succeeded.json, "failed": failed.json, "superseded": superseded.json,
            "unreportedMicrojoules": .integer(unclaimedMicrojoules),
            "idleMicrojoules": .integer(idle), "stages": .array(stages.map(\.json)),
            "done": .integer(done), "unit": .string(unit),
            "pandaMicrojoules": .integer(pandaEnergy.microjoules),
        ]
        if let intensity = carbon.intensity {
            for (kind, energy) in kinds where energy > 0 {
                let joules = Joules(microjoules: energy)
                var found: [String: JSON] = [
                    "microjoules": .integer(energy),
                    "micrograms": .integer(emissions(of: joules, at: intensity).micrograms),
                ]
                found["sciMicrogramsPerUnit"] = carbon.perUnit(joules, units: done).map {
                    .number($0)
                }
                members["\(kind)Carbon"] = .object(found)
            }
            members["pandaMicrograms"] = .integer(
                emissions(of: pandaEnergy, at: intensity).micrograms)
        }
        return .object(members)
    }
}

extension Ergon_V1_StageEnergy {
    var attempts: Int64 { succeeded.attempts + failed.attempts + superseded.attempts }
    /// In results.
    var measured: Int64 {
        [succeeded, failed, superseded].reduce(0) { $0 + $1.measuredMicrojoules }
    }

    fileprivate var json: JSON {
        .object([
            "name": .string(name), "succeeded": succeeded.json, "failed": failed.json,
            "superseded": superseded.json, "dynamicMicrojoules": .integer(dynamicMicrojoules),
            "idleMicrojoules": .integer(idleMicrojoules), "cores": .integer(Int64(cores)),
        ])
    }
}

extension Ergon_V1_WorkerEnergy {
    var modelled: Int64 {
        [succeeded, failed, superseded].reduce(0) { $0 + $1.energyMicrojoules }
    }

    fileprivate var json: JSON {
        .object([
            "name": .string(name), "site": site.isEmpty ? .null : .string(site),
            "succeeded": succeeded.json, "failed": failed.json,
            "superseded": superseded.json, "meter": meter.isEmpty ? .null : .string(meter),
            "meterUncertaintyPercent": .integer(Int64(meterUncertaintyPercent)),
            "model": .string(model),
            "modelUncertaintyPercent": .integer(Int64(modelUncertaintyPercent)),
            "energyMicrojoules": .integer(energyMicrojoules),
            "dynamicMicrojoules": .integer(dynamicMicrojoules),
            "idleMicrojoules": .integer(idleMicrojoules),
            "unallocatedMicrojoules": .integer(unallocatedMicrojoules),
            "remainderMicrojoules": .integer(remainderMicrojoules),
            "meteredMicroseconds": .integer(meteredMicroseconds),
            "droppedMicroseconds": .integer(droppedMicroseconds),
            "droppedIntervals": .integer(droppedIntervals),
            "unreportedMicrojoules": .integer(unclaimedMicrojoules),
        ])
    }
}
