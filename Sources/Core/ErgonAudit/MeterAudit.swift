package import ErgonModel

/// What a worker's meter told, by the records, and what results have of it.
struct MeterAudit {
    private(set) var account = MeterAccount()
    /// Of each campaign what of its dynamic energy no result has.
    private(set) var unclaimed: [CampaignID: Int128] = [:]
    /// The last interval of each process.
    private var last: [Int: Int] = [:]
    /// So many processes are remembered: those that ran last.
    private static let mostLives = 8
    private var lives: [Int] = []

    /// - Returns: what is wrong with it.
    mutating func add(_ interval: EnergyInterval<String>) -> String? {
        var problem = interval.problem
        let (life, number) = (interval.id.life, interval.id.batch)
        if let earlier = last[life], number <= earlier {
            problem = problem ?? "interval \(number) of it follows interval \(earlier)"
        }
        last[life] = number
        lives.removeAll { $0 == life }
        lives.append(life)
        if lives.count > Self.mostLives { last[lives.removeFirst()] = nil }
        account.add(interval)
        for share in interval.shares {
            unclaimed[share.campaign, default: 0] += Int128(share.dynamic.microjoules)
        }
        return problem
    }

    /// - Returns: how many microjoules results say to have of a meter that did not tell of them.
    mutating func claim(_ batch: ResultBatch) -> Int128? {
        let claimed = batch.results.reduce(Int128(0)) { sum, result in
            guard result.meter != nil else { return sum }
            return sum + Int128(result.energy.microjoules) * Int128(result.count)
        }
        guard claimed != 0 else { return nil }
        let left = unclaimed[batch.campaign, default: 0] - claimed
        unclaimed[batch.campaign] = left > 0 ? left : nil
        return left < 0 ? -left : nil
    }
}

extension CampaignAudit {
    /// What a meter told of one of its stages.
    mutating func add(
        _ share: EnergyInterval<String>.Share, _ findings: inout Findings
    ) {
        guard let stage = Stage(name: share.stage, in: campaign) else {
            return report("energy of a stage `\(share.stage)`, which there is not", &findings)
        }
        metered[stage.name(in: campaign), default: MeteredStage()].add(share)
    }
}

/// What meters told of one stage's tasks.
package struct MeteredStage: Hashable, Sendable {
    package private(set) var dynamic = Joules.zero
    package private(set) var idle = Joules.zero

    mutating func add(_ share: EnergyInterval<String>.Share) {
        dynamic += share.dynamic
        idle += share.idle
    }
}
