import ErgonModel
import ErgonProvenance

/// What a seal must say, derived from the records before it.
extension CampaignAudit {
    func problems(in seal: SealedCampaign) -> [String] {
        let derived = condensed(
            SealedCampaign(
                id: accepted.id, ending: ending, outputs: isReplay ? [] : published,
                coverage: isReplay ? [] : coverage, account: account))
        var problems = cancelledBy == nil && !isReplay ? openEnds : []
        if seal.ending != derived.ending {
            problems.append("sealed as \(seal.ending.rawValue), but is \(derived.ending.rawValue)")
        }
        problems += differences(in: seal.outputs, from: derived.outputs)
        problems += differences(in: seal.coverage, from: derived.coverage)
        problems += differences("succeeded", seal.account.succeeded, succeeded)
        problems += differences("failed", seal.account.failed, failed)
        problems += differences("was superseded", seal.account.superseded, superseded)
        return problems
    }

    // MARK: Ending

    private var ending: SealedCampaign.Ending {
        if cancelledBy != nil { return .cancelled }
        if let replay = accepted.replay { return ending(of: replay) }
        let isWhole = campaign.steps.indices.allSatisfy { work($0) != nil }
        if isWhole, stages.values.allSatisfy({ $0.done.count == $0.count }) { return .complete }
        let hasKept = campaign.steps.enumerated().contains { step, spec in
            spec.outputs.contains { $0.merge == nil } && work(step)?.done.isEmpty == false
        }
        return published.isEmpty && !hasKept ? .failed : .incomplete
    }

    private func ending(of replay: Rerun) -> SealedCampaign.Ending {
        let stage = Stage(name: replay.stage, in: campaign).flatMap { stages[$0] }
        var left = replay.all
        for range in left.ranges { left.subtract(stage?.done.intersection(range) ?? IntervalSet()) }
        if left.isEmpty { return .complete }
        return left == replay.all ? .failed : .incomplete
    }

    /// Tasks that could still have run: nobody may seal a campaign over them. A task is settled if
    /// it is done, has failed for good, or reads something that is not there; what is not there is
    /// judged in its own place.
    private var openEnds: [String] {
        // A step of too many tasks is sized, but never has any.
        let unsized = campaign.steps.indices.filter { work($0) == nil && isOpenFor($0) }
            .filter { step in
                guard case .lines = campaign.steps[step].split else { return false }
                return upstream(of: step) == nil
            }
            .map { "sealed before `\(campaign.steps[$0].name)` was sized" }
        return unsized
            + stages.sorted { $0.key < $1.key }.compactMap { stage, state in
                if stage.part == .work, !isOpenFor(stage.step) { return nil }
                return state.open.ranges.joined().first { mayRun($0, of: stage) }
                    .map { "sealed while task \($0) of \(state.name) could still run" }
            }
    }

    // MARK: Outputs

    /// Every merged output that is on record, and every output of a step that is one task.
    var published: [PublishedOutput] {
        let incomplete = stepsOnPartialInput
        return campaign.steps.enumerated().flatMap { step, spec in
            spec.outputs.enumerated().compactMap { position, output -> PublishedOutput? in
                guard output.merge != nil || spec.isSingleTask,
                    let content = wholeFile(of: .output(step: spec.name, output: output.name))
                else { return nil }
                let missing = missing(step, position)
                return PublishedOutput(
                    name: "\(spec.name).\(output.name)",
                    file: output.fileName(
                        isPartial: !missing.isEmpty || incomplete.contains(spec.name)),
                    content: content, missing: missing)
            }
        }
    }

    /// Outputs that one file should stand for, and that are not on record.
    var unmade: [String] {
        campaign.steps.flatMap { spec in
            spec.outputs.filter { output in
                (output.merge != nil || spec.isSingleTask)
                    && wholeFile(of: .output(step: spec.name, output: output.name)) == nil
            }.map { "\(spec.name).\($0.name)" }
        }
    }

    /// Steps that read a merged output with tasks missing, or anything made from one. Steps stand
    /// in the order in which they read each other.
    private var stepsOnPartialInput: Set<String> {
        var found: Set<String> = []
        for spec in campaign.steps {
            let over = spec.over.map { [$0] } ?? []
            for source in over + spec.with.map(\.source) {
                guard case .output(let name, let outputName) = source,
                    let step = campaign.stepIndex(named: name),
                    let output = campaign.steps[step].outputs.firstIndex(where: {
                        $0.name == outputName
                    })
                else { continue }
                var takesMerged = spec.with.contains { $0.source == source }
                if case .lines = spec.split, spec.over == source { takesMerged = true }
                let lacksTasks = takesMerged && !missing(step, output).isEmpty
                if lacksTasks || found.contains(name) { found.insert(spec.name) }
            }
        }
        return found
    }

    /// Tasks that are not in the merged output: they, or a merge on the way to the top, are not
    /// done.
    private func missing(_ step: Int, _ output: Int) -> IntervalSet {
        guard let work = work(step) else { return IntervalSet() }
        var missing = IntervalSet(0..<work.count)
        missing.subtract(work.done)
        for (stage, tree) in trees where stage.step == step {
            guard case .merge(output, let level) = stage.part, let state = stages[stage] else {
                continue
            }
            var lost = IntervalSet(0..<state.count)
            lost.subtract(state.done)
            for node in lost.ranges.joined() { missing.insert(tree.pieces(of: node, level: level)) }
        }
        return missing
    }

    private func differences(
        in said: [PublishedOutput], from derived: [PublishedOutput]
    ) -> [String] {
        let names = Set((said + derived).map(\.name)).sorted()
        var problems = names.flatMap { name -> [String] in
            let (there, due) = (said.filter { $0.name == name }, derived.filter { $0.name == name })
            guard let output = there.first else { return ["output \(name) is not published"] }
            guard let right = due.first else { return ["output \(name) was never made"] }
            var problems: [String] = []
            if there.count > 1 { problems.append("output \(name) is published twice") }
            if output.content != right.content {
                problems.append("output \(name) is not what its last task left")
            }
            if output.missing != right.missing {
                problems.append(
                    "output \(name) lists as missing `\(output.missing)`, "
                        + "but `\(right.missing)` are")
            }
            if output.file != right.file {
                problems.append("output \(name) is named \(output.file)")
            }
            return problems
        }
        if problems.isEmpty, said != derived { problems = ["the outputs are not in their order"] }
        return problems
    }

    // MARK: Coverage and account

    /// What of every source went through every step, derived from the results on record.
    var coverage: [Coverage] {
        campaign.steps.indices.flatMap { step in
            derivedCoverage(
                of: step, in: campaign, upstream: upstream(of: step), done: work(step)?.done,
                failed: work(step)?.failed ?? [:])
        }
    }

    private func differences(in said: [Coverage], from derived: [Coverage]) -> [String] {
        if said.count != derived.count {
            return ["the seal has \(said.count) statements of coverage, not \(derived.count)"]
        }
        return zip(said, derived).compactMap { said, derived in
            if said == derived { return nil }
            let place = "coverage of \(derived.step) over \(derived.source)"
            if (said.step, said.source, said.unit, said.declared)
                != (derived.step, derived.source, derived.unit, derived.declared)
            {
                return "\(place): it states something else"
            }
            if said.covered != derived.covered {
                return "\(place): says \(said.covered.count) \(said.unit), "
                    + "but \(derived.covered.count) are done"
            }
            return "\(place): the gaps are not those on record"
        }
    }

    private func differences(
        _ name: String, _ said: Account.Line, _ derived: Totals
    ) -> [String] {
        var sum = Totals()
        sum.attempts = said.attempts
        sum.cpu = Int128(said.cpu.count)
        sum.wall = Int128(said.wall.count)
        sum.energy = Int128(said.energy.microjoules)
        sum.measured = Int128(said.measured.microjoules)
        let pairs: [(String, Int128, Int128)] = [
            ("attempts", Int128(sum.attempts), Int128(derived.attempts)),
            ("µs of cpu", sum.cpu, derived.cpu), ("µs of wall time", sum.wall, derived.wall),
            ("µJ", sum.energy, derived.energy),
            ("measured µJ", sum.measured, derived.measured),
        ]
        return pairs.compactMap { unit, said, derived in
            said == derived
                ? nil : "the account of what \(name) says \(said) \(unit), the results \(derived)"
        }
    }
}
