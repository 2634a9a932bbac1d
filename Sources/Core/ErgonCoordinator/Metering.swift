import ErgonModel

/// What workers' meters tell, and whose it is.
extension Coordinator {
    /// Puts on record what of a report's intervals is new and can be true. Those of a process come
    /// in order; what is heard again is known by its number.
    mutating func record(
        _ intervals: [ReportedInterval], from worker: WorkerID, _ now: Instant,
        _ effects: inout [Effect]
    ) {
        for interval in intervals {
            guard let there = workers[worker], there.isNew(interval.id), interval.problem == nil
            else { continue }
            // What is of no campaign any more is the site's.
            let named = interval.naming { id, stage in campaigns[id]?.nameOnRecord(of: stage) }
            commit(
                .energyMetered(MeteredEnergy(worker: worker, interval: named)), now, &effects)
        }
    }

    /// Results can only have what a meter told: whoever claims more gets what is left.
    func covered(_ report: WorkerReport, from worker: WorkerID) -> [TaskResult] {
        guard report.results.contains(where: { $0.meter != nil }) else { return report.results }
        var left = workers[worker]?.unclaimed[report.campaign] ?? .zero
        return report.results.map { result in
            guard result.meter != nil else { return result }
            var result = result
            let most = Joules(microjoules: left.microjoules / Int64(max(result.count, 1)))
            result.energy = min(result.energy, most)
            left = Joules(
                microjoules: left.microjoules - (result.energy * result.count).microjoules)
            return result
        }
    }

    /// Takes in what attempts on record cost.
    mutating func charge(_ spent: Account, for batch: ResultBatch, of stage: Stage) {
        campaigns[batch.campaign]?.account += spent
        campaigns[batch.campaign]?.accounts[stage, default: Account()] += spent
        workers[batch.worker]?.account += spent
        workers[batch.worker]?.claim(batch)
    }

    /// Takes in what is on record of a meter.
    mutating func apply(_ energy: MeteredEnergy, at time: Instant) throws(ReplayFault) {
        for share in energy.interval.shares {
            guard let state = campaigns[share.campaign],
                let stage = Stage(name: share.stage, in: state.campaign)
            else {
                throw ReplayFault(
                    problem: "campaign \(share.campaign) has no stage `\(share.stage)`")
            }
            campaigns[share.campaign]?.metered[stage, default: StageEnergy()].add(share)
        }
        workers[energy.worker]?.add(energy.interval, at: time)
    }
}

/// What meters told of one stage's tasks: reported ones, running ones and lost ones.
struct StageEnergy: Hashable, Sendable {
    var dynamic = Joules.zero
    var idle = Joules.zero

    mutating func add(_ share: EnergyInterval<String>.Share) {
        dynamic += share.dynamic
        idle += share.idle
    }
}

extension CampaignState {
    /// `nil` if the campaign has no such stage.
    fileprivate func nameOnRecord(of stage: Stage) -> String? {
        guard campaign.steps.indices.contains(stage.step) else { return nil }
        if case .merge(let output, let level) = stage.part {
            guard campaign.steps[stage.step].outputs.indices.contains(output), level > 0,
                level <= 64
            else { return nil }
        }
        let name = stage.name(in: campaign)
        return Stage(name: name, in: campaign) == stage ? name : nil
    }
}

extension WorkerState {
    /// A process's intervals come in order.
    fileprivate func isNew(_ interval: ReportID) -> Bool {
        guard let last = intervals.first(where: { $0.life == interval.life }) else { return true }
        return last < interval
    }

    fileprivate mutating func add(_ interval: EnergyInterval<String>, at time: Instant) {
        lastRecord = time
        meter.add(interval)
        if case .measured(_, let source) = interval.reading { meterSource = source }
        for share in interval.shares {
            unclaimed[share.campaign, default: .zero] += share.dynamic
        }
        intervals.removeAll { $0.life == interval.id.life }
        intervals.append(interval.id)
        if intervals.count > Self.mostLives { intervals.removeFirst() }
    }

    /// Results on record have what the meter told of them.
    mutating func claim(_ batch: ResultBatch) {
        let claimed = batch.results.reduce(Joules.zero) { sum, result in
            result.meter == nil ? sum : sum + result.energy * result.count
        }
        guard claimed > .zero, let before = unclaimed[batch.campaign] else { return }
        let left = before.microjoules - min(before, claimed).microjoules
        unclaimed[batch.campaign] = left == 0 ? nil : Joules(microjoules: left)
    }
}
