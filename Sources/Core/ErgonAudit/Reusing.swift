import ErgonModel

/// Results of an earlier campaign that stand for tasks of this one.
extension CampaignAudit {
    mutating func reuse(
        _ reused: ReusedResults, from earlier: CampaignAudit, _ findings: inout Findings
    ) {
        if sealed != nil || cancelledBy != nil {
            report("results were reused after its end", &findings)
        }
        let same = SameTasks(of: side, and: earlier.side) {
            earlier.stages[$0]?.done ?? IntervalSet()
        }
        for entry in reused.tasks {
            guard let stage = Stage(name: entry.stage, in: campaign),
                let index = stages.index(forKey: stage),
                let left = same.counterpart(of: stage).flatMap({ earlier.stages[$0] })
            else {
                report("no stage `\(entry.stage)` to reuse results in", &findings)
                continue
            }
            let allowed = same.stages[stage] ?? IntervalSet()
            if !entry.tasks.ranges.allSatisfy({ allowed.contains($0) }) {
                report(
                    "\(entry.stage): tasks \(entry.tasks) are not those of campaign "
                        + "\(earlier.accepted.id), but have its results", &findings)
            }
            if !stages.values[index].take(entry.tasks, from: left) {
                report(
                    "\(entry.stage): tasks \(entry.tasks) cannot have the results of campaign "
                        + "\(earlier.accepted.id)", &findings)
            }
        }
    }

    private var side: SameTasks.Side {
        SameTasks.Side(campaign) { upstream(of: $0) }
    }
}
