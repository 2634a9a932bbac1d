import ErgonCoordinator
import ErgonModel
import SeededRandom

/// What workers do, and what happens to them.
extension Chaos {
    mutating func connect(_ index: Int) {
        guard !workers[index].isConnected else { return }
        workers[index].isConnected = true
        workers[index].outbox = workers[index].unacknowledged
        let worker = workers[index]
        handle(.workerConnected(worker.facts, life: worker.life, held: worker.held))
    }

    mutating func breakConnection(of index: Int) {
        guard workers[index].isConnected else { return }
        workers[index].loseConnection()
        handle(.workerDisconnected(workers[index].facts.worker))
    }

    /// Its process is gone, and what was not kept on its disk.
    mutating func crash(_ index: Int) {
        breakConnection(of: index)
        let kept = dice.happens(80)
        workers[index].die(keepingReports: kept)
    }

    /// It gives back what it has not begun, and some of what it has, and goes.
    mutating func leave(_ index: Int) {
        guard workers[index].isConnected else { return }
        let worker = workers[index].facts.worker
        handle(.leaving(worker))
        for held in workers[index].leases where dice.happens(70) {
            let tasks = held.remaining
            workers[index].drop(tasks, of: held.lease.id)
            if workers[index].isConnected { handle(.giveBack(worker, held.lease.id, tasks)) }
            if let first = tasks.first, dice.happens(50) { stop(first, of: held.lease, index) }
        }
    }

    mutating func deliverOrder(to index: Int) {
        guard !workers[index].inbox.isEmpty else { return }
        let order = workers[index].inbox.removeFirst()
        if case .lease(let lease) = order, dice.happens(3) {
            return handle(
                .decline(workers[index].facts.worker, lease.id, reason: "no such program"))
        }
        for (lease, tasks) in workers[index].take(order) {
            if let first = tasks.first, dice.happens(50) { stop(first, of: lease, index) }
        }
    }

    /// Once, or twice.
    mutating func deliverReport(of index: Int) {
        guard let report = workers[index].outbox.first else { return }
        if dice.happens(95) { workers[index].outbox.removeFirst() }
        handle(.report(workers[index].facts.worker, report))
    }

    private mutating func stop(_ task: Int, of lease: Lease, _ index: Int) {
        let result = result(of: task, .failed(.stopped, isFinal: false), under: lease)
        workers[index].report([result], of: lease)
    }

    /// Some tasks of one lease come to an end.
    mutating func work(_ index: Int) {
        guard let held = workers[index].leases.randomElement(using: &dice) else { return }
        var results: [TaskResult] = []
        for task in held.remaining.ranges.joined() where results.isEmpty || dice.happens(50) {
            if isPoison(task, of: held.lease) {
                workers[index].report(results, of: held.lease)
                return crash(index)
            }
            results.append(result(of: task, outcome(at: index), under: held.lease))
        }
        workers[index].report(results, of: held.lease)
    }

    private func isPoison(_ task: Int, of lease: Lease) -> Bool {
        (task * 7 + lease.stage.step * 31 + 3) % 100 < poisonRate
    }

    private mutating func outcome(at index: Int) -> Outcome {
        if workers[index].isBlackHole { return .failed(.exit(127), isFinal: false) }
        guard dice.happens(failureRate) else { return .succeeded }
        let failures: [Failure] = [
            .exit(dice.roll(1...4)), .signal(9), .timeLimit, .missingOutput("x"),
        ]
        return .failed(failures[dice.roll(0...3)], isFinal: false)
    }

    /// What is left bears the name of its attempt, so that one can tell what was made of what.
    private mutating func result(
        of task: Int, _ outcome: Outcome, under lease: Lease
    ) -> TaskResult {
        var files: [StoredFile] = []
        if outcome == .succeeded, let campaign = campaign(with: lease.manifest.digest)?.0 {
            files = outputNames(of: lease.stage, in: campaign).map {
                content("\($0):\(task) of \(lease.campaign) under \(lease.id)")
            }
        }
        return TaskResult(
            task: task, outcome: outcome, outputs: files,
            log: dice.happens(10) ? content("log \(dice.roll(1...1000))") : nil, started: now,
            wall: Microseconds(Int64(dice.roll(1...2_000_000))), cpu: .seconds(1),
            energy: Joules(microjoules: 5))
    }
}
