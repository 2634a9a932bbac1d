import ErgonModel

extension Ledger {
    func assignments() -> [Plan.Assignment] {
        var all: [Plan.Assignment] = []
        for (index, choice) in model.choices.enumerated() {
            for start in choice.starts {
                let count = tasks(index, start)
                guard count > 0 else { continue }
                all.append(
                    Plan.Assignment(
                        taskClass: choice.taskClass, nodeClass: choice.nodeClass, slot: start,
                        count: count))
            }
        }
        return all.sorted {
            ($0.taskClass, $0.slot, $0.nodeClass) < ($1.taskClass, $1.slot, $1.nodeClass)
        }
    }

    func nodesOn() -> [[Int]] {
        model.nodes.enumerated().map { index, node in
            (0..<model.slots).map { slot in
                Int((on[index * model.slots + slot] * node.count[slot]).rounded())
            }
        }
    }

    /// - Parameter isAlwaysOn: whether all nodes are on until the last task has ended.
    func takes(isAlwaysOn: Bool = false) -> Totals {
        guard !isAlwaysOn else { return alwaysOn().takes() }
        var sum = (dynamic: 0.0, idle: 0.0, starts: 0.0, carbon: 0.0, money: 0.0)
        let transfer = transfers()
        for (index, node) in model.nodes.enumerated() {
            for slot in 0..<model.slots {
                let cell = index * model.slots + slot
                let (busy, idle) = (usage[cell], node.idle[slot] * on[cell])
                let starts = starts(index, slot) * node.start
                let drawn = busy + idle + starts
                sum.dynamic += busy * node.meter[slot]
                sum.idle += idle * node.meter[slot]
                sum.starts += starts * node.meter[slot]
                sum.carbon += drawn * node.carbon[slot]
                sum.money += drawn * node.money[slot] + on[cell] * node.rent[slot]
            }
        }
        return Totals(
            dynamicEnergy: Joules(kilowattHours: sum.dynamic),
            idleEnergy: Joules(kilowattHours: sum.idle),
            startEnergy: Joules(kilowattHours: sum.starts),
            transferEnergy: Joules(kilowattHours: transfer.energy),
            carbon: GramsCO2e(micrograms: whole(sum.carbon * 1e9)),
            money: Money(millionths: whole((sum.money + transfer.money) * 1e6)), end: end(),
            cost: cost)
    }

    private func alwaysOn() -> Ledger {
        var ledger = self
        let lastSlot = lastSlot()
        for (index, node) in model.nodes.enumerated() {
            for slot in 0..<model.slots where slot <= lastSlot && node.isThere[slot] {
                ledger.switchOn(index, slot, node.count[slot] - nodes(index, slot))
            }
        }
        return ledger
    }

    private func transfers() -> (energy: Double, money: Double) {
        var sum = (energy: 0.0, money: 0.0)
        for (index, choice) in model.choices.enumerated() where choice.constantEnergy > 0 {
            let count = Double(choice.starts.reduce(0) { $0 + tasks(index, $1) })
            sum.energy += count * choice.constantEnergy
            sum.money += count * choice.constantMoney
        }
        return sum
    }

    /// The last slot in which a task runs; -1 if there is none.
    private func lastSlot() -> Int {
        var last = -1
        for (index, choice) in model.choices.enumerated() {
            for start in choice.starts.reversed() where tasks(index, start) > 0 {
                last = max(last, model.end(of: choice, from: start))
                break
            }
        }
        return last
    }

    /// When the last task ends, where it can be told: tasks of less than a slot end with it.
    private func end() -> Instant { model.problem.begin(of: lastSlot() + 1) }
}

/// The nearest whole number, at the ends of the scale if it is beyond them.
func whole(_ number: Double) -> Int64 {
    guard number.isFinite else { return number < 0 ? .min : .max }
    return Int64(exactly: number.rounded()) ?? (number < 0 ? .min : .max)
}

extension Joules {
    init(kilowattHours: Double) { self.init(microjoules: whole(kilowattHours * 3.6e12)) }
}
