import ErgonModel

func members(of plan: AdoptedPlan) -> [String: JSON] {
    [
        "plan": .string(plan.content.digest.hex), "size": exact(plan.content.size.bytes),
        "campaigns": .array(plan.campaigns.map { exact($0.number) }),
        "objective": .object([
            "energy": .number(plan.objective.energy), "carbon": .number(plan.objective.carbon),
            "money": .number(plan.objective.money), "time": .number(plan.objective.time),
        ]),
        "cost": .number(plan.cost), "bound": .number(plan.bound),
        "forecast": .object([
            "energy": exact(plan.forecast.energy.microjoules),
            "carbon": exact(plan.forecast.carbon.micrograms),
            "money": exact(plan.forecast.money.millionths),
        ]),
        "signals": .array(plan.signals.map { .string($0) }),
    ]
}

extension Fields {
    /// The inverse of `members(of:)` for plans.
    mutating func plan() throws(RecordFault) -> AdoptedPlan {
        var campaigns: [CampaignID] = []
        for value in try array("campaigns") {
            campaigns.append(CampaignID(try ErgonProvenance.count(value, "campaigns")))
        }
        var signals: [String] = []
        for value in try array("signals") {
            guard let line = value.string else { throw .malformed("signals") }
            signals.append(line)
        }
        return AdoptedPlan(
            content: StoredFile(digest: try digest("plan"), size: ByteCount(try int64("size"))),
            campaigns: campaigns, objective: try objective(), cost: try double("cost"),
            bound: try double("bound"), forecast: try forecast(), signals: signals)
    }

    private mutating func objective() throws(RecordFault) -> Weights {
        var weights = try Fields(try value("objective"), "objective")
        let objective = Weights(
            energy: try weights.double("energy"), carbon: try weights.double("carbon"),
            money: try weights.double("money"), time: try weights.double("time"))
        try weights.finish()
        return objective
    }

    private mutating func forecast() throws(RecordFault) -> Spending {
        var amounts = try Fields(try value("forecast"), "forecast")
        let forecast = Spending(
            energy: Joules(microjoules: try amounts.int64("energy")),
            carbon: GramsCO2e(micrograms: try amounts.int64("carbon")),
            money: Money(millionths: try amounts.int64("money")))
        try amounts.finish()
        return forecast
    }

    private mutating func double(_ key: String) throws(RecordFault) -> Double {
        guard let number = try value(key).double else { throw .malformed(key) }
        return number
    }
}
