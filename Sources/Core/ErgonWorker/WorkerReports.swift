import ErgonModel

/// What the worker tells the coordinator, and when.
extension Worker {
    /// About what a result takes, in bytes, without what rides in it.
    private static let resultSize: Int64 = 256
    /// So many results wait for no others while nothing is on its way.
    private static let usualReport = 256
    /// The most tasks in one report, however few results say what became of them.
    private static let mostTasks = 65_536

    mutating func finish(_ attempt: Attempt, _ result: TaskResult) {
        guard let activity = active[attempt] else { return }
        if let held = leases[attempt.lease] {
            let tasks = held.remaining.intersection(result.tasks)
            leases[attempt.lease]?.remaining.subtract(tasks)
            leases[attempt.lease]?.unthanked.formUnion(tasks)
        }
        let nothing = Unreported(campaign: activity.campaign, stage: activity.stage)
        finished[attempt.lease, default: nothing].results.append(result)
        if books != nil { note(result, of: attempt, activity) }
        gathered += 1
    }

    /// At once while nothing is on its way and nothing else runs; in small groups while something
    /// does; in bulk while the coordinator is busy or away: the answer to one report makes the
    /// next, and so does every tick.
    mutating func report(_ uptime: Microseconds, _ effects: inout [Effect]) {
        guard gathered > 0 else { return sendMore(&effects) }
        let since = gatheredSince ?? uptime
        gatheredSince = since
        let isGroup =
            active.isEmpty || gathered >= Self.usualReport || since + patience <= uptime
        if gathered >= Self.longestReport || unanswered.isEmpty && isGroup {
            reportAll(&effects)
        }
        sendMore(&effects)
    }

    /// Where there is a meter it is read first.
    mutating func reportAll(_ effects: inout [Effect]) {
        guard gathered > 0 else { return }
        if books == nil { makeReports(&effects) } else { askMeter(&effects) }
    }

    mutating func makeReports(_ effects: inout [Effect]) {
        (gathered, gatheredSince) = (0, nil)
        for id in finished.keys.sorted() {
            guard let unreported = finished.removeValue(forKey: id) else { continue }
            let results = priced(unreported)
            for results in pieces(of: results.sorted { $0.task < $1.task }) {
                lastBatch += 1
                let report = WorkerReport(
                    id: ReportID(life: life, batch: lastBatch), lease: id,
                    campaign: unreported.campaign, stage: unreported.stage,
                    results: Array(results), metered: books?.takePending() ?? [])
                deliver(report, &effects)
            }
        }
    }

    /// Keeps a report, and sends it when its turn comes.
    mutating func deliver(_ report: WorkerReport, _ effects: inout [Effect]) {
        holdForAnswer(report)
        unsent.append(report.id)
        effects.append(.keep(report))
    }

    /// Results in reports that are bounded in number and in the content that rides along.
    private func pieces(of results: [TaskResult]) -> [ArraySlice<TaskResult>] {
        var (pieces, start, tasks, bytes): ([ArraySlice<TaskResult>], Int, Int, Int64) =
            ([], 0, 0, 0)
        for (place, result) in results.enumerated() {
            let riding = riding(in: result)
            if place - start == Self.longestReport || tasks + result.count > Self.mostTasks
                || bytes + riding > Self.largestReport
            {
                pieces.append(results[start..<place])
                (start, tasks, bytes) = (place, 0, 0)
            }
            tasks += result.count
            bytes += riding
        }
        return pieces + [results[start...]]
    }

    /// In bytes.
    private func riding(in result: TaskResult) -> Int64 {
        (result.outputs + [result.log].compactMap(\.self)).reduce(0) { sum, file in
            file.size.bytes <= Self.ridingLimit ? sum + file.size.bytes : sum
        }
    }

    private mutating func holdForAnswer(_ report: WorkerReport) {
        let bytes = report.results.reduce(0) { $0 + Self.resultSize + riding(in: $1) }
        unanswered[report.id] = Unanswered(report: report, bytes: bytes)
        spooled += bytes
    }

    // MARK: Until they are answered

    /// A report that an earlier process has kept. What was stopped then was no longer its own.
    mutating func inherit(_ report: WorkerReport) {
        holdForAnswer(report)
        let tasks = report.tasks { $0.outcome != .failed(.stopped, isFinal: false) }
        guard !tasks.isEmpty else { return }
        let nothing = HeldLease(
            id: report.lease, campaign: report.campaign, stage: report.stage,
            remaining: IntervalSet())
        inherited[report.lease, default: nothing].remaining.formUnion(tasks)
    }

    /// Over a new connection; those of earlier processes first.
    mutating func sendAllAgain() {
        for id in unanswered.keys { unanswered[id]?.isSent = false }
        inFlight = 0
        let ids = unanswered.keys.sorted()
        unsent = ArraySlice(ids.filter { $0.life != life } + ids.filter { $0.life == life })
    }

    private mutating func sendMore(_ effects: inout [Effect]) {
        while isConnected, inFlight < Self.largestFlight, let id = unsent.popFirst() {
            // It may have been answered meanwhile.
            guard let next = unanswered[id] else { continue }
            unanswered[id]?.isSent = true
            inFlight += next.bytes
            effects.append(.send(next.report))
        }
    }

    mutating func acknowledge(_ id: ReportID, _ effects: inout [Effect]) {
        guard let answered = unanswered.removeValue(forKey: id) else { return }
        spooled -= answered.bytes
        if answered.isSent { inFlight -= answered.bytes }
        effects.append(.forget(.report(id)))
        let (lease, tasks) = (answered.report.lease, answered.report.tasks { _ in true })
        leases[lease]?.unthanked.subtract(tasks)
        inherited[lease]?.remaining.subtract(tasks)
        dropIfFinished(lease)
    }

    mutating func dropIfFinished(_ id: LeaseID) {
        if leases[id]?.isFinished == true { leases[id] = nil }
        if inherited[id]?.remaining.isEmpty == true { inherited[id] = nil }
    }
}

extension WorkerReport {
    fileprivate func tasks(_ isIncluded: (TaskResult) -> Bool) -> IntervalSet {
        var tasks = IntervalSet()
        for result in results where isIncluded(result) {
            tasks.insert(result.tasks)
        }
        return tasks
    }
}
