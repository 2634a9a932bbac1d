import ErgonModel

/// Which tasks may run, and which never will, by what became of those that they read.
extension CampaignState {
    /// Sorts the open tasks of `range` into runnable, waiting and hopeless.
    mutating func refresh(_ step: Int, _ range: Range<Int>) {
        let work = Stage(step: step, part: .work)
        guard let state = stages[work], !range.isEmpty else { return }
        let open = state.undecided(in: range)
        var (runnable, hopeless) = (IntervalSet(), IntervalSet())
        switch gate(of: step) {
        case .waiting: return
        case .never: hopeless = open
        case .there: (runnable, hopeless) = sort(open, of: step)
        }
        decide(work, runnable: runnable, hopeless: hopeless)
    }

    private mutating func decide(
        _ stage: Stage, runnable: IntervalSet, hopeless: IntervalSet
    ) {
        let step = campaign.steps[stage.step]
        let memory = campaign.resources(of: stage).memory
        update(stage) {
            $0.makeReady(runnable, step, memory: memory)
            $0.unreachable.formUnion(hopeless)
        }
        for range in hopeless.ranges { settle(stage, range) }
    }

    private func sort(
        _ open: IntervalSet, of step: Int
    ) -> (runnable: IntervalSet, hopeless: IntervalSet) {
        let spec = campaign.steps[step]
        guard let source = spec.over, let earlier = producer(of: source) else {
            return (open, IntervalSet())
        }
        if case .lines = spec.split { return (open, IntervalSet()) }
        guard let below = stages[Stage(step: earlier, part: .work)],
            let shards = Shards(of: spec, in: campaign, upstream: upstream(of: step))
        else { return (IntervalSet(), IntervalSet()) }
        if case .outputs(let size) = spec.split {
            return sort(open, below, perPoint: shards.perPoint, size: size)
        }
        // Each reads all there is.
        if below.done.count == below.count { return (open, IntervalSet()) }
        return (IntervalSet(), below.lost(in: 0..<below.count).isEmpty ? IntervalSet() : open)
    }

    /// Task *i* of a point of the grid reads tasks [i·size, (i+1)·size) of the step below.
    private func sort(
        _ open: IntervalSet, _ below: StageState, perPoint: Int, size: Int
    ) -> (runnable: IntervalSet, hopeless: IntervalSet) {
        let readers = Readers(perReader: size, below: below.count)
        var (runnable, hopeless) = (IntervalSet(), IntervalSet())
        for range in open.ranges {
            for point in range.lowerBound / perPoint...(range.upperBound - 1) / perPoint {
                let first = point * perPoint
                let parts = range.clamped(to: first..<first + perPoint)
                let own = parts.lowerBound - first..<parts.upperBound - first
                let reads = readers.read(by: own)
                let ready = readers.ofAll(below.done.intersection(reads))
                let lacking = readers.ofAny(below.lost(in: reads))
                for part in ready.intersection(own).ranges {
                    runnable.insert(part.moved(by: first))
                }
                for part in lacking.intersection(own).ranges {
                    hopeless.insert(part.moved(by: first))
                }
            }
        }
        return (runnable, hopeless)
    }

    mutating func refreshMerge(
        _ step: Int, _ output: Int, level: Int, below range: Range<Int>
    ) {
        let stage = Stage(step: step, part: .merge(output: output, level: level))
        guard let tree = trees[stage], let merge = campaign.steps[step].outputs[output].merge,
            let state = stages[stage], let below = stage.below.flatMap({ stages[$0] }),
            !range.isEmpty
        else { return }
        let readers = Readers(perReader: tree.fanIn, below: below.count)
        let nodes = range.lowerBound / tree.fanIn..<ceilingDivision(range.upperBound, tree.fanIn)
        let reads = readers.read(by: nodes)
        let (done, lost) = (below.done.intersection(reads), below.lost(in: reads))
        var settled = done
        settled.formUnion(lost)
        let open = state.undecided(in: nodes)
        let due = open.intersection(readers.ofAll(settled))
        let mayRun = merge.missing == .partial ? readers.ofAny(done) : readers.ofAll(done)
        let runnable = due.intersection(mayRun)
        decide(stage, runnable: runnable, hopeless: due.subtracting(runnable))
    }
}

/// Readers each of which reads the next few tasks below, the last one what is left.
private struct Readers {
    var perReader: Int
    var below: Int

    func read(by readers: Range<Int>) -> Range<Int> {
        min(readers.lowerBound * perReader, below)..<min(readers.upperBound * perReader, below)
    }

    /// Those that read nothing but `tasks`.
    func ofAll(_ tasks: IntervalSet) -> IntervalSet {
        var readers = IntervalSet()
        for range in tasks.ranges {
            let first = ceilingDivision(range.lowerBound, perReader)
            let end =
                range.upperBound == below
                ? ceilingDivision(below, perReader) : range.upperBound / perReader
            if first < end { readers.insert(first..<end) }
        }
        return readers
    }

    /// Those that read at least one of `tasks`.
    func ofAny(_ tasks: IntervalSet) -> IntervalSet {
        var readers = IntervalSet()
        for range in tasks.ranges {
            readers.insert(
                range.lowerBound / perReader..<ceilingDivision(range.upperBound, perReader))
        }
        return readers
    }
}

extension StageState {
    /// Those that will never leave anything.
    fileprivate func lost(in range: Range<Int>) -> IntervalSet {
        var lost = failed.intersection(range)
        lost.formUnion(unreachable.intersection(range))
        return lost
    }
}

extension Range<Int> {
    fileprivate func moved(by distance: Int) -> Range<Int> {
        lowerBound + distance..<upperBound + distance
    }
}
