import ErgonCoordinator
import ErgonModel
import ErgonPlanner
import ErgonProvenance

/// The plan as others read it (`docs/ENERGY.md`, "Following a plan").
extension MadePlan {
    func document(_ schedule: Schedule) -> JSON {
        .object([
            "version": .int(1), "start": .string(problem.start.timestamp),
            "slotMicroseconds": .integer(problem.slot.count), "slots": .int(problem.slots),
            "speed": .number(clock.speed),
            "objective": .object([
                "energy": .number(objective.energy), "carbon": .number(objective.carbon),
                "money": .number(objective.money), "time": .number(objective.time),
            ]),
            "cost": .number(plan?.takes.cost ?? 0), "bound": .number(bound),
            "planned": (plan?.takes.spending ?? Spending()).json,
            "naive": (plan?.naive.spending ?? Spending()).json,
            "sites": .array(problem.sites.map(form)), "signals": .array(origins.map(JSON.string)),
            "notes": .array(note.map { [.string($0)] } ?? []),
            "work": .array(
                planned.map { entry in form(entry, schedule.parts[entry.work]) }),
        ])
    }

    /// Two ways of adding up the same numbers must not put the cost below its bound.
    var bound: Double { plan.map { min($0.bound, $0.takes.cost) } ?? 0 }

    func adopted(_ content: StoredFile) -> AdoptedPlan {
        AdoptedPlan(
            content: content, campaigns: campaigns, objective: objective,
            cost: plan?.takes.cost ?? 0, bound: bound,
            forecast: plan?.takes.spending ?? Spending(), signals: origins)
    }

    private func form(_ site: Site) -> JSON {
        .object([
            "name": .string(site.name),
            "gramsPerKilowattHour": .array(
                site.carbon.map { .number(Double($0.microgramsPerKilowattHour) / 1e6) }),
            "pricePerKilowattHour": .array(
                site.price.map { .number(Double($0.millionthsPerKilowattHour) / 1e6) }),
        ])
    }

    /// - Parameter part: `nil` for work that does not find its place and starts when it can.
    private func form(_ entry: Planned, _ part: Schedule.Part?) -> JSON {
        .object([
            "campaign": .int(entry.work.campaign.number), "step": .string(entry.step),
            "deadline": part.map { .string($0.deadline.timestamp) } ?? .null,
            "quotas": part.map { .array($0.quotas.map(form)) } ?? .null,
        ])
    }

    private func form(_ quota: Schedule.Quota) -> JSON {
        .object([
            "site": .string(quota.place.site),
            "nodeClass": quota.place.nodeClass.map(JSON.string) ?? .null,
            "opens": .string(quota.opens.timestamp), "closes": .string(quota.closes.timestamp),
            "tasks": .int(quota.tasks), "why": .string(quota.reason),
        ])
    }
}

extension Spending {
    fileprivate var json: JSON {
        .object([
            "joules": .number(Double(energy.microjoules) / 1e6),
            "gramsCO2e": .number(Double(carbon.micrograms) / 1e6),
            "money": .number(Double(money.millionths) / 1e6),
        ])
    }
}
