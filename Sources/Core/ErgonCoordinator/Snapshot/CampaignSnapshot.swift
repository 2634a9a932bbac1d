import ErgonModel

// One campaign in a snapshot.

extension SnapshotWriter {
    mutating func write(_ state: CampaignState) {
        write(state.id.number)
        write(state.manifest.digest)
        write(state.by)
        write(state.accepted)
        write(state.replay) { $0.write($1) }
        write(state.account)
        write(state.accounts.sorted { $0.key < $1.key }) { writer, entry in
            writer.write(entry.key)
            writer.write(entry.value)
        }
        write(state.metered.sorted { $0.key < $1.key }) { writer, entry in
            writer.write(entry.key)
            writer.write(entry.value.dynamic.microjoules)
            writer.write(entry.value.idle.microjoules)
        }
        write(state.seal) { $0.write($1) }
        write(state.sealedAt) { $0.write($1) }
        write(state.cancelledBy) { $0.write($1) }
        write(state.held) { $0.write($1) }
        write(state.oversight) { $0.write($1) }
        write(state.isHeldForBudget ? 1 : 0)
        write(state.mayPassBudget ? 1 : 0)
        write(state.lines.sorted { $0.key < $1.key }) { writer, lines in
            writer.write(lines.key)
            writer.write(lines.value)
        }
        write(state.unsized.sorted()) { $0.write($1) }
        write(state.stages.sorted { $0.key < $1.key }) { $0.write($1.value) }
        write(state.reopenings) { $0.write($1) }
        write(state.formerCounts.sorted { $0.key < $1.key }) { writer, former in
            writer.write(former.key)
            writer.write(former.value)
        }
    }

    private mutating func write(_ replay: Rerun) {
        write(replay.of.number)
        write(replay.stage)
        write(replay.tasks) { writer, tasks in
            writer.write(tasks.workers) { $0.write($1) }
            writer.write(tasks.tasks)
        }
        write(replay.draw) { writer, draw in
            writer.write(draw.size)
            writer.write(draw.root)
        }
    }

    private mutating func write(_ reopening: CampaignState.Reopening) {
        write(reopening.lease)
        write(reopening.affected.sorted { $0.key < $1.key }) { writer, affected in
            writer.write(affected.key)
            writer.write(affected.value)
        }
    }

    mutating func write(_ account: Account) {
        for line in [account.succeeded, account.failed, account.superseded] {
            write(line.attempts)
            write(line.cpu)
            write(line.wall)
            write(line.energy.microjoules)
            write(line.measured.microjoules)
        }
    }

    private mutating func write(_ seal: SealedCampaign) {
        write(seal.ending.rawValue)
        write(seal.outputs) { writer, output in
            writer.write(output.name)
            writer.write(output.file)
            writer.write(output.content)
            writer.write(output.missing)
        }
        write(seal.coverage) { $0.write($1) }
        write(seal.account)
    }

    private mutating func write(_ entry: Coverage) {
        write(entry.step)
        write(entry.source)
        write(entry.unit)
        write(entry.declared)
        write(entry.covered)
        write(entry.gaps) { writer, gap in
            writer.write(gap.range)
            writer.write(gap.reason)
        }
    }
}

extension SnapshotReader {
    private mutating func replay() throws(ReplayFault) -> Rerun {
        Rerun(
            of: CampaignID(try count()), stage: try text(),
            tasks: try list { reader throws(ReplayFault) in
                Rerun.Tasks(
                    workers: try reader.list { reader throws(ReplayFault) in try reader.worker() },
                    tasks: try reader.set())
            },
            draw: try optional { reader throws(ReplayFault) in
                Rerun.Draw(size: try reader.count(), root: try reader.digest())
            })
    }

    mutating func campaignState(
        _ campaign: (Digest) throws(ReplayFault) -> (Campaign, size: ByteCount)?
    ) throws(ReplayFault) -> CampaignState {
        let (id, manifest) = (CampaignID(try count()), try digest())
        guard let (spec, size) = try campaign(manifest) else {
            throw ReplayFault(problem: "the manifest \(manifest) is not in the store")
        }
        var state = CampaignState(
            id: id, campaign: spec, manifest: StoredFile(digest: manifest, size: size),
            by: try text(), accepted: try instant())
        state.replay = try optional { reader throws(ReplayFault) in try reader.replay() }
        state.account = try account()
        let accounts = try list { reader throws(ReplayFault) in
            (stage: try reader.stage(of: spec), account: try reader.account())
        }
        state.accounts = Dictionary(accounts.map { ($0.stage, $0.account) }) { $1 }
        let metered = try list { reader throws(ReplayFault) in
            (
                stage: try reader.stage(of: spec),
                energy: StageEnergy(
                    dynamic: Joules(microjoules: try reader.int64()),
                    idle: Joules(microjoules: try reader.int64()))
            )
        }
        state.metered = Dictionary(metered.map { ($0.stage, $0.energy) }) { $1 }
        state.seal = try optional { reader throws(ReplayFault) in try reader.seal(of: id) }
        state.sealedAt = try optional { reader throws(ReplayFault) in try reader.instant() }
        state.cancelledBy = try optional { reader throws(ReplayFault) in try reader.text() }
        state.held = try optional { reader throws(ReplayFault) in try reader.text() }
        state.oversight = try optional { reader throws(ReplayFault) in try reader.oversight() }
        state.isHeldForBudget = try count(1) == 1
        state.mayPassBudget = try count(1) == 1
        let lines = try list { reader throws(ReplayFault) in
            (step: try reader.count(spec.steps.count - 1), lines: try reader.count())
        }
        state.lines = Dictionary(lines.map { ($0.step, $0.lines) }) { $1 }
        let unsized = try list { reader throws(ReplayFault) in
            try reader.count(spec.steps.count - 1)
        }
        state.unsized = Set(unsized)
        let stages = try list { reader throws(ReplayFault) in try reader.stageState(of: spec) }
        guard state.restore(stages) else { throw refuse() }
        state.reopenings = try list { reader throws(ReplayFault) in try reader.reopening() }
        for _ in 0..<(try count(1 << 20)) {
            state.formerCounts[try stage(of: spec)] = try count(Shards.limit)
        }
        return state
    }

    private mutating func reopening() throws(ReplayFault) -> CampaignState.Reopening {
        let lease = try lease()
        let affected = try list { reader throws(ReplayFault) in
            (stage: try reader.stage(), tasks: try reader.set())
        }
        return CampaignState.Reopening(
            lease: lease, affected: Dictionary(affected.map { ($0.stage, $0.tasks) }) { $1 })
    }

    mutating func account() throws(ReplayFault) -> Account {
        var account = Account()
        account.succeeded = try line()
        account.failed = try line()
        account.superseded = try line()
        return account
    }

    private mutating func line() throws(ReplayFault) -> Account.Line {
        Account.Line(
            attempts: try count(), cpu: try span(), wall: try span(),
            energy: Joules(microjoules: try int64()), measured: Joules(microjoules: try int64()))
    }

    private mutating func seal(of id: CampaignID) throws(ReplayFault) -> SealedCampaign {
        guard let ending = SealedCampaign.Ending(rawValue: try text()) else { throw refuse() }
        let outputs = try list { reader throws(ReplayFault) in
            PublishedOutput(
                name: try reader.text(), file: try reader.text(), content: try reader.file(),
                missing: try reader.set())
        }
        let coverage = try list { reader throws(ReplayFault) in try reader.coverage() }
        return SealedCampaign(
            id: id, ending: ending, outputs: outputs, coverage: coverage, account: try account())
    }

    private mutating func coverage() throws(ReplayFault) -> Coverage {
        Coverage(
            step: try text(), source: try text(), unit: try text(), declared: try range(),
            covered: try set(),
            gaps: try list { reader throws(ReplayFault) in
                Coverage.Gap(range: try reader.range(), reason: try reader.text())
            })
    }
}

extension CampaignState {
    /// Takes stages and what follows from them in the place of its own.
    /// - Returns: false if they are not stages of this campaign.
    fileprivate mutating func restore(_ restored: [StageState]) -> Bool {
        stages = Dictionary(restored.map { ($0.stage, $0) }) { first, _ in first }
        trees = [:]
        for stage in stages.keys {
            guard case .merge(let output, let level) = stage.part else { continue }
            let step = campaign.steps[stage.step]
            guard let pieces = stages[Stage(step: stage.step, part: .work)]?.count,
                let merge = step.outputs[output].merge
            else { return false }
            let tree = MergeTree(pieces: pieces, fanIn: merge.fanIn)
            guard tree.widths.indices.contains(level), tree.widths[level] == stages[stage]?.count
            else { return false }
            trees[stage] = tree
        }
        return stages.count == restored.count
    }
}
