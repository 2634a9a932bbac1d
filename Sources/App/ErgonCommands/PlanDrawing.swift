import ErgonModel
import ErgonPlanner

/// The plan as SVG 1.1: for each site what its classes of nodes draw, one on top of the other, and
/// the carbon intensity as a line over it.
func drawing(of planned: PlannedCampaign) -> String {
    PlanDrawing(planned).text()
}

private struct PlanDrawing {
    private let planned: PlannedCampaign
    /// By site and slot.
    private let watts: [[Double]]
    /// g/kWh by site and slot.
    private let grams: [[Double]]
    private let loads: [[Plan.Load]]
    private let left = 70.0
    private let top = 50.0
    private let width = 800.0
    private let height = 120.0
    private let gap = 60.0
    private let colours = ["#3b6ea8", "#d98841", "#5a9a68", "#9a6bb0", "#b65a5a", "#6b6b6b"]

    init(_ planned: PlannedCampaign) {
        self.planned = planned
        watts = planned.plan.watts(in: planned.problem).map(inWatts)
        grams = planned.problem.sites.map { site in
            site.carbon.map { Double($0.microgramsPerKilowattHour) / 1e6 }
        }
        loads = planned.plan.loads(in: planned.problem)
    }

    func text() -> String {
        let sites = planned.problem.sites
        let tall = top + Double(sites.count) * (height + gap)
        var lines = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(left + width + 70)\" "
                + "height=\"\(tall)\" font-family=\"sans-serif\" font-size=\"12\">",
            "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>",
        ]
        for index in sites.indices { lines += panel(index) }
        return (lines + ["</svg>\n"]).joined(separator: "\n")
    }

    private func panel(_ site: Int) -> [String] {
        let base = top + Double(site) * (height + gap) + height
        let problem = planned.problem
        let most = max(watts.joined().max() ?? 0, 1e-9)
        let step = width / Double(problem.slots)
        let nodes = problem.nodeClasses.indices.filter { problem.nodeClasses[$0].site == site }
        var lines = [label(left, base - height - 24, problem.sites[site].name, bold: true)]
        var floor = Array(repeating: base, count: problem.slots)
        for (number, node) in nodes.enumerated() {
            let colour = colours[number % colours.count]
            lines.append(
                label(
                    left + 120 + Double(number) * 150, base - height - 24,
                    problem.nodeClasses[node].name, colour))
            for slot in 0..<problem.slots {
                let load = loads[node][slot]
                let drawn = Double(load.total.milliwatts) / 1000
                guard drawn > 0 else { continue }
                let tall = drawn / most * height
                floor[slot] -= tall
                lines.append(
                    "<rect x=\"\(short(left + Double(slot) * step))\" y=\"\(short(floor[slot]))\" "
                        + "width=\"\(short(step))\" height=\"\(short(tall))\" fill=\"\(colour)\"/>")
            }
        }
        lines.append(label(5, base - height + 4, "\(fixed(most / 1000)) kW"))
        lines.append(label(left, base + 16, problem.start.minuteText))
        lines.append(label(left + width - 110, base + 16, problem.end.minuteText))
        lines.append(
            "<path d=\"M\(left) \(base)H\(left + width)\" stroke=\"black\" fill=\"none\"/>")
        return lines + carbon(site, base, step)
    }

    private func carbon(_ site: Int, _ base: Double, _ step: Double) -> [String] {
        let most = grams.joined().max() ?? 0
        guard most > 0 else { return [] }
        let points = grams[site].enumerated().map { slot, grams in
            "\(short(left + (Double(slot) + 0.5) * step)),\(short(base - grams / most * height))"
        }.joined(separator: " ")
        return [
            "<polyline points=\"\(points)\" fill=\"none\" stroke=\"#222\" "
                + "stroke-dasharray=\"4 3\"/>",
            label(left + width + 5, base - height + 4, "\(fixed(most)) g/kWh"),
        ]
    }

    private func label(
        _ x: Double, _ y: Double, _ text: String, _ colour: String = "#222", bold: Bool = false
    ) -> String {
        let weight = bold ? " font-weight=\"bold\"" : ""
        let place = "x=\"\(short(x))\" y=\"\(short(y))\""
        return "<text \(place) fill=\"\(colour)\"\(weight)>\(text)</text>"
    }

    private func short(_ number: Double) -> String { "\((number * 10).rounded() / 10)" }
}
