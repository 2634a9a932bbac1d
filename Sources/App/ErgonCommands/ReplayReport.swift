import ErgonModel
import ErgonPlanner

/// What a policy came to.
struct ReplayRow {
    var name: String
    var kilowattHours: Double
    var kilograms: Double
    var kilogramsAlwaysOn: Double
    var money: Double
    var cost: Double
    /// Hours; `nil` if jobs are cut into seconds.
    var wait: Double?
    var late: Double
    var left: Double
    /// By site and slot; of several forecasts, those of the first.
    var watts: [[Watts]]
    var bound: Double?
    /// What computing it took.
    var seconds: Double

    init(_ name: String, _ account: ReplayAccount, seconds: Double) {
        self.name = name
        kilowattHours = ErgonCommands.kilowattHours(account.energy)
        kilograms = Double(account.carbon.micrograms) / 1e9
        kilogramsAlwaysOn = Double(account.carbonAlwaysOn.micrograms) / 1e9
        money = Double(account.money.millionths) / 1e6
        cost = account.cost
        wait = account.meanWait.map { $0.seconds / 3600 }
        late = Double(account.late)
        left = Double(account.left)
        watts = account.watts
        bound = account.bound
        self.seconds = seconds
    }

    /// - Parameter rows: of one policy under several forecasts; at least one.
    init(meanOf rows: [ReplayRow]) {
        self = rows[0]
        func mean(_ value: (ReplayRow) -> Double) -> Double {
            rows.reduce(0) { $0 + value($1) } / Double(rows.count)
        }
        kilowattHours = mean(\.kilowattHours)
        kilograms = mean(\.kilograms)
        kilogramsAlwaysOn = mean(\.kilogramsAlwaysOn)
        money = mean(\.money)
        cost = mean(\.cost)
        wait = wait.map { _ in mean { $0.wait ?? 0 } }
        late = mean(\.late)
        left = mean(\.left)
        seconds = mean(\.seconds) * Double(rows.count)
    }
}

struct ReplayReport {
    /// What was replayed, for people: `79791 jobs`.
    var what: String
    var count: Int
    var rows: [ReplayRow]
    var problem: PlanningProblem
    var objective: String
    var origins: [String]

    func text() -> String {
        let first = rows.first?.cost ?? 0
        let lines = rows.map { row in
            [
                row.name, fixed(row.kilowattHours), fixed(row.kilograms),
                fixed(row.kilogramsAlwaysOn), fixed(row.money), fixed(row.cost),
                first == 0 ? "" : "\(fixed(100 * (1 - row.cost / first))) %",
                row.wait.map { fixed($0) } ?? "", "\(Int(row.late.rounded()))",
                "\(Int(row.left.rounded()))", fixed(row.seconds),
            ]
        }
        let head = [
            "policy", "kWh", "kg CO2e", "never off", "money", objective, "saved", "wait, h", "late",
            "left", "took, s",
        ]
        var parts = [
            "\(what), \(problem.slots) slots of \(Int(problem.slot.seconds) / 60) min from "
                + "\(problem.start.minuteText) UTC",
            table(head, lines, right: Set(1...10)),
        ]
        if let bound = rows.compactMap(\.bound).first {
            parts.append(
                "No way of running this in its time takes less than \(fixed(bound)) of what counts."
            )
        }
        let policies = rows.map { (name: $0.name, watts: $0.watts) }
        parts.append(PowerPlot(problem, policies: policies).text())
        return (parts + [origins.joined(separator: "\n")]).joined(separator: "\n\n")
    }

    func json() -> [String: JSON] {
        let bound = rows.compactMap(\.bound).first
        return [
            "count": .int(count), "jobs": .int(count), "slots": .int(problem.slots),
            "slotSeconds": .number(problem.slot.seconds),
            "start": .string(problem.start.minuteText), "objective": .string(objective),
            "bound": bound.map { .number($0) } ?? .null,
            "signals": .array(origins.map { .string($0) }),
            "policies": .array(
                rows.map { row in
                    .object([
                        "name": .string(row.name), "kilowattHours": .number(row.kilowattHours),
                        "kilogramsCO2e": .number(row.kilograms),
                        "kilogramsCO2eNeverOff": .number(row.kilogramsAlwaysOn),
                        "money": .number(row.money), "cost": .number(row.cost),
                        "meanWaitHours": row.wait.map { .number($0) } ?? .null,
                        "watts": .object(
                            Dictionary(
                                uniqueKeysWithValues: zip(problem.sites, row.watts).map {
                                    site, watts in
                                    (site.name, .array(inWatts(watts).map { .number($0) }))
                                })),
                        "late": .number(row.late), "left": .number(row.left),
                        "secondsTaken": .number(row.seconds),
                    ])
                }),
        ]
    }
}
