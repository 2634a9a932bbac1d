import ErgonModel
import ErgonWire
import ErgonWireMessages

extension Ergon_V1_StatusReply {
    var text: String {
        let header =
            "\(counted(workers, "worker")), \(counted(cpus, "hardware thread"))"
            + (trouble.isEmpty ? "" : "\n\(trouble)")
        if campaigns.isEmpty { return header + "; no campaigns" }
        return ([header] + campaigns.map { $0.text(uncertainty) }).joined(separator: "\n\n")
    }

    /// How wrong modelled energy may be; empty while no worker has said.
    var uncertainty: String {
        energyUncertaintyPercent > 0 ? " (±\(energyUncertaintyPercent) %)" : ""
    }

    var json: JSON {
        .object([
            "version": .integer(1), "workers": .integer(Int64(workers)),
            "cpus": .integer(Int64(cpus)), "campaigns": .array(campaigns.map(\.json)),
            "energyUncertaintyPercent": .integer(Int64(energyUncertaintyPercent)),
            "trouble": .string(trouble),
        ])
    }
}

extension Ergon_V1_CampaignStatus {
    /// - Parameter uncertainty: how wrong energies may be, to stand behind one.
    func text(_ uncertainty: String) -> String {
        let rows = stages.map { stage in
            [
                stage.name, stage.hasTasks ? "\(stage.tasks)" : "?", "\(stage.done)",
                "\(stage.leased)", "\(stage.failed)", "\(stage.unreachable)",
                stage.meanWallSeconds > 0 ? ErgonCommands.text(seconds: stage.meanWallSeconds) : "",
            ]
        }
        return """
            campaign \(id) `\(name)`: \(state)\(remark.isEmpty ? "" : " (\(remark))")\
            \(withheld.isEmpty ? "" : " (\(withheld))")
            \(table(
                ["stage", "tasks", "done", "leased", "failed", "unreachable", "mean"], rows,
                right: [1, 2, 3, 4, 5, 6]))
            \(counted(succeeded.attempts, "attempt")) counted, \(failed.attempts) failed, \
            \(superseded.attempts) superseded; \
            \(energyText(uncertainty))
            """
    }

    private var remark: String { heldReason.isEmpty ? notice : heldReason }

    var json: JSON {
        var members: [String: JSON] = [
            "campaign": .integer(id), "name": .string(name), "by": .string(by),
            "manifest": .string(hexadecimal(manifestSha256)), "state": .string(state),
            "accepted": .integer(acceptedMicroseconds),
            "stages": .array(stages.map(\.json)), "succeeded": succeeded.json,
            "failed": failed.json, "superseded": superseded.json,
        ]
        if !heldReason.isEmpty { members["heldReason"] = .string(heldReason) }
        if !withheld.isEmpty { members["withheld"] = .string(withheld) }
        if !notice.isEmpty { members["notice"] = .string(notice) }
        if hasSealedMicroseconds { members["sealed"] = .integer(sealedMicroseconds) }
        return .object(members)
    }
}

extension Ergon_V1_StageStatus {
    var json: JSON {
        var members: [String: JSON] = [
            "name": .string(name), "done": .integer(done), "failed": .integer(failed),
            "unreachable": .integer(unreachable), "leased": .integer(leased),
            "meanSeconds": .number(meanWallSeconds),
        ]
        if hasTasks { members["tasks"] = .integer(tasks) }
        return .object(members)
    }
}

extension Ergon_V1_AccountLine {
    var json: JSON {
        .object([
            "attempts": .integer(attempts), "cpuMicroseconds": .integer(cpuMicroseconds),
            "wallMicroseconds": .integer(wallMicroseconds),
            "energyMicrojoules": .integer(energyMicrojoules),
            "measuredMicrojoules": .integer(measuredMicrojoules),
        ])
    }
}

extension Ergon_V1_CampaignStatus {
    /// Where it stands and why.
    var sentence: String {
        let why = [heldReason, withheld, notice].first { !$0.isEmpty }
        return "campaign \(id) `\(name)` is \(state)" + (why.map { ": \($0)" } ?? "")
    }
}
