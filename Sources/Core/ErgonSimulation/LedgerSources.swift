import ErgonModel

/// What each task reads, derived from the records alone.
extension Ledger {
    /// What counts must have been made of what is on record now.
    mutating func checkReads(_ batch: ResultBatch, _ key: Key) {
        let attempt = Attempt(worker: batch.worker, lease: batch.lease, task: key.task)
        let expected = books.sources(of: key).map { source in
            books.outputs[source.key].map { $0[source.output].digest }
        }
        guard let reads = reads[attempt], reads == expected else {
            return fail("\(name(of: key)) counts, but did not read what is on record")
        }
    }

    /// Whether the task, or something that it reads, was opened again since the lease was granted.
    func isStale(_ key: Key, under lease: LeaseID) -> Bool {
        books.reopenings[key.campaign]?.contains { reopening in
            lease <= reopening.lease && books.reads(key, oneOf: reopening.tasks)
        } ?? false
    }

    /// Nobody may go on with inputs that will be others.
    mutating func takeBackReaders(of tasks: Set<Key>, _ id: CampaignID) {
        let (books, connected) = (books, hands.connected)
        func isStale(_ key: Key) -> Bool {
            key.campaign == id && books.reads(key, oneOf: tasks)
        }
        // Nobody can tell a worker that is away.
        hands.drop { isStale($0) && !connected.contains($1.worker) }
        hands.mustStop { key, _ in isStale(key) }
    }
}

extension Ledger.Books {
    struct Piece: Hashable {
        var key: Ledger.Key
        /// Position in the outputs of that task's stage.
        var output: Int
    }

    /// The task itself, or anything that it reads at whatever remove, is one of `tasks`.
    func reads(_ key: Ledger.Key, oneOf tasks: Set<Ledger.Key>) -> Bool {
        tasks.contains(key)
            || sources(of: key, done: false).contains { reads($0.key, oneOf: tasks) }
    }

    /// What the task reads of earlier tasks, in the order in which it is given to it.
    /// - Parameter done: of what a merge takes, only what is there.
    func sources(of key: Ledger.Key, done: Bool = true) -> [Piece] {
        guard let campaign = campaigns[key.campaign] else { return [] }
        let step = campaign.steps[key.stage.step]
        switch key.stage.part {
        case .merge(let output, let level):
            guard let pieces = shards(of: key.stage.step, key.campaign)?.count,
                let merge = step.outputs[output].merge, let below = key.stage.below
            else { return [] }
            let tree = MergeTree(pieces: pieces, fanIn: merge.fanIn)
            guard level < tree.widths.count, key.task < tree.widths[level] else { return [] }
            return tree.children(of: key.task, level: level).map { child in
                piece(key.campaign, below, child, level == 1 ? output : 0)
            }.filter { !done || states[$0.key] == .done }
        case .work:
            let over = overPieces(key, step, campaign)
            return over + step.with.compactMap { whole($0.source, key.campaign, done: false) }
        }
    }

    private func overPieces(
        _ key: Ledger.Key, _ step: StepSpec, _ campaign: Campaign
    ) -> [Piece] {
        guard case .output(let name, let outputName) = step.over else { return [] }
        if case .lines = step.split {
            return [whole(step.over, key.campaign, done: false)].compactMap(\.self)
        }
        guard let earlier = campaign.stepIndex(named: name),
            let output = campaign.steps[earlier].outputs.firstIndex(where: {
                $0.name == outputName
            }), let shards = shards(of: key.stage.step, key.campaign), key.task < shards.count
        else { return [] }
        let work = Stage(step: earlier, part: .work)
        return shards[key.task].files.map { piece(key.campaign, work, $0, output) }
    }

    private func piece(_ id: CampaignID, _ stage: Stage, _ task: Int, _ output: Int) -> Piece {
        Piece(key: Ledger.Key(campaign: id, stage: stage, task: task), output: output)
    }

    /// How a step is cut, as soon as that is known.
    func shards(of step: Int, _ id: CampaignID) -> Shards? {
        guard let campaign = campaigns[id] else { return nil }
        let spec = campaign.steps[step]
        var upstream: Int?
        if case .output(let name, _) = spec.over, let earlier = campaign.stepIndex(named: name) {
            if case .lines = spec.split {
                upstream = lines[id]?[step]
            } else {
                upstream = shards(of: earlier, id)?.count
            }
        }
        return Shards(of: spec, in: campaign, upstream: upstream)
    }

    /// The one task that leaves a source as one file.
    /// - Parameter done: only if it has.
    func whole(_ source: Source?, _ id: CampaignID, done: Bool = true) -> Piece? {
        guard case .output(let name, let outputName) = source, let campaign = campaigns[id],
            let step = campaign.stepIndex(named: name),
            let output = campaign.steps[step].outputs.firstIndex(where: { $0.name == outputName })
        else { return nil }
        var maker = piece(id, Stage(step: step, part: .work), 0, output)
        if let merge = campaign.steps[step].outputs[output].merge {
            guard let pieces = shards(of: step, id)?.count, pieces > 0 else { return nil }
            let top = MergeTree(pieces: pieces, fanIn: merge.fanIn).top
            maker = piece(id, Stage(step: step, part: .merge(output: output, level: top)), 0, 0)
        }
        return !done || states[maker.key] == .done ? maker : nil
    }
}
