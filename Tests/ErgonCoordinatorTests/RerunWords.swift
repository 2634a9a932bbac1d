import ErgonModel

extension Words {
    /// `0-3,5`
    mutating func tasks() throws -> IntervalSet {
        let word = try next()
        var set = IntervalSet()
        for part in word.split(separator: ",") {
            let ends = part.split(separator: "-").compactMap { Int($0) }
            guard let first = ends.first, let last = ends.last, first <= last else {
                throw StoryFault("`\(word)` are no tasks")
            }
            set.insert(first..<last + 1)
        }
        return set
    }

    /// `1 gen 0-1 w1 and 2 w2`: tasks of a stage of a campaign, and who has run them.
    mutating func rerun() throws -> Rerun {
        let (campaign, stage) = (CampaignID(try number()), try next())
        var parts: [Rerun.Tasks] = []
        repeat {
            let tasks = try tasks()
            parts.append(Rerun.Tasks(workers: [WorkerID(try next())], tasks: tasks))
        } while take("and")
        return Rerun(of: campaign, stage: stage, tasks: parts, draw: nil)
    }
}
