import ErgonCoordinator
import ErgonModel
import ErgonPlanner

/// What of the nodes' time, and of their sites' power, goes to tasks that workers have already.
struct HeldTime {
    private let experience: Experience
    private let clock: SignalClock
    /// In the signals' time.
    private let present: Instant

    init(_ experience: Experience, _ clock: SignalClock, present: Instant) {
        (self.experience, self.clock, self.present) = (experience, clock, present)
    }

    /// Takes what a class of workers has to do off a problem that begins at present.
    func take(_ crew: OpenWork.Crew, _ grid: PlannedGrid, from problem: inout PlanningProblem) {
        let site = crew.place.site
        guard let kind = crew.place.nodeClass,
            let index = problem.nodeClasses.firstIndex(where: { $0.name == "\(kind)@\(site)" })
        else { return }
        var node = problem.nodeClasses[index]
        node.alreadyOn = crew.held.count
        for held in crew.held {
            let (work, atOnce) = work(of: held, on: node, speed: grid.speeds[index])
            node.take(work, atOnce: atOnce, problem)
        }
        problem.nodeClasses[index] = node
        let busy = Watts(
            milliwatts: node.idlePower.milliwatts
                + grid.perCore[index].milliwatts * Int64(node.cores))
        problem.lowerCap(of: node, by: busy)
    }

    /// - Returns: the work that a worker has, and how much of it goes on at once, in nodes.
    private func work(
        of held: [OpenWork.Held], on node: NodeClass, speed: Double
    ) -> (nodeTime: Double, nodes: Double) {
        var (sum, all) = (0.0, 0.0)
        for tasks in held {
            let needs = tasks.needs
            let forecast = experience.forecast(
                Experience.Pair(
                    taskClass: "\(tasks.campaign).\(tasks.stage)", nodeClass: node.name),
                requested: clock.inSignals(needs.limit),
                expected: needs.time.map { clock.inSignals($0) }, speed: speed)
            let share = node.share(cores: needs.cpus, memory: needs.memory)
            let running = min(Double(tasks.tasks), max(1, (1 / share).rounded(.down)))
            let run = Double(forecast.runTime.count)
            let done = min(run, max(0, Double((present - clock.inSignals(tasks.since)).count)))
            sum += share * (Double(tasks.tasks) * run - running * done)
            all += share * Double(tasks.tasks)
        }
        return (sum, min(1, all))
    }
}

extension NodeClass {
    /// The share of one of them that a task takes.
    func share(cores: Int, memory: ByteCount) -> Double {
        max(
            Double(cores) / Double(self.cores),
            Double(memory.bytes) / Double(max(self.memory.bytes, 1)))
    }

    /// Lays work over the slots, from the present on.
    /// - Parameters:
    ///   - nodeTime: in microseconds of one node.
    ///   - nodes: so many work at it at once.
    mutating func take(_ nodeTime: Double, atOnce nodes: Double, _ problem: PlanningProblem) {
        let nodes = min(nodes, Double(self.nodes.first ?? 0))
        var left = nodeTime
        for slot in 0..<problem.slots where left >= 1 {
            let part = min(left, nodes * Double(problem.rest(of: slot).count))
            if slot == taken.count { taken.append(.zero) }
            taken[slot] = taken[slot] + Microseconds(Int64(part))
            left -= part
        }
    }
}

extension PlanningProblem {
    /// - Parameter busy: what a node of the class draws when all of it works.
    fileprivate mutating func lowerCap(of node: NodeClass, by busy: Watts) {
        guard let usual = sites[node.site].powerCap.last else { return }
        var caps = sites[node.site].powerCap
        while caps.count <= node.taken.count { caps.append(usual) }
        for (slot, taken) in node.taken.enumerated() {
            let whole = rest(of: slot).count
            let drawn = Double(busy.milliwatts) * Double(taken.count) / Double(whole)
            caps[slot] = Watts(milliwatts: max(0, caps[slot].milliwatts - Int64(drawn)))
        }
        sites[node.site].powerCap = caps
    }
}
