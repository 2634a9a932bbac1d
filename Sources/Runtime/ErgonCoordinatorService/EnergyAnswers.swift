import ErgonCoordinator
import ErgonModel
import ErgonWire
import ErgonWireMessages

extension Ergon_V1_EnergyReply {
    init(_ report: EnergyReport) {
        self.init()
        campaigns = report.campaigns.map(Ergon_V1_CampaignEnergy.init)
        workers = report.nodes.map(Ergon_V1_WorkerEnergy.init)
        forgottenMicrojoules = report.forgotten.microjoules
    }
}

extension Ergon_V1_CampaignEnergy {
    init(_ spent: EnergyReport.Spent) {
        self.init()
        id = Int64(spent.id.number)
        name = spent.name
        ending = spent.ending?.rawValue ?? ""
        stages = spent.steps.map(Ergon_V1_StageEnergy.init)
        unclaimedMicrojoules = spent.unclaimed.microjoules
        done = Int64(spent.done)
        unit = spent.unit
        succeeded = Ergon_V1_AccountLine(spent.account.succeeded)
        failed = Ergon_V1_AccountLine(spent.account.failed)
        superseded = Ergon_V1_AccountLine(spent.account.superseded)
    }
}

extension Ergon_V1_StageEnergy {
    init(_ step: EnergyReport.Step) {
        self.init()
        name = step.name
        succeeded = Ergon_V1_AccountLine(step.account.succeeded)
        failed = Ergon_V1_AccountLine(step.account.failed)
        superseded = Ergon_V1_AccountLine(step.account.superseded)
        dynamicMicrojoules = step.dynamic.microjoules
        idleMicrojoules = step.idle.microjoules
        cores = UInt32(clamping: step.cores)
    }
}

extension Ergon_V1_WorkerEnergy {
    init(_ node: EnergyReport.Node) {
        self.init()
        name = node.facts.worker.name
        succeeded = Ergon_V1_AccountLine(node.account.succeeded)
        failed = Ergon_V1_AccountLine(node.account.failed)
        superseded = Ergon_V1_AccountLine(node.account.superseded)
        if let source = node.source {
            meter = source.rawValue
            meterUncertaintyPercent = UInt32(source.uncertaintyPercent)
        }
        model = node.facts.power.source
        modelUncertaintyPercent = UInt32(clamping: node.facts.power.uncertaintyPercent)
        energyMicrojoules = node.meter.energy.microjoules
        dynamicMicrojoules = node.meter.dynamic.microjoules
        idleMicrojoules = node.meter.idle.microjoules
        unallocatedMicrojoules = node.meter.unallocated.microjoules
        remainderMicrojoules = node.meter.remainder.microjoules
        meteredMicroseconds = node.meter.metered.count
        droppedMicroseconds = node.meter.dropped.count
        droppedIntervals = Int64(node.meter.gaps)
        unclaimedMicrojoules = node.unclaimed.microjoules
        site = node.facts.place?.site ?? ""
    }
}
