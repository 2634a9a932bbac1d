package import ErgonModel

/// Whose attempts count in a campaign, by stage and worker; as ranges, whatever the number of
/// tasks. What was taken over from another campaign was made there, and is not among them.
package struct Makers: Sendable {
    package let campaign: CampaignID
    private var done: [WorkerID: [String: IntervalSet]] = [:]

    package init(of campaign: CampaignID) { self.campaign = campaign }

    package mutating func add(_ event: RecordedEvent) {
        switch event {
        case .results(let batch):
            guard batch.campaign == campaign else { return }
            for result in batch.results where result.outcome == .succeeded {
                done[batch.worker, default: [:]][batch.stage, default: IntervalSet()]
                    .insert(result.tasks)
            }
        case .campaignReopened(let reopened):
            guard reopened.id == campaign else { return }
            for worker in done.keys {
                for entry in reopened.tasks {
                    for range in entry.tasks.ranges { done[worker]?[entry.stage]?.remove(range) }
                }
            }
        case .coordinatorStarted, .workerJoined, .campaignAccepted, .resultsReused, .stageSized,
            .superseded, .campaignHeld, .campaignReleased, .campaignCancelled, .campaignSealed,
            .campaignForgotten, .workerStands, .policyInForce, .policyDecided, .approved,
            .energyMetered, .planAdopted, .logRepaired:
            break
        }
    }

    package var workers: [WorkerID] { done.keys.filter { count(of: $0) > 0 }.sorted() }

    package func count(of worker: WorkerID) -> Int {
        (done[worker] ?? [:]).values.reduce(0) { $0 + $1.count }
    }

    /// Tasks of a worker by their places among all of its, stage after stage.
    package func tasks(_ places: IntervalSet, of worker: WorkerID) -> [String: IntervalSet] {
        var (tasks, start): ([String: IntervalSet], Int) = ([:], 0)
        for (stage, own) in (done[worker] ?? [:]).sorted(by: { $0.key < $1.key }) {
            for range in own.ranges {
                for chosen in places.intersection(start..<start + range.count).ranges {
                    let first = range.lowerBound - start
                    tasks[stage, default: IntervalSet()].insert(
                        first + chosen.lowerBound..<first + chosen.upperBound)
                }
                start += range.count
            }
        }
        return tasks
    }

    /// Draws of each worker as many tasks as are needed, or all.
    package func sample(
        _ numbers: inout DrawnNumbers, size: (Int) -> Int
    ) -> [WorkerID: [String: IntervalSet]] {
        var sample: [WorkerID: [String: IntervalSet]] = [:]
        for worker in workers {
            let count = count(of: worker)
            let places = numbers.sample(min(size(count), count), below: count)
            sample[worker] = tasks(places, of: worker)
        }
        return sample
    }
}
