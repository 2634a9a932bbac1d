import ErgonModel
import ErgonProvenance
import ErgonWorker

/// The workers' processes, and what their machines do for them.
extension World {
    func isAlive(_ index: Int, _ life: Int) -> Bool {
        workers[index].life == life && workers[index].process != nil
    }

    mutating func startWorker(_ index: Int) {
        guard workers[index].process == nil, !workers[index].isGone else { return }
        workers[index].life += 1
        workers[index].process = Worker(facts: workers[index].facts)
        let life = workers[index].life
        trace.note(now, "worker starts", [index, life])
        later(.workerTicks(index, life: life), 0...1_000_000)
        connect(index, life)
    }

    mutating func killWorker(_ index: Int, isReportOnItsWay: Bool = false) {
        guard workers[index].process != nil else { return }
        trace.note(now, "worker ends", [index])
        let link = workers[index].link
        workers[index].kill()
        workers[index].life += 1
        if let link {
            // What it had sent may still arrive, even after its next start.
            breakLink(
                link, up: isReportOnItsWay || dice.happens(1, in: 2), worker: 0...0,
                coordinator: isReportOnItsWay ? 4_000_000...10_000_000 : 1000...8_000_000)
        }
        if !workers[index].isGone {
            later(
                .workerStarts(index),
                dice.happens(1, in: 3) ? 10_000...300_000 : 100_000...20_000_000)
        }
    }

    /// Hands the worker's core an event, and does what it asks for.
    mutating func tell(_ index: Int, _ event: Worker.Event) {
        noteWorkerEvent(index, event)
        let time = time(of: index)
        let effects = workers[index].process?.handle(event, now: time) ?? []
        for effect in effects { perform(effect, for: index) }
        if workers[index].busyThreads > workers[index].facts.cpus {
            ledger.fail("worker \(index + 1) runs more threads than it has")
        }
    }

    private mutating func answer(_ index: Int, _ event: Worker.Event, _ delay: ClosedRange<Int>) {
        later(.workerHears(index, life: workers[index].life, event), delay)
    }

    private mutating func perform(_ effect: Worker.Effect, for index: Int) {
        switch effect {
        case .load(let manifest): load(manifest, index)
        case .prepare(let attempt): prepare(attempt, index)
        case .start(let attempt): start(attempt, index)
        case .stop(let attempt):
            later(
                .taskEnds(index, life: workers[index].life, attempt, .signal(15)), 1000...2_000_000)
        case .collect(let attempt, _): collect(attempt, index)
        case .discard(let attempt): workers[index].running[attempt] = nil
        case .send(let report):
            noteReport(index, report)
            guard let link = workers[index].link else { break }
            sendUp(link, .results(report))
            if isUnlucky(&dice) { agenda.add(.streamBreaks(link: link), at: now) }
        case .decline(let lease, let reason):
            trace.note(now, "decline", [index, lease.epoch, lease.serial])
            if let link = workers[index].link { sendUp(link, .decline(lease, reason: reason)) }
        case .forget: break
        }
    }

    // MARK: What the machine does

    private func isUnlucky(_ dice: inout Dice) -> Bool {
        !isCalm && profile.faultPeriod > 0 && dice.happens(1, in: 100)
    }

    private mutating func load(_ manifest: StoredFile, _ index: Int) {
        if isUnlucky(&dice) {
            counts[.loadFailure] += 1
            return answer(
                index, .loadFailed(manifest.digest, reason: "not to be had"), 1000...3_000_000)
        }
        guard let campaign = campaign(with: manifest.digest) else {
            return ledger.fail("a lease names the unknown manifest \(manifest.digest)")
        }
        answer(index, .loaded(manifest.digest, campaign), 1000...1_000_000)
    }

    private mutating func prepare(_ attempt: Worker.Attempt, _ index: Int) {
        guard let process = workers[index].process, let lease = process.lease(of: attempt),
            let campaign = process.campaign(of: lease),
            let plan = TaskPlan(lease, task: attempt.task, campaign: campaign)
        else { return ledger.fail("a lease does not fit its campaign") }
        let known = Set(campaign.files.map(\.digest))
        for file in plan.inputs where !known.contains(file.content.digest) {
            if !ledger.committed.contains(file.content.digest), coordinator != nil {
                ledger.fail("task \(attempt.task) reads \(file.name), which is not on record")
            }
        }
        workers[index].running[attempt] = SimulatedWorker.Running(
            lease: lease, campaign: campaign, plan: plan)
        if isUnlucky(&dice) {
            counts[.stageFailure] += 1
            return answer(
                index, .prepareFailed(attempt, reason: "no input"), 1000...1_000_000)
        }
        answer(index, .prepared(attempt), 1000...300_000)
    }

    private mutating func start(_ attempt: Worker.Attempt, _ index: Int) {
        guard let running = workers[index].running[attempt] else {
            return ledger.fail("a task starts that was never prepared")
        }
        let step = running.campaign.steps[running.lease.stage.step]
        let isMerge = running.lease.stage.part != .work
        workers[index].running[attempt]?.cpus = isMerge ? 1 : step.resources.cpus
        if isUnlucky(&dice) {
            counts[.stageFailure] += 1
            workers[index].running[attempt]?.hasEnded = true
            return answer(index, .startFailed(attempt, reason: "no program"), 500...50_000)
        }
        answer(index, .started(attempt), 500...50_000)
        let key = Ledger.Key(
            campaign: running.lease.campaign, stage: running.lease.stage, task: attempt.task)
        attempts[key, default: 0] += 1
        workers[index].running[attempt]?.startedAt = now
        let time = time(of: index)
        workers[index].running[attempt]?.started = time
        run(attempt, index, key, running)
        let fate = Fate(
            seed: seed, task: key, attempt: attempts[key] ?? 0, failureRate: profile.failureRate)
        let delay: ClosedRange<Int> = 60_000...(dice.happens(1, in: 10) ? 8_000_000 : 900_000)
        let life = workers[index].life
        switch fate {
        case .succeeds: later(.taskEnds(index, life: life, attempt, .exit(0)), delay)
        case .exits(let code):
            counts[.taskFailure] += 1
            later(.taskEnds(index, life: life, attempt, .exit(code)), delay)
        case .isKilled:
            counts[.taskFailure] += 1
            later(.taskEnds(index, life: life, attempt, .signal(9)), delay)
        case .leavesNothing:
            counts[.taskFailure] += 1
            workers[index].running[attempt]?.misses = "x"
            later(.taskEnds(index, life: life, attempt, .exit(0)), delay)
        case .hangs: counts[.taskOverdue] += 1
        }
    }

    /// What a program leaves follows from its command alone, and so must be the same whenever and
    /// wherever the task runs.
    private mutating func run(
        _ attempt: Worker.Attempt, _ index: Int, _ key: Ledger.Key,
        _ running: SimulatedWorker.Running
    ) {
        let plan = running.plan
        let places = TaskPlan.Places(
            inputs: plan.inputs.map { "\($0.name):\($0.content.digest.hex)" },
            with: plan.with.mapValues { $0.map(\.content.digest.hex) }, code: "code",
            line: plan.line.map { "line \($0)" }, folder: "folder", ergon: "ergon")
        let command = plan.command(at: places) { Digest(of: $0) }
        let text = command.arguments.joined(separator: "\n")
        let known = commands[key]
        let digest = Digest(of: Array(text.utf8))
        commands[key] = digest
        if let known, known != digest {
            let stage = key.stage.name(in: running.campaign)
            ledger.fail("task \(key.task) of \(stage) does other work than at an earlier attempt")
        }
        checkShard(running, attempt.task, command.arguments)
        workers[index].running[attempt]?.outputs = plan.outputs.map {
            content("\($0.name)\n\(digest.hex)")
        }
    }

    /// Of the splits that are plain arithmetic, by the plainest arithmetic.
    private mutating func checkShard(
        _ running: SimulatedWorker.Running, _ task: Int, _ arguments: [String]
    ) {
        let step = running.campaign.steps[running.lease.stage.step]
        guard running.lease.stage.part == .work,
            case .seeds(let total, let size, _) = step.split, step.points.isEmpty
        else { return }
        let expected = [String(task), String(task * size), String(min(size, total - task * size))]
        if Array(arguments[1...3]) != expected {
            ledger.fail("task \(task) of \(step.name) runs with \(arguments[1...3])")
        }
    }

    mutating func endTask(
        _ index: Int, _ attempt: Worker.Attempt, _ status: Worker.ProcessEnd.Status
    ) {
        guard let running = workers[index].running[attempt], !running.hasEnded else { return }
        workers[index].running[attempt]?.hasEnded = true
        let end = Worker.ProcessEnd(
            status: status, started: running.started, wall: Microseconds(now - running.startedAt),
            cpu: Microseconds(span(1000...800_000)))
        tell(index, .ended(attempt, end))
    }

    private mutating func collect(_ attempt: Worker.Attempt, _ index: Int) {
        guard let running = workers[index].running[attempt] else {
            return ledger.fail("a task is collected that never ran")
        }
        let outputs: Worker.Collected.Outputs =
            if let name = running.misses, !running.outputs.isEmpty {
                .missing(name)
            } else if isUnlucky(&dice) {
                .lost(reason: "not put back")
            } else {
                .there(running.outputs)
            }
        let log = dice.happens(1, in: 4) ? content("log \(attempt.task)") : nil
        answer(
            index, .collected(attempt, Worker.Collected(outputs: outputs, log: log)), 500...500_000)
    }
}
