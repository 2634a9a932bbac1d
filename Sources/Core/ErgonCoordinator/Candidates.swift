import ErgonModel

/// The workers that may be given tasks of one stage.
struct Candidates {
    let workers: [WorkerID]
    /// How many tasks of the stage each can run at once.
    let slots: [WorkerID: Int]
    private let allSlots: Int
    private let memory: [WorkerID: ByteCount]
    private let largest: ByteCount
    /// Those that are not on trial, the largest memory first.
    private let trusted: [WorkerFacts]

    init(_ workers: [WorkerState], for needs: Resources) {
        let facts = workers.map(\.facts)
        self.workers = facts.map(\.worker)
        slots = Dictionary(facts.map { ($0.worker, $0.slots(for: needs)) }) { $1 }
        allSlots = slots.values.reduce(0, +)
        memory = Dictionary(facts.map { ($0.worker, $0.memory) }) { $1 }
        largest = facts.map(\.memory).max() ?? ByteCount(0)
        trusted = workers.filter { !$0.isOnTrial }.map(\.facts).sorted { $0.memory > $1.memory }
    }

    /// So many of so many tasks go to one worker at once: half of its part, so that the end of a
    /// stage is not held up by one that has much left.
    func share(of tasks: Int) -> Int { ceilingDivision(tasks, 2 * max(allSlots, 1)) }

    /// What a task that went wrong before is given on the worker: no more than the largest one has.
    /// `nil` if another one should have it, because it has more room or the task has not gone wrong
    /// there yet.
    func memory(for entry: RetryQueue.Entry, on worker: WorkerID) -> ByteCount? {
        let wanted = min(entry.memory, largest)
        guard let there = memory[worker], wanted <= there else { return nil }
        guard entry.avoid.contains(worker) else { return wanted }
        let isWelcomeElsewhere = trusted.prefix { wanted <= $0.memory }.contains {
            !entry.avoid.contains($0.worker)
        }
        return isWelcomeElsewhere ? nil : wanted
    }
}
