package import ErgonModel
package import ErgonPlanner

/// A campaign's steps as the planner takes them: a class of tasks each.
///
/// A step that reads another's outputs gets a window of its own behind that one's. Windows share
/// the time in proportion to the work in them.
package struct CampaignDemand: Sendable {
    package struct Class: Sendable {
        package var step: String
        package var tasks: TaskClass
        /// How its run time is known.
        package var source: Experience.Forecast.Source
    }

    package private(set) var classes: [Class] = []
    /// Steps whose number of tasks is known only once earlier ones have run.
    package private(set) var unknown: [String] = []
    /// Whether steps wait for others, so that windows narrow the choice.
    package private(set) var hasWindows = false

    private let grid: PlannedGrid
    private let experience: Experience
    private let clock: SignalClock
    private let campaign: String
    private let start: Instant
    private let deadline: Instant
    private let accepted: Instant
    private let slot: Microseconds

    /// - Parameters:
    ///   - open: how many tasks of each step are to be planned, if not all; `nil` for one whose
    ///     number nobody knows.
    ///   - experience: what tasks of campaigns of that name took before.
    ///   - accepted: from when its longest wait is counted; `nil` for the start.
    ///   - clock: by which the manifest's times become those of the signals.
    package init(
        _ campaign: Campaign, open: [Int?]? = nil, on grid: PlannedGrid,
        experience: Experience = Experience(), clock: SignalClock = .present, start: Instant,
        deadline: Instant, accepted: Instant? = nil, slot: Microseconds, isInterruptible: Bool
    ) {
        self.accepted = accepted ?? start
        (self.grid, self.start, self.deadline, self.slot) = (grid, start, deadline, slot)
        (self.experience, self.clock, self.campaign) = (experience, clock, campaign.name)
        let open =
            open
            ?? campaign.steps.map { step in
                Shards(of: step, in: campaign, upstream: countsUpstream(campaign, step))?.count
            }
        var levels: [Int] = []
        var levelsOfClasses: [Int] = []
        for (step, count) in zip(campaign.steps, open) {
            levels.append(level(of: step, in: campaign, levels))
            guard let count else {
                unknown.append(step.name)
                continue
            }
            levelsOfClasses.append(levels[levels.count - 1])
            classes.append(taskClass(step, count, campaign, isInterruptible))
        }
        setWindows(levelsOfClasses)
        if let wait = campaign.goals.longestWait { endWaits(after: wait) }
    }

    /// What could start only later than that waits for nothing once it can.
    private mutating func endWaits(after longest: Microseconds) {
        for index in classes.indices {
            let wait = accepted + longest - classes[index].tasks.ready
            classes[index].tasks.longestWait = max(.zero, wait)
        }
    }

    private func level(of step: StepSpec, in campaign: Campaign, _ levels: [Int]) -> Int {
        let sources = (step.over.map { [$0] } ?? []) + step.with.map(\.source)
        return sources.reduce(0) { level, source in
            guard case .output(let name, _) = source,
                let index = campaign.stepIndex(named: name), index < levels.count
            else { return level }
            return max(level, levels[index] + 1)
        }
    }

    private func taskClass(
        _ step: StepSpec, _ count: Int, _ campaign: Campaign, _ isInterruptible: Bool
    ) -> Class {
        let needs = step.resources
        var source = Experience.Forecast.Source.requested
        let estimates = grid.nodeClasses.indices.map { index in
            let (estimate, known) = self.estimate(step, on: index)
            source = known
            return estimate
        }
        let data = inputData(of: step, in: campaign)
        let tasks = TaskClass(
            name: step.name, count: count, cores: needs.cpus, memory: needs.memory, ready: start,
            deadline: deadline, run: isInterruptible ? .interruptible : .whole,
            estimates: estimates, input: ByteCount(data.size.bytes / Int64(max(1, count))),
            inputSite: data.site)
        return Class(step: step.name, tasks: tasks, source: source)
    }

    /// What was observed counts most, then what the user expects, then what is allowed.
    private func estimate(
        _ step: StepSpec, on index: Int
    ) -> (Estimate, Experience.Forecast.Source) {
        let (needs, node) = (step.resources, grid.nodeClasses[index])
        let usual = Watts(milliwatts: grid.perCore[index].milliwatts * Int64(needs.cpus))
        let pair = Experience.Pair(
            taskClass: CampaignDemand.className(step, of: campaign), nodeClass: node.name)
        let forecast = experience.forecast(
            pair, requested: clock.inSignals(needs.limit),
            expected: needs.time.map { clock.inSignals($0) }, speed: grid.speeds[index])
        let estimate = Estimate(
            nodeClass: index, runTime: forecast.runTime,
            cautiousRunTime: forecast.cautiousRunTime,
            dynamicPower: forecast.dynamicPower ?? usual)
        return (estimate, forecast.source)
    }

    /// What experience calls the tasks of a step, in whichever campaign of that name.
    package static func className(_ step: StepSpec, of campaign: String) -> String {
        "\(campaign).\(step.name)"
    }

    /// What all tasks of a step read, if it lies at a site.
    private func inputData(
        of step: StepSpec, in campaign: Campaign
    ) -> (size: ByteCount, site: Int?) {
        guard case .input(let name) = step.over, let site = grid.siteOfInput[name],
            let input = campaign.inputs.first(where: { $0.name == name })
        else { return (ByteCount(0), nil) }
        return (ByteCount(input.files.reduce(0) { $0 + $1.size.bytes }), site)
    }

    /// Whole slots for each level: as many as its longest task takes where that runs fastest, and
    /// of the others a share by its work.
    private mutating func setWindows(_ levels: [Int]) {
        let count = (levels.max() ?? 0) + 1
        guard count > 1 else { return }
        hasWindows = true
        var work = Array(repeating: 0.0, count: count)
        var least = (0..<count).map { level in
            // What is over needs no time.
            zip(levels, classes).contains { $0 == level && $1.tasks.count == 0 } ? 0 : 1
        }
        for (index, level) in levels.enumerated() where classes[index].tasks.count > 0 {
            let tasks = classes[index].tasks
            let fastest = tasks.estimates.map(\.runTime.seconds).min() ?? 0
            work[level] += Double(tasks.count * tasks.cores) * fastest
            let feared = tasks.estimates.map(\.cautiousRunTime).min() ?? .zero
            least[level] = max(
                least[level], ceilingDivision(Int(feared.count), Int(slot.count)))
        }
        let slots = Int((deadline - start).count / slot.count)
        let rest = Double(max(0, slots - least.reduce(0, +)))
        let total = max(work.reduce(0, +), 1e-9)
        var (ends, sum, needed) = ([0], 0.0, 0)
        for level in 0..<count {
            sum += work[level]
            needed += least[level]
            ends.append(needed + Int((sum / total * rest).rounded()))
        }
        for (index, level) in levels.enumerated() {
            let begin = start + Microseconds(slot.count * Int64(ends[level]))
            let end = start + Microseconds(slot.count * Int64(ends[level + 1]))
            classes[index].tasks.ready = begin
            classes[index].tasks.deadline = min(deadline, end)
        }
    }
}

/// The number of tasks of the step that `step` reads, where the manifest alone tells.
package func countsUpstream(_ campaign: Campaign, _ step: StepSpec) -> Int? {
    guard case .output(let name, _) = step.over, let index = campaign.stepIndex(named: name) else {
        return nil
    }
    if case .lines = step.split { return nil }
    let earlier = campaign.steps[index]
    return Shards(of: earlier, in: campaign, upstream: countsUpstream(campaign, earlier))?.count
}
