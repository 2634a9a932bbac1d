import ErgonModel
import ErgonWireMessages

extension Ergon_V1_EnergyReply {
    func text(_ carbon: CarbonTerms) -> String {
        let parts =
            campaigns.map { $0.text(carbon) } + [workersText, sitesText].compactMap(\.self)
        return parts.isEmpty ? "nothing has run" : parts.joined(separator: "\n\n")
    }

    private var sitesText: String? {
        guard sites.contains(where: { !$0.name.isEmpty }) else { return nil }
        return table(
            ["site", "workers", "told", "dynamic", "idle", "site's", "modelled"],
            sites.map { site in
                [
                    site.name.isEmpty ? "(none)" : site.name, "\(site.workers)",
                    joulesText(site.energy), joulesText(site.dynamic), joulesText(site.idle),
                    joulesText(site.own), joulesText(site.modelled),
                ]
            }, right: [1, 2, 3, 4, 5, 6])
    }

    private var workersText: String? {
        guard !workers.isEmpty else { return nil }
        let rows = workers.map { worker in
            [
                worker.name, worker.sourceText, worker.told(worker.energyMicrojoules),
                worker.told(worker.dynamicMicrojoules), worker.told(worker.idleMicrojoules),
                worker.told(worker.unallocatedMicrojoules + worker.remainderMicrojoules),
                worker.droppedText, joulesText(worker.modelled), worker.modelText,
            ]
        }
        let sum = workers.reduce(Int64(0)) { $0 + $1.energyMicrojoules }
        var lines = [
            table(
                [
                    "worker", "meter", "told", "dynamic", "idle", "site's", "unknown", "modelled",
                    "model",
                ], rows, right: [2, 3, 4, 5, 7])
        ]
        if sum > 0 {
            let tasks = workers.reduce(Int64(0)) { $0 + $1.dynamicMicrojoules + $1.idleMicrojoules }
            lines.append(
                "meters told \(joulesText(sum)): tasks \(joulesText(tasks)), the site "
                    + joulesText(sum - tasks))
        }
        if forgottenMicrojoules > 0 {
            lines.append("of campaigns that were forgotten: \(joulesText(forgottenMicrojoules))")
        }
        return lines.joined(separator: "\n")
    }
}

extension Ergon_V1_CampaignEnergy {
    fileprivate func text(_ carbon: CarbonTerms) -> String {
        var lines = ["campaign \(id) `\(name)`: \(ending.isEmpty ? "running" : ending)"]
        if stages.isEmpty { return lines[0] + "; nothing was run" }
        if measured + unclaimedMicrojoules + idle > 0 { lines.append(measuredTable) }
        if modelled > 0 || measured + idle == 0 { lines.append(modelledTable) }
        return (lines + carbonLines(carbon)).joined(separator: "\n")
    }

    private var measuredTable: String {
        table(
            ["measured", "attempts", "counted", "failed", "superseded", "unreported", "idle"],
            stages.map { stage in
                [
                    stage.name, "\(stage.attempts)",
                    joulesText(stage.succeeded.measuredMicrojoules),
                    joulesText(stage.failed.measuredMicrojoules),
                    joulesText(stage.superseded.measuredMicrojoules),
                    joulesText(stage.dynamicMicrojoules - stage.measured),
                    joulesText(stage.idleMicrojoules),
                ]
            }, right: [1, 2, 3, 4, 5, 6])
    }

    private var modelledTable: String {
        table(
            ["modelled", "attempts", "counted", "failed", "superseded"],
            stages.map { stage in
                [
                    stage.name, "\(stage.attempts)",
                    joulesText(stage.succeeded.energyMicrojoules),
                    joulesText(stage.failed.energyMicrojoules),
                    joulesText(stage.superseded.energyMicrojoules),
                ]
            }, right: [1, 2, 3, 4])
    }

    private func carbonLines(_ carbon: CarbonTerms) -> [String] {
        guard let intensity = carbon.intensity else { return [] }
        let grams = rounded(Double(intensity.microgramsPerKilowattHour) / 1e6)
        var lines: [String] = []
        for (kind, energy) in kinds where energy > 0 {
            let joules = Joules(microjoules: energy)
            var line =
                "\(kind): \(joulesText(energy)) at \(grams) g/kWh: "
                + ErgonCommands.text(emissions(of: joules, at: intensity)) + " CO2e"
            if let score = carbon.perUnit(joules, units: done) {
                line += "; SCI \(gramsText(micrograms: score)) for each of \(done) \(unit)"
            }
            lines.append(line)
        }
        let panda = pandaEnergy
        return lines + [
            "PanDA's 10 W a core: \(ErgonCommands.text(panda)), "
                + "\(ErgonCommands.text(emissions(of: panda, at: intensity))) CO2e"
        ]
    }
}

func joulesText(_ microjoules: Int64) -> String {
    text(Joules(microjoules: microjoules))
}

extension Ergon_V1_WorkerEnergy {
    fileprivate var sourceText: String {
        meter.isEmpty ? "" : "\(meter) ±\(meterUncertaintyPercent) %"
    }

    fileprivate var modelText: String { "\(model) ±\(modelUncertaintyPercent) %" }

    /// Nothing where no meter ever told.
    fileprivate func told(_ microjoules: Int64) -> String {
        meter.isEmpty ? "" : joulesText(microjoules)
    }

    fileprivate var droppedText: String {
        droppedIntervals == 0
            ? ""
            : "\(ErgonCommands.text(seconds: Double(droppedMicroseconds) / 1e6)) "
                + "in \(droppedIntervals)"
    }
}
