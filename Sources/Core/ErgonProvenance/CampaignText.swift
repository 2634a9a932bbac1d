import ErgonModel

/// The members of whatever somebody did to a campaign.
func members(_ campaign: CampaignID, by: String) -> [String: JSON] {
    ["campaign": exact(campaign.number), "actor": .string(by)]
}

func members(of accepted: AcceptedCampaign) -> [String: JSON] {
    var members = members(accepted.id, by: accepted.by)
    members["name"] = .string(accepted.name)
    members["manifest"] = .string(accepted.manifest.hex)
    return members
}

func members(of reopened: ReopenedCampaign) -> [String: JSON] {
    var members = members(reopened.id, by: reopened.by)
    members["lease"] = .array([exact(reopened.lease.epoch), exact(reopened.lease.serial)])
    members["tasks"] = .array(
        reopened.tasks.map {
            .object(["stage": .string($0.stage), "tasks": json($0.tasks)])
        })
    return members
}

extension Fields {
    mutating func campaign() throws(RecordFault) -> CampaignID {
        CampaignID(try count("campaign"))
    }

    /// The inverse of `members(of:)` for accepted campaigns.
    mutating func accepted() throws(RecordFault) -> AcceptedCampaign {
        AcceptedCampaign(
            id: try campaign(), name: try string("name"), manifest: try digest("manifest"),
            by: try string("actor"))
    }

    /// The inverse of `members(of:)` for reopened campaigns.
    mutating func reopened() throws(RecordFault) -> ReopenedCampaign {
        var tasks: [ReopenedCampaign.Tasks] = []
        for item in try array("tasks") {
            var fields = try Fields(item, "tasks")
            tasks.append(
                ReopenedCampaign.Tasks(
                    stage: try fields.string("stage"),
                    tasks: try intervalSet(try fields.value("tasks"), "tasks")))
            try fields.finish()
        }
        let (epoch, serial) = try pair(try value("lease"), "lease")
        return ReopenedCampaign(
            id: try campaign(), by: try string("actor"),
            lease: LeaseID(epoch: epoch, serial: serial), tasks: tasks)
    }
}
