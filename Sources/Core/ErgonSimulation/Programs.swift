import ErgonModel
import ErgonProvenance
import ErgonWorker

/// What a task's program does at one attempt: drawn from the seed, the task and the attempt.
enum Fate {
    case succeeds
    case exits(Int)
    case isKilled
    case leavesNothing
    /// It would never end.
    case hangs
    /// It succeeds, but takes its time.
    case dawdles
    /// It takes the worker's process with it, and so at every attempt.
    case killsWorker

    init(seed: UInt64, task: Ledger.Key, attempt: Int, profile: Profile) {
        var words: [UInt8] = []
        for number in [task.campaign.number, task.stage.step, task.task] {
            words.append(UInt8(truncatingIfNeeded: number))
        }
        if case .merge(let output, let level) = task.stage.part {
            words += [UInt8(truncatingIfNeeded: output), UInt8(truncatingIfNeeded: level)]
        }
        var always = Dice(seed: seed, purpose: stableHash(words))
        if always.happens(profile.poisonRate, in: 100) {
            self = .killsWorker
            return
        }
        var dice = Dice(seed: always.next(), purpose: UInt64(attempt))
        guard dice.happens(profile.failureRate, in: 100) else {
            self = dice.happens(profile.stragglerRate, in: 100) ? .dawdles : .succeeds
            return
        }
        switch dice.roll(1...8) {
        case 1: self = .isKilled
        case 2: self = .leavesNothing
        case 3: self = .hangs
        default: self = .exits(dice.roll(1...255))
        }
    }
}

/// What programs do while they run.
extension World {
    mutating func run(_ attempt: Worker.Attempt, _ index: Int) {
        guard let running = workers[index].running[attempt] else { return }
        let key = Ledger.Key(
            campaign: running.lease.campaign, stage: running.lease.stage, task: attempt.task)
        attempts[key, default: 0] += 1
        compute(attempt, index, key, running)
        let fate = Fate(seed: seed, task: key, attempt: attempts[key] ?? 0, profile: profile)
        if workers[index].isBlackHole {
            counts[.taskFailure] += 1
            return end(attempt, index, .exit(1), after: 20_000...80_000)
        }
        let usual: ClosedRange<Int> = 60_000...(dice.happens(1, in: 10) ? 8_000_000 : 900_000)
        switch fate {
        case .succeeds: end(attempt, index, .exit(0), after: usual)
        case .exits(let code):
            counts[.taskFailure] += 1
            end(attempt, index, .exit(code), after: usual)
        case .isKilled:
            counts[.taskFailure] += 1
            end(attempt, index, .signal(9), after: usual)
        case .leavesNothing:
            counts[.taskFailure] += 1
            workers[index].running[attempt]?.misses = "x"
            end(attempt, index, .exit(0), after: usual)
        case .hangs: counts[.taskOverdue] += 1
        case .dawdles:
            counts[.straggler] += 1
            end(attempt, index, .exit(0), after: 8_000_000...50_000_000)
        case .killsWorker:
            counts[.poison] += 1
            later(.workerIsKilled(index, life: workers[index].life), 1000...3_000_000)
        }
    }

    private mutating func end(
        _ attempt: Worker.Attempt, _ index: Int, _ status: Worker.ProcessEnd.Status,
        after delay: ClosedRange<Int>
    ) {
        later(.taskEnds(index, life: workers[index].life, attempt, status), delay)
    }

    /// What a program leaves follows from its command alone, and so must be the same whenever and
    /// wherever the task runs on the same inputs.
    private mutating func compute(
        _ attempt: Worker.Attempt, _ index: Int, _ key: Ledger.Key,
        _ running: SimulatedWorker.Running
    ) {
        let plan = running.plan
        let places = TaskPlan.Places(
            inputs: plan.inputs.map { "\($0.name):\($0.content.digest.hex)" },
            with: plan.with.mapValues { $0.map(\.content.digest.hex) }, code: "code",
            line: plan.line.map { "line \($0)" }, folder: "folder", ergon: "ergon")
        let command = plan.command(at: places) { Digest(of: $0) }
        let digest = Digest(of: Array(command.arguments.joined(separator: "\n").utf8))
        let inputs = (plan.inputs + plan.with.values.joined()).map(\.content.digest).sorted()
        let known = commands.updateValue(digest, forKey: Command(task: key, inputs: inputs))
        if let known, known != digest {
            ledger.fail("\(ledger.name(of: key)) does other work than at an earlier attempt")
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
}
