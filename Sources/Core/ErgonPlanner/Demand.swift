package import ErgonModel

/// What one task of a class takes on one class of nodes.
package struct Estimate: Hashable, Sendable {
    /// Index into `PlanningProblem.nodeClasses`.
    package var nodeClass: Int
    /// Mean run time: what totals are made of.
    package var runTime: Microseconds
    /// The run time that most tasks do not exceed: what deadlines are held against.
    package var cautiousRunTime: Microseconds
    /// Drawn on top of the node's idle power while the task runs: cores, GPUs, memory.
    package var dynamicPower: Watts

    package init(
        nodeClass: Int, runTime: Microseconds, cautiousRunTime: Microseconds? = nil,
        dynamicPower: Watts
    ) {
        self.nodeClass = nodeClass
        self.runTime = runTime
        self.cautiousRunTime = cautiousRunTime ?? runTime
        self.dynamicPower = dynamicPower
    }
}

/// Tasks that are alike in everything the planner looks at.
package struct TaskClass: Hashable, Sendable {
    /// What becomes of a task that needs more than one slot.
    package enum Run: Hashable, Sendable {
        /// Runs from start to end.
        case whole
        /// May be stopped at the end of a slot and go on in a later one.
        case interruptible
    }

    package var name: String
    package var count: Int
    package var cores: Int
    package var memory: ByteCount
    package var gpus: Int
    /// No task starts before.
    package var ready: Instant
    /// All tasks have ended by then. `nil`: by the end of the horizon.
    package var deadline: Instant?
    /// The longest a task may be made to wait for cheaper power, counted from `ready`.
    package var longestWait: Microseconds?
    package var run: Run
    /// Node classes on which it can run; no others may take it.
    package var estimates: [Estimate]
    /// What a task reads, and at which site that is; `nil` for storage that is at no site.
    package var input: ByteCount
    package var inputSite: Int?

    package init(
        name: String, count: Int, cores: Int = 1, memory: ByteCount = ByteCount(0), gpus: Int = 0,
        ready: Instant, deadline: Instant? = nil, longestWait: Microseconds? = nil,
        run: Run = .whole, estimates: [Estimate], input: ByteCount = ByteCount(0),
        inputSite: Int? = nil
    ) {
        self.name = name
        self.count = count
        self.cores = cores
        self.memory = memory
        self.gpus = gpus
        self.ready = ready
        self.deadline = deadline
        self.longestWait = longestWait
        self.run = run
        self.estimates = estimates
        self.input = input
        self.inputSite = inputSite
    }
}
