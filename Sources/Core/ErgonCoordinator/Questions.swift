package import ErgonModel

extension Coordinator {
    package enum Question: Hashable, Sendable {
        /// `nil` for all campaigns.
        case status(CampaignSelector?)
        case results(CampaignSelector)
        case explain(CampaignSelector, stage: String, task: Int)
        /// - Parameter attempt: counted from 1 among those that did not count; `nil` for the last
        ///   attempt of all.
        case log(CampaignSelector, stage: String, task: Int, attempt: Int?)
        case workers
        /// What campaigns and workers have spent; `nil` for all campaigns.
        case energy(CampaignSelector?)
        /// What there is to plan, and who could do it.
        case openWork
    }

    package enum CampaignSelector: Hashable, Sendable {
        /// The newest that was submitted.
        case last
        case id(CampaignID)
        /// The newest campaign of that name that was submitted.
        case name(String)

        /// `last`, a number, or a name.
        package init(_ text: String) {
            if text == "last" {
                self = .last
            } else if let number = Int(text) {
                self = .id(CampaignID(number))
            } else {
                self = .name(text)
            }
        }
    }

    package enum Reply: Hashable, Sendable {
        case accepted(CampaignID)
        case ended(SealedCampaign.Ending)
        case unknownCampaign
        case unknownTask(String)
        /// It cannot be done as things stand, and why.
        case refused(String)
        case status(StatusReport)
        case results(ResultsReport)
        case sentence(String)
        case explanation(String, [Trouble])
        case log(StoredFile?)
        case workers([WorkerStatus])
        case energy(EnergyReport)
        case openWork(OpenWork)
    }

    package struct StatusReport: Hashable, Sendable {
        package var campaigns: [CampaignReport]
        package var workers: Int
        package var cpus: Int
        /// Why nothing is started and nothing new is taken.
        package var trouble: String?
        /// How wrong modelled energy may be: the most that any worker, connected or not, says.
        package var energyUncertaintyPercent: Int
    }

    package struct CampaignReport: Hashable, Sendable {
        package var id: CampaignID
        package var name: String
        package var by: String
        package var manifest: Digest
        package var accepted: Instant
        package var sealed: Instant?
        package var ending: SealedCampaign.Ending?
        /// Why nothing of it is started.
        package var held: String?
        /// Why its outputs are not handed out, though it has ended.
        package var withheld: String?
        /// What it waits for of which nothing runs, what speaks against it, or that it only
        /// repeats tasks of another.
        package var notice: String?
        package var stages: [StageReport]
        package var account: Account
    }

    package struct StageReport: Hashable, Sendable {
        package var name: String
        package var tasks: Int?
        package var done: Int
        package var failed: Int
        package var unreachable: Int
        package var leased: Int
        package var meanWall: Microseconds?
    }

    package struct ResultsReport: Hashable, Sendable {
        package struct Kept: Hashable, Sendable {
            /// `step.output/task`.
            package var name: String
            package var file: NamedFile
        }
        package struct FailedTask: Hashable, Sendable {
            package var stage: String
            package var task: Int
            package var reason: String
            /// What it read, for people: files by name, and the range of them.
            package var reads: String
        }

        package var ending: SealedCampaign.Ending?
        /// Why the outputs are for reviewers only.
        package var withheld: String?
        package var published: [PublishedOutput]
        package var kept: [Kept]
        package var coverage: [Coverage]
        package var failures: [FailedTask]
    }

    package struct WorkerStatus: Hashable, Sendable {
        package var facts: WorkerFacts
        package var isConnected: Bool
        package var leasedTasks: Int
        package var finishedTasks: Int
        package var standing: Standing
        /// What speaks against it, though it is given work.
        package var suspicion: String?
    }

    // MARK: Answers

    /// Changes nothing, so that a copy may be asked wherever there is time for it.
    package func answer(_ question: Question, now: Instant) -> Reply {
        switch question {
        case .status(let selector): return status(selector, now)
        case .workers: return .workers(workerReports())
        case .energy(let selector): return energy(selector)
        case .openWork: return .openWork(openWork(now))
        case .results(let selector):
            return campaign(selector).map { .results($0.results()) } ?? .unknownCampaign
        case .log(let selector, let stage, let task, let attempt):
            return withTask(selector, stage, task) { _, state in log(state, task, attempt) }
        case .explain(let selector, let stage, let task):
            return withTask(selector, stage, task) { campaign, state in
                .explanation(explain(campaign, state, task, now), state.troubles[task] ?? [])
            }
        }
    }

    private func log(_ stage: StageState, _ task: Int, _ attempt: Int?) -> Reply {
        guard let attempt else { return .log(stage.logs[task]) }
        let troubles = stage.troubles[task] ?? []
        guard troubles.indices.contains(attempt - 1) else {
            return .unknownTask(
                "of task \(task) of `\(stage.name)` "
                    + "\(counted(troubles.count, "attempt")) did not count")
        }
        return .log(troubles[attempt - 1].log)
    }

    func campaign(_ selector: CampaignSelector) -> CampaignState? {
        switch selector {
        case .last: newest { _ in true }
        case .id(let id): campaigns[id]
        case .name(let name): newest { $0.campaign.name == name }
        }
    }

    /// Of those that run tasks of their own: one that only repeats some has no results to ask for.
    private func newest(where isMeant: (CampaignState) -> Bool) -> CampaignState? {
        campaigns.values.filter { $0.replay == nil && isMeant($0) }.max { $0.id < $1.id }
    }

    private func withTask(
        _ selector: CampaignSelector, _ name: String, _ task: Int,
        _ body: (CampaignState, StageState) -> Reply
    ) -> Reply {
        guard let state = campaign(selector) else { return .unknownCampaign }
        guard let stage = Stage(name: name, in: state.campaign) else {
            let known = state.stages.keys.sorted().map { $0.name(in: state.campaign) }
            return .unknownTask("no stage `\(name)`; there are \(known.joined(separator: ", "))")
        }
        guard let tasks = state.stage(stage) else {
            return .sentence("`\(name)` has no tasks yet: what it is split over is not there")
        }
        guard (0..<tasks.count).contains(task) else {
            return .unknownTask("`\(name)` has tasks 0 to \(tasks.count - 1)")
        }
        return body(state, tasks)
    }

    private func status(_ selector: CampaignSelector?, _ now: Instant) -> Reply {
        var states = campaigns.values.sorted { $0.id < $1.id }
        if let selector {
            guard let state = campaign(selector) else { return .unknownCampaign }
            states = [state]
        }
        let connected = workers.values.filter(\.isConnected)
        return .status(
            StatusReport(
                campaigns: states.map { report(of: $0, now) }, workers: connected.count,
                cpus: connected.reduce(0) { $0 + $1.facts.cpus }, trouble: trouble,
                energyUncertaintyPercent: workers.values
                    .map(\.facts.power.uncertaintyPercent).max() ?? 0))
    }

    private func report(of state: CampaignState, _ now: Instant) -> CampaignReport {
        var report = state.report()
        report.notice = notice(of: state, now) ?? state.replay.map(\.notice)
        return report
    }

    private func workerReports() -> [WorkerStatus] {
        workers.keys.sorted().compactMap { id in
            workers[id].map { state in
                let held = state.leases.compactMap { leases[$0] }
                return WorkerStatus(
                    facts: state.facts, isConnected: state.isConnected,
                    leasedTasks: held.reduce(0) { $0 + $1.remaining.count },
                    finishedTasks: state.finishedTasks, standing: state.standing,
                    suspicion: state.standing == .active ? suspicion(of: id) : nil)
            }
        }
    }
}

extension CampaignState {
    func report() -> Coordinator.CampaignReport {
        Coordinator.CampaignReport(
            id: id, name: campaign.name, by: by, manifest: manifest.digest, accepted: accepted,
            sealed: sealedAt, ending: seal?.ending, held: seal == nil ? wait : nil,
            withheld: seal == nil ? nil : oversight?.withheld,
            stages: stages.values.sorted { $0.stage < $1.stage }.map(\.report)
                + waitingSteps, account: account)
    }

    private var waitingSteps: [Coordinator.StageReport] {
        campaign.steps.indices.filter { stages[Stage(step: $0, part: .work)] == nil }.map {
            Coordinator.StageReport(
                name: campaign.steps[$0].name, tasks: nil, done: 0, failed: 0, unreachable: 0,
                leased: 0, meanWall: nil)
        }
    }

    func results() -> Coordinator.ResultsReport {
        Coordinator.ResultsReport(
            ending: seal?.ending, withheld: oversight?.withheld,
            published: seal?.outputs ?? published(), kept: kept(),
            coverage: seal?.coverage ?? coverage(), failures: failedTasks())
    }

    private func kept() -> [Coordinator.ResultsReport.Kept] {
        campaign.steps.enumerated().flatMap { step, spec -> [Coordinator.ResultsReport.Kept] in
            guard let work = stages[Stage(step: step, part: .work)], !spec.isSingleTask else {
                return []
            }
            return spec.outputs.enumerated().flatMap { position, output in
                output.merge != nil
                    ? []
                    : work.done.ranges.joined().compactMap { task in
                        work.outputs[position][task].map {
                            Coordinator.ResultsReport.Kept(
                                name: "\(spec.name).\(output.name)/\(task)",
                                file: NamedFile(name: output.fileName(task: task), content: $0))
                        }
                    }
            }
        }
    }

    private func failedTasks() -> [Coordinator.ResultsReport.FailedTask] {
        stages.values.sorted { $0.stage < $1.stage }.flatMap { stage in
            stage.reasons.sorted { $0.key < $1.key }.map { task, reason in
                Coordinator.ResultsReport.FailedTask(
                    stage: stage.name, task: task, reason: reason.description,
                    reads: reads(task, of: stage.stage))
            }
        }
    }
}

extension CampaignState {
    /// What a task reads of the campaign's inputs or of an earlier step.
    private func reads(_ task: Int, of stage: Stage) -> String {
        let spec = campaign.steps[stage.step]
        guard stage.part == .work, let over = spec.over,
            let shards = Shards(of: spec, in: campaign, upstream: upstream(of: stage.step))
        else { return "" }
        let shard = shards[task]
        var parts: [String] = []
        switch over {
        case .output: parts.append("\(over.text) \(IntervalSet(shard.files))")
        case .input(let name):
            let files = campaign.input(named: name)?.files ?? []
            let names = files[shard.files.clamped(to: 0..<files.count)].map(\.name)
            parts.append(names.prefix(3).joined(separator: ", ") + (names.count > 3 ? ", …" : ""))
        }
        if let range = shard.range { parts.append("\(IntervalSet(range))") }
        return parts.joined(separator: " ")
    }
}

extension StageState {
    var report: Coordinator.StageReport {
        Coordinator.StageReport(
            name: name, tasks: count, done: done.count, failed: failed.count,
            unreachable: unreachable.count, leased: leased.count, meanWall: meanWall)
    }
}
