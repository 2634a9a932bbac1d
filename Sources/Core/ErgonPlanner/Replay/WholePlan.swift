import ErgonModel

extension Replay {
    /// The plan of somebody who knew the whole log and all signals beforehand, and could cut work
    /// as finely as wanted: a second of a core is a task. What it takes, and the bound of the log:
    /// however its jobs are run within their windows, it costs no less. Where shares are fixed each
    /// site does the same part of every window's work.
    package func wholePlan() -> ReplayAccount {
        var problem = grid.actual
        problem.taskClasses = classes()
        let plan = plan(problem)
        var left = 0
        if case .short(let unplaced, _) = plan.verdict { left = unplaced.count }
        return ReplayAccount(
            energy: plan.takes.energy, carbon: plan.takes.carbon,
            money: plan.takes.money, cost: plan.takes.cost,
            carbonAlwaysOn: alwaysOn(plan, problem), watts: plan.watts(in: problem), late: 0,
            left: left, bound: plan.bound)
    }

    /// What work has a window and perhaps a site in common, in seconds of a core of speed 1.
    private func classes() -> [TaskClass] {
        struct Window: Hashable {
            var first: Int
            var end: Int
            var site: Int
        }
        var seconds: [Window: Int64] = [:]
        let sites = sharesAreFixed ? grid.actual.sites.indices.map { $0 } : [-1]
        for waiting in waiting() {
            let work = waiting.job.runTime.count / 1_000_000 * Int64(waiting.job.cores)
            for (number, site) in sites.enumerated() {
                let window = Window(
                    first: waiting.first, end: min(waiting.end, grid.slots), site: site)
                // What cannot be divided goes to the first.
                let rest = number == 0 ? work % Int64(sites.count) : 0
                seconds[window, default: 0] += work / Int64(sites.count) + rest
            }
        }
        let sorted = seconds.sorted {
            ($0.key.first, $0.key.end, $0.key.site) < ($1.key.first, $1.key.end, $1.key.site)
        }
        return sorted.map { window, work in
            TaskClass(
                name: "\(window.first)-\(window.end)", count: Int(work),
                ready: grid.actual.begin(of: window.first),
                deadline: grid.actual.begin(of: window.end),
                estimates: secondOfACore(at: window.site))
        }
    }

    /// - Parameter site: -1 for any.
    private func secondOfACore(at site: Int) -> [Estimate] {
        grid.actual.nodeClasses.indices.filter {
            site < 0 || grid.actual.nodeClasses[$0].site == site
        }.map { node in
            Estimate(
                nodeClass: node, runTime: Microseconds(whole(1e6 / grid.speeds[node])),
                dynamicPower: grid.perCore[node])
        }
    }

    private func alwaysOn(_ plan: Plan, _ problem: PlanningProblem) -> GramsCO2e {
        let model = Model(problem)
        var kilograms = 0.0
        for (index, node) in model.nodes.enumerated() {
            for slot in 0..<model.slots where node.count[slot] > 0 {
                let off = 1 - Double(plan.nodesOn[index][slot]) / node.count[slot]
                kilograms += off * node.idle[slot] * node.carbon[slot]
            }
        }
        return plan.takes.carbon + GramsCO2e(micrograms: whole(kilograms * 1e9))
    }
}
