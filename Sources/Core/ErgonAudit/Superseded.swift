import ErgonModel

/// Attempts that came to nothing because another had come first: they cost, and change nothing.
extension CampaignAudit {
    mutating func addSuperseded(_ batch: ResultBatch, _ findings: inout Findings) {
        guard let stage = Stage(name: batch.stage, in: campaign), let count = mostTasks(of: stage)
        else { return report("there never was a stage `\(batch.stage)`", &findings) }
        for problem in batch.problemsAsSuperseded {
            report("\(batch.stage): \(problem)", &findings)
        }
        for result in batch.results {
            let known = result.tasks.clamped(to: 0..<count)
            if known.count < result.count {
                let unknown = known.isEmpty ? result.task : count
                report("\(batch.stage): task \(unknown) of \(count)", &findings)
            }
            if !known.isEmpty { superseded.add(result.of(known)) }
        }
    }

    /// The stage may be one that a reopening did away with, with more tasks than it has now.
    private func mostTasks(of stage: Stage) -> Int? {
        [stages[stage]?.count, formerCounts[stage]].compactMap(\.self).max()
    }
}
