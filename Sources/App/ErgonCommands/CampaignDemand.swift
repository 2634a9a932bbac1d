import ErgonModel
import ErgonPlanner

/// A campaign's steps as the planner takes them: a class of tasks each.
///
/// A step that reads another's outputs gets a window of its own behind that one's. Windows share
/// the time in proportion to the work in them.
struct CampaignDemand {
    struct Class {
        var step: String
        var tasks: TaskClass
        /// How its run time is known.
        var source: Experience.Forecast.Source
    }

    var classes: [Class] = []
    /// Steps whose number of tasks is known only once earlier ones have run.
    var unknown: [String] = []
    /// Whether steps wait for others, so that windows narrow the choice.
    private(set) var hasWindows = false

    private let grid: PlannedGrid
    private let start: Instant
    private let deadline: Instant
    private let slot: Microseconds

    init(
        _ campaign: Campaign, on grid: PlannedGrid, start: Instant, deadline: Instant,
        slot: Microseconds, isInterruptible: Bool
    ) {
        (self.grid, self.start, self.deadline, self.slot) = (grid, start, deadline, slot)
        var levels: [Int] = []
        var levelsOfClasses: [Int] = []
        for step in campaign.steps {
            levels.append(level(of: step, in: campaign, levels))
            let upstream = countsUpstream(campaign, step)
            guard let count = Shards(of: step, in: campaign, upstream: upstream)?.count else {
                unknown.append(step.name)
                continue
            }
            levelsOfClasses.append(levels[levels.count - 1])
            classes.append(taskClass(step, count, campaign, isInterruptible))
        }
        setWindows(levelsOfClasses)
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
            let speed = grid.speeds[index]
            let power = Watts(milliwatts: grid.perCore[index].milliwatts * Int64(needs.cpus))
            if let time = needs.time {
                source = .observed(0)
                return Estimate(
                    nodeClass: index, runTime: scaled(time, by: speed), dynamicPower: power)
            }
            let pair = Experience.Pair(
                taskClass: step.name, nodeClass: grid.nodeClasses[index].name)
            let forecast = Experience().forecast(pair, requested: needs.limit)
            return Estimate(
                nodeClass: index, runTime: scaled(forecast.runTime, by: speed),
                cautiousRunTime: scaled(forecast.cautiousRunTime, by: speed), dynamicPower: power)
        }
        let data = inputData(of: step, in: campaign)
        let tasks = TaskClass(
            name: step.name, count: count, cores: needs.cpus, memory: needs.memory, ready: start,
            deadline: deadline, run: isInterruptible ? .interruptible : .whole,
            estimates: estimates, input: ByteCount(data.size.bytes / Int64(max(1, count))),
            inputSite: data.site)
        return Class(step: step.name, tasks: tasks, source: source)
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

    private func scaled(_ time: Microseconds, by speed: Double) -> Microseconds {
        Microseconds(max(1, Int64((Double(time.count) / speed).rounded())))
    }

    /// Whole slots for each level: as many as its longest task takes where that runs fastest, and
    /// of the others a share by its work.
    private mutating func setWindows(_ levels: [Int]) {
        let count = (levels.max() ?? 0) + 1
        guard count > 1 else { return }
        hasWindows = true
        var work = Array(repeating: 0.0, count: count)
        var least = Array(repeating: 1, count: count)
        for (index, level) in levels.enumerated() {
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
