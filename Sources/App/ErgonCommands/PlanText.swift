import ErgonCoordinatorService
import ErgonModel
import ErgonPlanner

extension PlannedCampaign {
    /// For a terminal: what it takes, how good that is, what runs where and why, and power over
    /// time.
    func text(_ name: String) -> String {
        let tasks = problem.taskClasses.reduce(0) { $0 + $1.count }
        let head =
            "\(name): \(counted(tasks, "task")) of \(counted(demand.classes.count, "step")) on "
            + "\(counted(problem.nodeClasses.count, "class", "classes")) of nodes at "
            + "\(counted(problem.sites.count, "site")), \(counted(problem.slots, "slot")) of "
            + "\(text(seconds: problem.slot.seconds)) from \(problem.start.minuteText) UTC, "
            + "to save \(asked)"
        let parts = [
            head, totals(), certificate(), steps(),
            PowerPlot(problem, watts: plan.watts(in: problem)).text(),
            grid.origins.joined(separator: "\n"),
        ]
        return parts.joined(separator: "\n\n")
    }

    private func text(seconds: Double) -> String { ErgonCommands.text(seconds: seconds) }

    private func totals() -> String {
        let (ours, naive) = (plan.takes, plan.naive)
        func row(
            _ what: String, _ value: (Totals) -> Double, _ unit: String
        ) -> [String] {
            let (mine, theirs) = (value(ours), value(naive))
            let saved = theirs == 0 ? "" : "\(rounded(100 * (1 - mine / theirs))) %"
            return ["\(what), \(unit)", fixed(mine), fixed(theirs), saved]
        }
        return table(
            ["", "planned", "at once, spread evenly", "saved"],
            [
                row("energy", { kilowattHours($0.energy) }, "kWh"),
                row("  of it idle", { kilowattHours($0.idleEnergy) }, "kWh"),
                row("  of it starting nodes", { kilowattHours($0.startEnergy) }, "kWh"),
                row("moving data, apart", { kilowattHours($0.transferEnergy) }, "kWh"),
                row("carbon", { Double($0.carbon.micrograms) / 1e9 }, "kg CO2e"),
                row("money", { Double($0.money.millionths) / 1e6 }, "units"),
                row("ends after", { ($0.end - problem.start).seconds / 3600 }, "h"),
                row("what counts", \.cost, asked),
            ], right: [1, 2, 3])
    }

    /// What is proven of the plan.
    private func certificate() -> String {
        switch plan.verdict {
        case .complete:
            return "No plan takes less than \(fixed(bound)) of what counts: this one takes at "
                + "most \(fixed(100 * gap)) % too much."
        case .short(let unplaced, let relax):
            let lines = unplaced.map { shortfall in
                "\(shortfall.count) of `\(name(shortfall.taskClass))` find no place"
            }
            return (lines + (relax.map { [advice($0)] } ?? [])).joined(separator: "\n")
        }
    }

    private func name(_ index: Int) -> String { demand.classes[index].step }

    private func advice(_ relax: Relaxation) -> String {
        func sure(_ isProven: Bool) -> String {
            guard isProven else {
                return "no plan was found, though it is not proven that there is none"
            }
            return demand.hasWindows
                ? "proven for these windows: steps that read others come after them" : "proven"
        }
        switch relax {
        case .deadlines(let classes, let isProven):
            let names = classes.map { "`\(name($0))`" }.joined(separator: ", ")
            return "It would do to give up the deadline of \(names) (\(sure(isProven)))."
        case .notEnough(let isProven):
            return "No deadline helps: there is too little of what tasks need, or of time "
                + "(\(sure(isProven)))."
        }
    }

    private func steps() -> String {
        let rows = demand.classes.indices.map { index in
            let tasks = problem.taskClasses[index]
            var known = ""
            switch demand.classes[index].source {
            case .observed(let count): known = counted(count, "result")
            case .expected: known = "`time`"
            case .inferred: known = "like others"
            case .requested: known = "`limit` / 6.7"
            }
            return [
                name(index), "\(tasks.count)", places(of: index), known,
                plan.explanation(of: index, in: problem).sentence,
            ]
        }
        return table(["step", "tasks", "runs on", "time from", "when and why"], rows, right: [1])
    }

    /// `new@north 70 %, old@north 30 %`
    private func places(of index: Int) -> String {
        var counts: [Int: Int] = [:]
        for part in plan.assignments where part.taskClass == index {
            counts[part.nodeClass, default: 0] += part.count
        }
        let total = max(1, counts.values.reduce(0, +))
        let most = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        return most.prefix(3).map { node, count in
            "\(problem.nodeClasses[node].name) \(count * 100 / total) %"
        }.joined(separator: ", ") + (most.count > 3 ? " …" : "")
    }
}

func kilowattHours(_ energy: Joules) -> Double { Double(energy.microjoules) / 3.6e12 }

/// Four digits that say something, never an exponent.
func fixed(_ value: Double) -> String {
    guard value.isFinite else { return "-" }
    let size = abs(value)
    let decimals = size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : size >= 1 ? 3 : 4
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let number = (size * scale).rounded()
    guard number < 9e15 else { return "\(value)" }
    let digits = String(Int64(number))
    let sign = value < 0 && number > 0 ? "-" : ""
    guard decimals > 0 else { return sign + digits }
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    return "\(sign)\(padded.dropLast(decimals)).\(padded.suffix(decimals))"
}
