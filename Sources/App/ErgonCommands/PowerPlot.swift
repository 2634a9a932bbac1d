import ErgonModel
import ErgonPlanner

/// Power and carbon over time, a row of blocks for each site.
struct PowerPlot {
    private let planned: PlannedCampaign
    /// Watts at the meter by site and slot.
    let watts: [[Double]]
    /// g/kWh by site and slot.
    let grams: [[Double]]
    private let width = 72

    init(_ planned: PlannedCampaign) {
        self.planned = planned
        let problem = planned.problem
        let loads = planned.plan.loads(in: problem)
        watts = problem.sites.indices.map { site in
            (0..<problem.slots).map { slot in
                problem.nodeClasses.indices.reduce(0) { sum, node in
                    guard problem.nodeClasses[node].site == site else { return sum }
                    let load = loads[node][slot]
                    return sum + Double(load.dynamic.milliwatts + load.idle.milliwatts) / 1000
                }
            }
        }
        grams = problem.sites.map { site in
            site.carbon.map { Double($0.microgramsPerKilowattHour) / 1e6 }
        }
    }

    func text() -> String {
        let most = watts.joined().max() ?? 0
        let cleanest = grams.joined().min() ?? 0
        let dirtiest = grams.joined().max() ?? 0
        let names = planned.problem.sites.map(\.name)
        let longest = names.map(\.count).max() ?? 0
        var lines: [String] = []
        for (index, name) in names.enumerated() {
            let title = name + String(repeating: " ", count: longest - name.count)
            let blank = String(repeating: " ", count: longest)
            lines.append("\(title)  power   \(blocks(watts[index], from: 0, to: most))")
            if dirtiest > cleanest {
                lines.append(
                    "\(blank)  carbon  \(blocks(grams[index], from: cleanest, to: dirtiest))")
            }
        }
        lines.append(
            "power from 0 to \(fixed(most / 1000)) kW, carbon from \(fixed(cleanest)) to "
                + "\(fixed(dirtiest)) g/kWh; "
                + "\(planned.problem.start.minuteText) to \(planned.problem.end.minuteText)")
        return lines.joined(separator: "\n")
    }

    /// Means of as many slots as go into a column.
    private func blocks(_ values: [Double], from low: Double, to high: Double) -> String {
        let symbols = Array(" ▁▂▃▄▅▆▇█")
        let columns = min(width, values.count)
        return String(
            (0..<columns).map { column in
                let first = column * values.count / columns
                let part = values[first..<max(first + 1, (column + 1) * values.count / columns)]
                let mean = part.reduce(0, +) / Double(part.count)
                guard high > low else { return symbols[0] }
                let level = (mean - low) / (high - low) * 8
                return symbols[max(0, min(8, Int(level.rounded(.up))))]
            })
    }
}
