package import ErgonModel

/// What a plan lets start: how many tasks of which step, where, and from when on.
package struct Schedule: Hashable, Sendable {
    /// The work of one step.
    package struct Work: Hashable, Comparable, Sendable {
        package var campaign: CampaignID
        package var step: Int

        package init(campaign: CampaignID, step: Int) {
            self.campaign = campaign
            self.step = step
        }

        package static func < (left: Work, right: Work) -> Bool {
            (left.campaign, left.step) < (right.campaign, right.step)
        }
    }

    package struct Quota: Hashable, Sendable {
        package var place: WorkerPlace
        /// From then on so many may start. Earlier than its slot where nothing is lost by that: the
        /// node is on anyway and its power no dearer.
        package var opens: Instant
        /// The end of its slot: what has not started by then is behind the plan.
        package var closes: Instant
        package var tasks: Int
        /// Why not sooner, in one sentence.
        package var reason: String

        package init(
            place: WorkerPlace, opens: Instant, closes: Instant, tasks: Int, reason: String
        ) {
            self.place = place
            self.opens = opens
            self.closes = closes
            self.tasks = tasks
            self.reason = reason
        }
    }

    package struct Part: Hashable, Sendable {
        /// By then all of its tasks have to have ended.
        package var deadline: Instant
        /// What a task takes, and what it takes if it takes long, where it runs fastest.
        package var runTime: Microseconds
        package var cautiousRunTime: Microseconds
        /// How many of its tasks run at once if all nodes take them.
        package var atOnce: Int
        /// Ascending by `opens`.
        package var quotas: [Quota]

        package init(
            deadline: Instant, runTime: Microseconds, cautiousRunTime: Microseconds, atOnce: Int,
            quotas: [Quota]
        ) {
            self.deadline = deadline
            self.runTime = runTime
            self.cautiousRunTime = cautiousRunTime
            self.atOnce = atOnce
            self.quotas = quotas
        }

        /// The last instant at which so many tasks can begin, all nodes taking them, and still end
        /// in time.
        func latestStart(of tasks: Int) -> Instant {
            guard atOnce > 0 else { return Instant(microseconds: .min) }
            let waves = max(0, ceilingDivision(tasks, atOnce) - 1)
            let needed = runTime * waves + cautiousRunTime
            return deadline + Microseconds(-needed.count)
        }
    }

    /// What is not in it was not planned, and starts when it can.
    package var parts: [Work: Part]
    /// What each campaign with a budget will have taken in the end.
    package var expected: [CampaignID: Spending]

    package init(parts: [Work: Part] = [:], expected: [CampaignID: Spending] = [:]) {
        self.parts = parts
        self.expected = expected
    }
}
