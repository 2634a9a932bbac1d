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
        let life = workers[index].life
        workers[index].process = Worker(
            facts: workers[index].facts, life: life,
            spooled: workers[index].spool.values.sorted { $0.id < $1.id },
            gathering: Worker.usualGathering)
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
        ledger.forgetSpending(of: workers[index].facts.worker)
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
        let uptime = Microseconds(now + workers[index].uptime)
        let effects = workers[index].process?.handle(event, now: time, uptime: uptime) ?? []
        for effect in effects { perform(effect, for: index) }
        let (load, facts) = (workers[index].load, workers[index].facts)
        if load.cpus > facts.cpus { ledger.fail("\(facts.worker) runs more threads than it has") }
        if load.memory > facts.memory.bytes {
            ledger.fail("\(facts.worker) gives away more memory than it has")
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
        case .warn(let attempt): if dice.happens(1, in: 2) { endSoon(attempt, index) }
        case .stop(let attempt): endSoon(attempt, index)
        case .collect(let attempt, _): collect(attempt, index)
        case .discard(let attempt): workers[index].running[attempt] = nil
        case .keep(let report): keep(report, index)
        case .send(let report): send(report, index)
        case .decline(let lease, let reason):
            trace.note(now, "decline", [index, lease.epoch, lease.serial])
            if let link = workers[index].link { sendUp(link, .decline(lease, reason: reason)) }
        case .giveBack(let lease, let tasks):
            if let link = workers[index].link { sendUp(link, .giveBack(lease, tasks)) }
        case .announceLeaving: if let link = workers[index].link { sendUp(link, .leaving) }
        case .forget(.report(let id)):
            workers[index].spool[id] = nil
            ledger.forget(id, by: workers[index].facts.worker)
        case .forget(.campaign): break
        // No meters here: energy is modelled.
        case .readMeter: answer(index, .metered(nil), 0...0)
        case .end: killWorker(index)
        }
    }

    private mutating func endSoon(_ attempt: Worker.Attempt, _ index: Int) {
        later(.taskEnds(index, life: workers[index].life, attempt, .signal(15)), 1000...2_000_000)
    }

    private mutating func keep(_ report: WorkerReport, _ index: Int) {
        workers[index].spool[report.id] = report
        ledger.keep(report, by: workers[index].facts.worker)
    }

    private mutating func send(_ report: WorkerReport, _ index: Int) {
        noteReport(index, report)
        if workers[index].spool[report.id] == nil { ledger.fail("a report is sent unkept") }
        guard let link = workers[index].link else { return }
        sendUp(link, .results(report))
        if isUnlucky() { agenda.add(.streamBreaks(link: link), at: now) }
    }

    // MARK: What the machine does

    private mutating func isUnlucky() -> Bool {
        !isCalm && profile.faultPeriod > 0 && dice.happens(1, in: 100)
    }

    private mutating func load(_ manifest: StoredFile, _ index: Int) {
        if isUnlucky() {
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
        workers[index].running[attempt] = SimulatedWorker.Running(
            lease: lease, campaign: campaign, plan: plan)
        ledger.reads[attemptKey(attempt, index)] = plan.reads(of: lease.stage, in: campaign)
        if isUnlucky() {
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
        let needs = running.campaign.resources(of: running.lease.stage)
        workers[index].running[attempt]?.cpus = needs.cpus
        workers[index].running[attempt]?.memory = running.lease.memory ?? needs.memory
        if isUnlucky() {
            workers[index].running[attempt]?.hasEnded = true
            if dice.happens(1, in: 2) {
                counts[.programMissing] += 1
                return answer(index, .programMissing(attempt, reason: "no program"), 500...50_000)
            }
            counts[.stageFailure] += 1
            return answer(index, .startFailed(attempt, reason: "no folder"), 500...50_000)
        }
        answer(index, .started(attempt), 500...50_000)
        let time = time(of: index)
        workers[index].running[attempt]?.startedAt = now
        workers[index].running[attempt]?.started = time
        run(attempt, index)
    }

    mutating func endTask(
        _ index: Int, _ attempt: Worker.Attempt, _ status: Worker.ProcessEnd.Status
    ) {
        guard let running = workers[index].running[attempt], !running.hasEnded else { return }
        workers[index].running[attempt]?.hasEnded = true
        let end = Worker.ProcessEnd(
            status: status, started: running.started, wall: Microseconds(now - running.startedAt),
            cpu: Microseconds(span(1000...800_000)))
        ledger.spend(
            Ledger.Cost(wall: end.wall, cpu: end.cpu), attemptKey(attempt, index))
        tell(index, .ended(attempt, end))
    }

    private func attemptKey(_ attempt: Worker.Attempt, _ index: Int) -> Ledger.Attempt {
        Ledger.Attempt(
            worker: workers[index].facts.worker, lease: attempt.lease, task: attempt.task)
    }

    private mutating func collect(_ attempt: Worker.Attempt, _ index: Int) {
        guard let running = workers[index].running[attempt] else {
            return ledger.fail("a task is collected that never ran")
        }
        let outputs: Worker.Collected.Outputs =
            if let name = running.misses, !running.outputs.isEmpty {
                .missing(name)
            } else if isUnlucky() {
                .lost(reason: "not put back")
            } else {
                .there(running.outputs)
            }
        let log = dice.happens(1, in: 4) ? content("log \(attempt.task)") : nil
        answer(
            index, .collected(attempt, Worker.Collected(outputs: outputs, log: log)), 500...500_000)
    }
}

extension TaskPlan {
    /// What of earlier steps the task is given, in the order in which it stands in the plan.
    fileprivate func reads(of stage: Stage, in campaign: Campaign) -> [Digest] {
        let step = campaign.steps[stage.step]
        guard stage.part == .work else { return inputs.map(\.content.digest) }
        var reads: [Digest] = []
        if case .output = step.over { reads = inputs.map(\.content.digest) }
        for named in step.with {
            if case .output = named.source {
                reads += with[named.name]?.map(\.content.digest) ?? []
            }
        }
        return reads
    }
}
