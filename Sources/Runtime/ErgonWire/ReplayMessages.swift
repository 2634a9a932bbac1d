package import ErgonModel
package import ErgonWireMessages
import FoundationEssentials

extension Ergon_V1_ReplayRequest {
    package init(_ replay: Rerun) {
        self.init()
        campaign = Int64(replay.of.number)
        stage = replay.stage
        tasks = replay.tasks.map { tasks in
            var wire = Ergon_V1_ReplayedTasks()
            wire.workers = tasks.workers.map(\.name)
            wire.tasks = tasks.tasks.wire
            return wire
        }
        guard let draw = replay.draw else { return }
        logSize = Int64(draw.size)
        logRoot = Data(draw.root.bytes)
    }

    package func model() throws(WireFault) -> Rerun {
        var parts: [Rerun.Tasks] = []
        for part in tasks {
            guard part.workers.count <= 16 else {
                throw WireFault(problem: "\(part.workers.count) workers of one task")
            }
            parts.append(
                Rerun.Tasks(
                    workers: part.workers.map { WorkerID(shortened($0)) },
                    tasks: try IntervalSet(part.tasks)))
        }
        guard (0..<1 << 53).contains(logSize), campaign >= 0 else {
            throw WireFault(problem: "a log of \(logSize) records")
        }
        return Rerun(
            of: CampaignID(Int(campaign)), stage: stage, tasks: parts,
            draw: logRoot.isEmpty
                ? nil : Rerun.Draw(size: Int(logSize), root: try digest(logRoot)))
    }
}
