import ErgonCoordinator
import ErgonModel
import ErgonWorker

/// How happenings read in the trace: every number that tells one from another.
extension World {
    mutating func noteEvent(_ event: Coordinator.Event) {
        switch event {
        case .workerConnected(let facts, let life, let held):
            let words = held.flatMap { self.words(of: $0.id) + self.words(of: $0.remaining) }
            trace.note(now, "<- hello", [number(of: facts.worker), life] + words)
        case .workerDisconnected(let worker):
            trace.note(now, "<- gone", [number(of: worker)])
        case .report(let worker, let report):
            trace.note(now, "<- report", [number(of: worker)] + words(of: report))
        case .giveBack(let worker, let lease, let tasks):
            trace.note(
                now, "<- give back", [number(of: worker)] + words(of: lease) + words(of: tasks))
        case .leaving(let worker): trace.note(now, "<- leaving", [number(of: worker)])
        case .decline(let worker, let lease, _):
            trace.note(now, "<- decline", [number(of: worker)] + words(of: lease))
        case .submit(let id, let campaign, _, _, _, _):
            trace.note(now, "<- submit", [id.number], text: campaign.name)
        case .replay(let id, let tasks, _):
            trace.note(now, "<- replay", [id.number, tasks.of.number], text: tasks.stage)
        case .intervene(let id, let intervention, _):
            trace.note(now, "<- intervene", [id.number], text: "\(intervention)")
        case .approve(let id, let given, _):
            trace.note(now, "<- approve", [id.number, given.campaign.number])
        case .linesCounted(let campaign, let step, _, let lines):
            trace.note(now, "<- lines", [campaign.number, step, lines])
        case .planWanted: trace.note(now, "<- plan wanted")
        case .planned(let schedule, _):
            trace.note(now, "<- planned", [schedule.parts.count, schedule.expected.count])
        case .trouble(let reason): trace.note(now, "<- trouble", [reason == nil ? 0 : 1])
        case .tick: break
        }
    }

    mutating func noteOrder(_ index: Int, _ order: WorkerOrder) {
        switch order {
        case .welcome(let epoch): trace.note(now, "-> welcome", [index, epoch])
        case .lease(let lease):
            trace.note(
                now, "-> lease",
                [index] + words(of: lease.id) + [lease.campaign.number] + words(of: lease.stage)
                    + [lease.tasks.lowerBound, lease.tasks.upperBound, lease.upstream ?? -1])
        case .acknowledge(let reports):
            trace.note(now, "-> acknowledge", [index] + reports.flatMap { [$0.life, $0.batch] })
        case .withdraw(let ids):
            trace.note(now, "-> withdraw", [index] + ids.flatMap { words(of: $0) })
        case .withdrawTasks(let id, let tasks):
            trace.note(now, "-> withdraw tasks", [index] + words(of: id) + words(of: tasks))
        }
    }

    mutating func noteWorkerEvent(_ index: Int, _ event: Worker.Event) {
        func words(_ attempt: Worker.Attempt) -> [Int] {
            [index] + self.words(of: attempt.lease) + [attempt.task]
        }
        switch event {
        case .connected: trace.note(now, "worker connected", [index])
        case .disconnected: trace.note(now, "worker disconnected", [index])
        case .order(let order): trace.note(now, "worker ordered", [index], text: Self.name(order))
        case .loaded: trace.note(now, "worker loaded", [index])
        case .loadFailed: trace.note(now, "worker load failed", [index])
        case .prepared(let attempt): trace.note(now, "task prepared", words(attempt))
        case .prepareFailed(let attempt, _): trace.note(now, "task not prepared", words(attempt))
        case .started(let attempt): trace.note(now, "task started", words(attempt))
        case .startFailed(let attempt, _): trace.note(now, "task not started", words(attempt))
        case .programMissing(let attempt, _): trace.note(now, "no program", words(attempt))
        case .ended(let attempt, let end):
            let status =
                switch end.status {
                case .exit(let code): code
                case .signal(let signal): -signal
                }
            trace.note(now, "task ended", words(attempt) + [status, Int(end.cpu.count)])
        case .advanced(let attempt, let advance):
            trace.note(now, "tasks advanced", words(attempt) + [advance.tasks.upperBound])
        case .brokeOff(let attempt, _): trace.note(now, "block broke off", words(attempt))
        case .collected(let attempt, _): trace.note(now, "task collected", words(attempt))
        case .leave(let patience):
            trace.note(now, "worker is asked to go", [index, Int(patience.count)])
        case .metered: trace.note(now, "meter read", [index])
        case .tick: break
        }
    }

    mutating func noteReport(_ index: Int, _ report: WorkerReport) {
        trace.note(now, "report", [index] + words(of: report))
    }

    private static func name(_ order: WorkerOrder) -> String {
        switch order {
        case .welcome: "welcome"
        case .lease(let lease): "lease \(lease.id)"
        case .acknowledge(let reports): "acknowledge \(reports)"
        case .withdraw(let ids): "withdraw \(ids)"
        case .withdrawTasks(let id, let tasks): "withdraw \(tasks) of \(id)"
        }
    }

    private func number(of worker: WorkerID) -> Int {
        workers.firstIndex { $0.facts.worker == worker } ?? -1
    }

    private func words(of id: LeaseID) -> [Int] { [id.epoch, id.serial] }

    private func words(of set: IntervalSet) -> [Int] {
        set.ranges.flatMap { [$0.lowerBound, $0.upperBound] }
    }

    private func words(of stage: Stage) -> [Int] {
        switch stage.part {
        case .work: [stage.step, -1, 0]
        case .merge(let output, let level): [stage.step, output, level]
        }
    }

    private func words(of report: WorkerReport) -> [Int] {
        var all =
            [report.id.life, report.id.batch] + words(of: report.lease) + [report.campaign.number]
        all += words(of: report.stage)
        for result in report.results {
            all += [
                result.task, result.count, result.outcome == .succeeded ? 1 : 0,
                Int(result.wall.count),
            ]
        }
        return all
    }
}
