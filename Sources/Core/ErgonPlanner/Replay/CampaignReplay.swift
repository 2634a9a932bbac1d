import ErgonModel

/// A campaign on a grid, by policies that know the forecast, at what power was really like.
package struct CampaignReplay: Sendable {
    /// With the campaign's classes, and sites as they really were.
    package var actual: PlanningProblem
    /// The same sites with what is known beforehand.
    package var forecast: [Site]

    package init(actual: PlanningProblem, forecast: [Site]) {
        precondition(forecast.count == actual.sites.count, "a forecast for each site")
        self.actual = actual
        self.forecast = forecast
    }

    /// What is decided upon.
    private var known: PlanningProblem {
        var known = actual
        known.sites = forecast
        return known
    }

    package func account(of policy: Policy) -> ReplayAccount {
        account(of: assignments(by: policy))
    }

    /// - Parameter assignments: of tasks, or pieces of tasks, of this problem.
    package func account(of assignments: [Plan.Assignment]) -> ReplayAccount {
        let model = Model(actual)
        var ledger = Ledger(model, assignments)
        ledger.bridge()
        let takes = ledger.takes()
        return ReplayAccount(
            energy: takes.energy, carbon: takes.carbon, money: takes.money, cost: takes.cost,
            carbonAlwaysOn: ledger.takes(isAlwaysOn: true).carbon, watts: ledger.watts(),
            meanWait: meanWait(assignments, model), late: 0,
            left: ledger.unplaced.reduce(0, +))
    }

    private func assignments(by policy: Policy) -> [Plan.Assignment] {
        let model = Model(known)
        switch policy {
        case .planned: return plan(known).assignments
        case .logged, .even: return NaivePlan(model).ledger().assignments()
        case .greedy: return settled(model) { start, _ in start }
        case .threshold:
            let isLow = lowSlots()
            return settled(model) { start, node in
                isLow[model.nodes[node].site][start] ? start : 2 * model.slots - start
            }
        }
    }

    /// All classes, the most urgent first, each where the rank is least, and then the cost.
    private func settled(
        _ model: Model, by rank: (_ start: Int, _ nodeClass: Int) -> Int
    ) -> [Plan.Assignment] {
        var ledger = Ledger(model)
        let resettling = Resettling(model)
        for index in model.urgencyOrder() { resettling.settle(index, in: &ledger, by: rank) }
        return ledger.assignments()
    }

    /// By site and slot: whether the price is among the lowest 30 % of the next 24 hours.
    private func lowSlots() -> [[Bool]] {
        let grid = ReplayGrid(
            actual: actual, forecast: forecast, speeds: actual.nodeClasses.map { _ in 1 },
            perCore: actual.nodeClasses.map { _ in Watts(milliwatts: 0) })
        return forecast.indices.map { site in
            (0..<actual.slots).map { grid.isLow(at: site, $0) }
        }
    }

    /// From being ready to the start.
    private func meanWait(_ assignments: [Plan.Assignment], _ model: Model) -> Microseconds {
        var (sum, count) = (0.0, 0.0)
        for assignment in assignments {
            let ready = max(actual.taskClasses[assignment.taskClass].ready, actual.start)
            let wait = actual.begin(of: assignment.slot) - ready
            sum += Double(assignment.count) * Double(wait.count)
            count += Double(assignment.count)
        }
        return Microseconds(whole(sum / max(1, count)))
    }
}

extension Ledger {
    /// What each site draws in each slot, at its meter.
    func watts() -> [[Watts]] {
        model.problem.sites.indices.map { site in
            (0..<model.slots).map { slot in
                let drawn = model.nodes.indices.reduce(0.0) { sum, index in
                    let node = model.nodes[index]
                    guard node.site == site else { return sum }
                    let cell = index * model.slots + slot
                    let starts = starts(index, slot) * node.start
                    let kilowattHours = usage[cell] + node.idle[slot] * on[cell] + starts
                    return sum + kilowattHours * node.meter[slot]
                }
                return Watts(kilowatts: drawn / model.slotHours)
            }
        }
    }
}
