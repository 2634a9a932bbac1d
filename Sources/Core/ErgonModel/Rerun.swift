/// Tasks of one stage of an earlier campaign that are run once more, so that what they leave can be
/// compared (`docs/REPRODUCIBILITY.md`). A campaign of its own in which nothing else runs, and
/// which publishes nothing.
package struct Rerun: Hashable, Sendable {
    /// Tasks that the same workers have run.
    package struct Tasks: Hashable, Sendable {
        /// They get them only where nobody else could.
        package var workers: [WorkerID]
        package var tasks: IntervalSet

        package init(workers: [WorkerID], tasks: IntervalSet) {
            self.workers = workers
            self.tasks = tasks
        }
    }

    /// The log as it was when the tasks were drawn from its root.
    package struct Draw: Hashable, Sendable {
        package var size: Int
        package var root: Digest

        package init(size: Int, root: Digest) {
            self.size = size
            self.root = root
        }
    }

    package var of: CampaignID
    /// As `Stage.name(in:)` has it.
    package var stage: String
    package var tasks: [Tasks]
    /// `nil` if somebody chose them.
    package var draw: Draw?

    /// So many tasks one replay may have: what goes on record of it must fit into a record.
    package static let mostTasks = 1000

    package init(of campaign: CampaignID, stage: String, tasks: [Tasks], draw: Draw?) {
        of = campaign
        self.stage = stage
        self.tasks = tasks
        self.draw = draw
    }

    package var all: IntervalSet {
        tasks.reduce(into: IntervalSet()) { $0.formUnion($1.tasks) }
    }
}
