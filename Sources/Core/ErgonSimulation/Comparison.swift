import ErgonCoordinator
import ErgonModel

/// A fold over the log must answer as the living coordinator does.
extension World {
    /// After records have become visible.
    mutating func compareLiving() {
        guard let live = coordinator?.core else { return }
        compare(live, "after a group", isThorough: visible.count % 16 == 0)
    }

    /// After a start, when nobody holds anything yet: every task must be as it was.
    mutating func compareStarted(_ recovered: Recovered) {
        let (core, whole) = (recovered.core, recovered.whole)
        for id in ledger.campaigns.keys.sorted() {
            for stage in Self.stages(of: id, whole) {
                for task in 0..<(stage.tasks ?? 0) {
                    let question = Coordinator.Question.explain(
                        .id(id), stage: stage.name, task: task)
                    if Self.answer(question, core) != Self.answer(question, whole) {
                        ledger.fail("after a start task \(task) of \(stage.name) is not as it was")
                    }
                }
            }
        }
        shadow = whole
        // What was not acknowledged may be on disk, or not.
        if recovered.payloads.count == visible.count {
            compare(core, "after a start", isThorough: true)
        }
    }

    private mutating func compare(
        _ live: Coordinator, _ when: String, isThorough: Bool
    ) {
        let status = Self.answer(.status(nil), live)
        if Self.answer(.status(nil), shadow) != status {
            ledger.fail("\(when) the log and the coordinator differ in `status`")
        }
        checkAccounts(status)
        guard isThorough else { return }
        if Self.answer(.workers, shadow) != Self.answer(.workers, live) {
            ledger.fail("\(when) the log and the coordinator differ in `workers`")
        }
        for id in ledger.campaigns.keys.sorted() {
            let results = Coordinator.Question.results(.id(id))
            if Self.answer(results, shadow) != Self.answer(results, live) {
                ledger.fail("\(when) the log and the coordinator differ in `results` of \(id)")
            }
        }
    }

    private static func stages(
        of id: CampaignID, _ coordinator: Coordinator
    ) -> [Coordinator.StageReport] {
        guard case .status(let report) = answer(.status(.id(id)), coordinator) else { return [] }
        return report.campaigns.first?.stages ?? []
    }

    /// Without what is not on record: who is connected, who holds what, and what waits for a plan.
    private static func answer(
        _ question: Coordinator.Question, _ coordinator: Coordinator
    ) -> Coordinator.Reply {
        let reply = coordinator.answer(question, now: Instant(microseconds: 0))
        switch reply {
        case .status(var report):
            (report.workers, report.cpus, report.trouble) = (0, 0, nil)
            for campaign in report.campaigns.indices {
                report.campaigns[campaign].notice = nil
                for stage in report.campaigns[campaign].stages.indices {
                    report.campaigns[campaign].stages[stage].leased = 0
                }
            }
            return .status(report)
        case .workers(var workers):
            for worker in workers.indices {
                workers[worker].isConnected = false
                workers[worker].leasedTasks = 0
                workers[worker].suspicion = nil
            }
            return .workers(workers)
        case .accepted, .ended, .unknownCampaign, .unknownTask, .refused, .results, .sentence,
            .explanation, .log, .energy, .openWork:
            return reply
        }
    }

    private mutating func checkAccounts(_ reply: Coordinator.Reply) {
        guard case .status(let report) = reply else { return }
        for campaign in report.campaigns
        where ledger.books.accounts[campaign.id] != campaign.account {
            ledger.fail("the account of campaign \(campaign.id) is not the sum of its results")
        }
    }
}
