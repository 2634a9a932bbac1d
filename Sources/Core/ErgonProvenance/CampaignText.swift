import ErgonModel

/// The members of whatever somebody did to a campaign.
func members(_ campaign: CampaignID, by: String) -> [String: JSON] {
    ["campaign": exact(campaign.number), "actor": .string(by)]
}

func members(of accepted: AcceptedCampaign) -> [String: JSON] {
    var members = members(accepted.id, by: accepted.by)
    members["name"] = .string(accepted.name)
    members["manifest"] = .string(accepted.manifest.hex)
    members["replay"] = accepted.replay.map(json)
    return members
}

private func json(_ replay: Rerun) -> JSON {
    var members: [String: JSON] = [
        "campaign": exact(replay.of.number), "stage": .string(replay.stage),
        "tasks": .array(
            replay.tasks.map { tasks in
                .object([
                    "workers": .array(tasks.workers.map { .string($0.name) }),
                    "tasks": json(tasks.tasks),
                ])
            }),
    ]
    if let draw = replay.draw {
        members["draw"] = .object([
            "size": exact(draw.size), "root": .string(draw.root.hex),
        ])
    }
    return .object(members)
}

func members(of reopened: ReopenedCampaign) -> [String: JSON] {
    var members = members(reopened.id, by: reopened.by)
    members["lease"] = .array([exact(reopened.lease.epoch), exact(reopened.lease.serial)])
    members["tasks"] = json(reopened.tasks)
    return members
}

func members(of reused: ReusedResults) -> [String: JSON] {
    [
        "campaign": exact(reused.id.number), "from": exact(reused.from.number),
        "tasks": json(reused.tasks),
    ]
}

private func json(_ tasks: [ReopenedCampaign.Tasks]) -> JSON {
    .array(tasks.map { .object(["stage": .string($0.stage), "tasks": json($0.tasks)]) })
}

extension Fields {
    mutating func campaign() throws(RecordFault) -> CampaignID {
        CampaignID(try count("campaign"))
    }

    /// The inverse of `members(of:)` for accepted campaigns.
    mutating func accepted() throws(RecordFault) -> AcceptedCampaign {
        AcceptedCampaign(
            id: try campaign(), name: try string("name"), manifest: try digest("manifest"),
            by: try string("actor"),
            replay: try optional("replay").map { value throws(RecordFault) in
                var fields = try Fields(value, "replay")
                let replay = try fields.replay()
                try fields.finish()
                return replay
            })
    }

    private mutating func replay() throws(RecordFault) -> Rerun {
        var tasks: [Rerun.Tasks] = []
        for item in try array("tasks") {
            var fields = try Fields(item, "tasks")
            var workers: [WorkerID] = []
            for worker in try fields.array("workers") {
                guard let name = worker.string else { throw .malformed("workers") }
                workers.append(WorkerID(name))
            }
            tasks.append(
                Rerun.Tasks(
                    workers: workers,
                    tasks: try intervalSet(try fields.value("tasks"), "tasks")))
            try fields.finish()
        }
        let draw = try optional("draw").map { value throws(RecordFault) in
            var fields = try Fields(value, "draw")
            let draw = Rerun.Draw(size: try fields.count("size"), root: try fields.digest("root"))
            try fields.finish()
            return draw
        }
        return Rerun(of: try campaign(), stage: try string("stage"), tasks: tasks, draw: draw)
    }

    /// The inverse of `members(of:)` for reopened campaigns.
    mutating func reopened() throws(RecordFault) -> ReopenedCampaign {
        let tasks = try stageTasks()
        let (epoch, serial) = try pair(try value("lease"), "lease")
        return ReopenedCampaign(
            id: try campaign(), by: try string("actor"),
            lease: LeaseID(epoch: epoch, serial: serial), tasks: tasks)
    }

    /// The inverse of `members(of:)` for reused results.
    mutating func reused() throws(RecordFault) -> ReusedResults {
        ReusedResults(
            id: try campaign(), from: CampaignID(try count("from")), tasks: try stageTasks())
    }

    private mutating func stageTasks() throws(RecordFault) -> [ReopenedCampaign.Tasks] {
        var tasks: [ReopenedCampaign.Tasks] = []
        for item in try array("tasks") {
            var fields = try Fields(item, "tasks")
            tasks.append(
                ReopenedCampaign.Tasks(
                    stage: try fields.string("stage"),
                    tasks: try intervalSet(try fields.value("tasks"), "tasks")))
            try fields.finish()
        }
        return tasks
    }
}
