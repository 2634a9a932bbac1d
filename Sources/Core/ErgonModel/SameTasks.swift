/// Tasks of one campaign whose keys are those of the same tasks of an earlier one: what the
/// earlier ones left is what these would leave. As ranges, whatever the number of tasks.
package struct SameTasks {
    /// One of the two campaigns.
    package struct Side {
        package var campaign: Campaign
        /// The number that a step's tasks are derived from, where it is over an earlier step.
        package var upstream: (Int) -> Int?

        package init(_ campaign: Campaign, upstream: @escaping (Int) -> Int?) {
            self.campaign = campaign
            self.upstream = upstream
        }

        func shards(_ step: Int) -> Shards? {
            Shards(of: campaign.steps[step], in: campaign, upstream: upstream(step))
        }
    }

    private let new: Side
    private let old: Side
    /// Which tasks of a stage of the earlier campaign are done.
    private let done: (Stage) -> IntervalSet
    /// By stages of the new campaign; those without any are left out.
    package private(set) var stages: [Stage: IntervalSet] = [:]

    package init(of new: Side, and old: Side, done: @escaping (Stage) -> IntervalSet) {
        self.new = new
        self.old = old
        self.done = done
        for step in new.campaign.steps.indices { compare(step) }
    }

    /// The same stage in the earlier campaign.
    package func counterpart(of stage: Stage) -> Stage? {
        old.campaign.stepIndex(named: new.campaign.steps[stage.step].name)
            .map { Stage(step: $0, part: stage.part) }
    }

    package var isEmpty: Bool { stages.isEmpty }
    package var count: Int { stages.values.reduce(0) { $0 + $1.count } }

    private mutating func compare(_ step: Int) {
        let spec = new.campaign.steps[step]
        guard let other = old.campaign.stepIndex(named: spec.name),
            case let earlier = old.campaign.steps[other],
            StepKey(of: spec, in: new.campaign) == StepKey(of: earlier, in: old.campaign),
            spec.with.allSatisfy({ isWhollySame($0.source) }),
            let shards = new.shards(step), let former = old.shards(other)
        else { return }
        add(
            within(shards, former, parts(spec, earlier, shards, former)),
            Stage(step: step, part: .work))
        for output in spec.outputs.indices {
            guard let merge = spec.outputs[output].merge, earlier.outputs[output].merge == merge
            else { continue }
            compareMerge(
                step, output, MergeTree(pieces: shards.count, fanIn: merge.fanIn),
                MergeTree(pieces: former.count, fanIn: merge.fanIn))
        }
    }

    private mutating func add(_ tasks: IntervalSet, _ stage: Stage) {
        guard let other = counterpart(of: stage) else { return }
        var same = IntervalSet()
        for range in done(other).ranges { same.formUnion(tasks.intersection(range)) }
        if !same.isEmpty { stages[stage] = same }
    }

    private mutating func compareMerge(
        _ step: Int, _ output: Int, _ tree: MergeTree, _ former: MergeTree
    ) {
        var below = stages[Stage(step: step, part: .work)] ?? IntervalSet()
        for level in tree.widths.indices.dropFirst() where level < former.widths.count {
            let stage = Stage(step: step, part: .merge(output: output, level: level))
            add(
                groups(
                    of: tree.fanIn, in: below,
                    totals: (tree.widths[level - 1], former.widths[level - 1])), stage)
            below = stages[stage] ?? IntervalSet()
        }
    }

    // MARK: What a step's tasks read

    /// Tasks of one point of the grid.
    private func parts(
        _ spec: StepSpec, _ earlier: StepSpec, _ shards: Shards, _ former: Shards
    ) -> IntervalSet {
        switch spec.over {
        case nil: return unread(spec.split, earlier.split, shards)
        case .input(let name):
            let files = new.campaign.input(named: name)?.files ?? []
            let others = old.campaign.input(named: name)?.files ?? []
            return parts(spec.split, files, others, shards, former)
        case .output(let name, let output):
            guard let upstream = new.campaign.stepIndex(named: name) else { return IntervalSet() }
            return parts(spec.split, upstream, output, shards, former)
        }
    }

    private func unread(_ split: Split, _ earlier: Split, _ shards: Shards) -> IntervalSet {
        guard case .seeds(let total, let size, _) = split, case .seeds(let before, _, _) = earlier
        else { return IntervalSet(0..<shards.perPoint) }
        return groups(of: size, in: IntervalSet(0..<min(total, before)), totals: (total, before))
    }

    private func parts(
        _ split: Split, _ files: [InputFile], _ others: [InputFile], _ shards: Shards,
        _ former: Shards
    ) -> IntervalSet {
        var same = IntervalSet()
        for place in 0..<min(files.count, others.count)
        where files[place].name == others[place].name
            && files[place].digest == others[place].digest
            && files[place].events == others[place].events
        { same.insert(place..<place + 1) }
        switch split {
        case .files(let size):
            return groups(of: size, in: same, totals: (files.count, others.count))
        case .events, .lines:
            var parts = IntervalSet()
            for place in same.ranges.joined() {
                guard let tasks = shards.tasks(ofFile: place), !tasks.isEmpty,
                    former.tasks(ofFile: place) == tasks
                else { continue }
                parts.insert(tasks)
            }
            return parts
        case .single, .all, .outputs, .seeds:
            let isSame = same.contains(0..<files.count) && files.count == others.count
            return isSame ? IntervalSet(0..<shards.perPoint) : IntervalSet()
        }
    }

    private func parts(
        _ split: Split, _ upstream: Int, _ output: String, _ shards: Shards, _ former: Shards
    ) -> IntervalSet {
        let work = Stage(step: upstream, part: .work)
        let same = stages[work] ?? IntervalSet()
        guard let count = new.shards(upstream)?.count, let other = counterpart(of: work),
            let before = old.shards(other.step)?.count
        else { return IntervalSet() }
        switch split {
        case .outputs(let size): return groups(of: size, in: same, totals: (count, before))
        case .lines:
            let source = Source.output(
                step: new.campaign.steps[upstream].name, output: output)
            let isSame = isWhollySame(source) && shards == former
            return isSame ? IntervalSet(0..<shards.perPoint) : IntervalSet()
        case .single, .all, .files, .events, .seeds:
            let isSame = count == before && same.contains(0..<count)
            return isSame ? IntervalSet(0..<shards.perPoint) : IntervalSet()
        }
    }

    /// Whether what is read as one file is the same.
    package func isWhollySame(_ source: Source) -> Bool {
        guard case .output(let name, let output) = source else { return true }
        guard let step = new.campaign.stepIndex(named: name),
            let place = new.campaign.steps[step].outputs.firstIndex(where: { $0.name == output }),
            let count = new.shards(step)?.count
        else { return false }
        var stage = Stage(step: step, part: .work)
        if let merge = new.campaign.steps[step].outputs[place].merge {
            let top = MergeTree(pieces: count, fanIn: merge.fanIn).top
            stage.part = .merge(output: place, level: top)
        }
        return stages[stage]?.contains(0..<1) ?? false
    }

    // MARK: Numbers

    /// Every point of a grid reads the same.
    private func within(
        _ shards: Shards, _ former: Shards, _ parts: IntervalSet
    ) -> IntervalSet {
        if shards.points == 1, former.points == 1 { return parts }
        guard shards.perPoint == former.perPoint, shards.perPoint > 0 else { return IntervalSet() }
        let points = min(shards.points, former.points)
        if parts.contains(0..<shards.perPoint) { return IntervalSet(0..<points * shards.perPoint) }
        // More would make a longer list than anybody wants to keep.
        guard points <= Self.mostPoints else { return IntervalSet() }
        var all = IntervalSet()
        for point in 0..<points {
            for range in parts.ranges {
                let first = point * shards.perPoint
                all.insert(first + range.lowerBound..<first + range.upperBound)
            }
        }
        return all
    }

    private static let mostPoints = 4096

    /// Groups of so many neighbours all of which are in `members`.
    /// - Parameter totals: how many there are in the new campaign, and in the earlier one: the last
    ///   group may be smaller.
    private func groups(
        of size: Int, in members: IntervalSet, totals: (new: Int, old: Int)
    ) -> IntervalSet {
        var groups = IntervalSet()
        for range in members.ranges {
            let first = ceilingDivision(range.lowerBound, size)
            let isEnd = range.upperBound == totals.new && totals.new == totals.old
            let end = isEnd ? ceilingDivision(range.upperBound, size) : range.upperBound / size
            if first < end { groups.insert(first..<end) }
        }
        return groups
    }
}
