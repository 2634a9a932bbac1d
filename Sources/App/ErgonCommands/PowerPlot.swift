import ErgonModel
import ErgonPlanner

/// Power and carbon over time, rows of blocks.
struct PowerPlot {
    /// What draws power: a site, or all sites under a policy.
    struct Row {
        var name: String
        /// In each slot, at the meter.
        var watts: [Double]
    }

    private let problem: PlanningProblem
    private let rows: [Row]
    private let width = 72

    /// A row for each site, and its carbon below.
    /// - Parameter watts: by site and slot.
    init(_ problem: PlanningProblem, watts: [[Watts]]) {
        self.problem = problem
        rows = zip(problem.sites, watts).map { Row(name: $0.name, watts: inWatts($1)) }
    }

    /// A row for each policy; sites are added up.
    init(_ problem: PlanningProblem, policies: [(name: String, watts: [[Watts]])]) {
        self.problem = problem
        rows = policies.map { policy in
            let sum = (0..<problem.slots).map { slot in
                policy.watts.reduce(0) { $0 + Double($1[slot].milliwatts) / 1000 }
            }
            return Row(name: policy.name, watts: sum)
        }
    }

    func text() -> String {
        let most = rows.flatMap(\.watts).max() ?? 0
        let grams = problem.sites.map { site in
            site.carbon.map { Double($0.microgramsPerKilowattHour) / 1e6 }
        }
        let (cleanest, dirtiest) = (grams.joined().min() ?? 0, grams.joined().max() ?? 0)
        let names = rows.map(\.name) + problem.sites.map(\.name)
        let longest = names.map(\.count).max() ?? 0
        func line(_ name: String, _ what: String, _ blocks: String) -> String {
            name + String(repeating: " ", count: longest - name.count) + "  \(what)  \(blocks)"
        }
        var lines = rows.map { row in
            line(row.name, "power ", blocks(row.watts, from: 0, to: most))
        }
        var end = ""
        if dirtiest > cleanest {
            for (site, grams) in zip(problem.sites, grams) {
                lines.append(
                    line(site.name, "carbon", blocks(grams, from: cleanest, to: dirtiest)))
            }
            end = ", carbon from \(fixed(cleanest)) to \(fixed(dirtiest)) g/kWh"
        }
        lines.append(
            "power from 0 to \(fixed(most / 1000)) kW\(end); "
                + "\(problem.start.minuteText) to \(problem.end.minuteText)")
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

func inWatts(_ watts: [Watts]) -> [Double] { watts.map { Double($0.milliwatts) / 1000 } }
