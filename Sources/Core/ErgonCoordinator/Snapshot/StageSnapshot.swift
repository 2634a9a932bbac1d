import ErgonModel

// One stage in a snapshot, and what went wrong with its tasks.

extension SnapshotWriter {
    mutating func write(_ stage: Stage) {
        write(stage.step)
        switch stage.part {
        case .work:
            write(0)
            write(0)
        case .merge(let output, let level):
            write(output)
            write(level)
        }
    }

    mutating func write(_ failure: Failure) {
        switch failure {
        case .exit(let code): write(kind: 0, code)
        case .signal(let number): write(kind: 1, number)
        case .timeLimit: write(kind: 2, 0)
        case .missingOutput(let name): write(kind: 3, name)
        case .notStarted(let reason): write(kind: 4, reason)
        case .workerLost: write(kind: 5, 0)
        case .stopped: write(kind: 6, 0)
        }
    }

    private mutating func write(kind: Int, _ number: Int) {
        write(kind)
        write(number)
    }

    private mutating func write(kind: Int, _ text: String) {
        write(kind)
        write(text)
    }

    mutating func write(_ state: StageState) {
        write(state.stage)
        write(state.count)
        for set in [state.ready, state.done, state.failed, state.unreachable] { write(set) }
        write(Array(state.again.entries)) { $0.write($1) }
        write(state.doneBefore.sorted { $0.key < $1.key }) { writer, before in
            writer.write(before.key)
            writer.write(before.value) { $0.write($1) }
        }
        write(state.setbacks.sorted { $0.key < $1.key }) { writer, setbacks in
            writer.write(setbacks.key)
            writer.write(setbacks.value)
        }
        write(state.troubles.sorted { $0.key < $1.key }) { writer, troubles in
            writer.write(troubles.key)
            writer.write(troubles.value) { $0.write($1) }
        }
        write(state.reasons.sorted { $0.key < $1.key }) { writer, reason in
            writer.write(reason.key)
            writer.write(reason.value)
        }
        write(state.outputs) { $0.write($1) }
        write(state.logs)
        write(state.meanWall) { $0.write($1) }
    }

    private mutating func write(_ entry: RetryQueue.Entry) {
        write(entry.task)
        write(entry.failed)
        write(entry.due)
        write(entry.memory.bytes)
        write(entry.avoid) { $0.write($1) }
    }

    private mutating func write(_ setbacks: Setbacks) {
        write(setbacks.failures)
        write(setbacks.kills)
        write(setbacks.losses)
        write(setbacks.lostWorkers.sorted()) { $0.write($1) }
    }

    private mutating func write(_ trouble: Trouble) {
        switch trouble.kind {
        case .failed(let failure):
            write(0)
            write(failure)
        case .superseded(.failed(let failure, _)):
            write(1)
            write(failure)
        case .superseded(.succeeded): write(2)
        }
        write(trouble.worker)
        write(trouble.lease)
        write(trouble.started)
        write(trouble.wall)
        write(trouble.cpu)
        write(trouble.energy.microjoules)
        write(trouble.meter) { $0.write($1.rawValue) }
        write(trouble.log) { $0.write($1) }
    }
}

extension SnapshotReader {
    mutating func stage() throws(ReplayFault) -> Stage {
        let (step, output, level) = (try count(1 << 20), try count(1 << 20), try count(64))
        return Stage(step: step, part: level == 0 ? .work : .merge(output: output, level: level))
    }

    mutating func failure() throws(ReplayFault) -> Failure {
        switch try count(6) {
        case 0: .exit(try int())
        case 1: .signal(try int())
        case 2: try bare(.timeLimit)
        case 3: .missingOutput(try text())
        case 4: .notStarted(try text())
        case 5: try bare(.workerLost)
        default: try bare(.stopped)
        }
    }

    private mutating func bare(_ failure: Failure) throws(ReplayFault) -> Failure {
        _ = try count(0)
        return failure
    }

    /// A stage that the campaign has, or may have.
    mutating func stage(of campaign: Campaign) throws(ReplayFault) -> Stage {
        let stage = try stage()
        guard campaign.steps.indices.contains(stage.step) else { throw refuse() }
        if case .merge(let output, _) = stage.part,
            !campaign.steps[stage.step].outputs.indices.contains(output)
        {
            throw refuse()
        }
        return stage
    }

    mutating func stageState(of campaign: Campaign) throws(ReplayFault) -> StageState {
        let stage = try stage(of: campaign)
        let outputCount = stage.part == .work ? campaign.steps[stage.step].outputs.count : 1
        let count = try count(Shards.limit)
        var state = StageState(
            stage: stage, name: stage.name(in: campaign), count: count, outputs: outputCount)
        state.ready = try set(below: count)
        state.done = try set(below: count)
        state.failed = try set(below: count)
        state.unreachable = try set(below: count)
        try readTroubles(of: &state)
        let tables = try list { reader throws(ReplayFault) in try reader.table(of: count) }
        guard tables.count == outputCount else { throw refuse() }
        state.outputs = tables
        state.logs = try table(of: count)
        state.meanWall = try optional { reader throws(ReplayFault) in try reader.span() }
        return state
    }

    private mutating func readTroubles(of state: inout StageState) throws(ReplayFault) {
        let last = state.count - 1
        for entry in try list({ reader throws(ReplayFault) in try reader.entry(upTo: last) }) {
            state.again.insert(entry)
        }
        for _ in 0..<(try count(state.count)) {
            let task = try count(last)
            state.doneBefore[task] = try list { reader throws(ReplayFault) in try reader.worker() }
        }
        for _ in 0..<(try count(state.count)) {
            state.setbacks[try count(last)] = try setbacks()
        }
        for _ in 0..<(try count(state.count)) {
            let task = try count(last)
            state.troubles[task] = try list { reader throws(ReplayFault) in try reader.trouble() }
        }
        for _ in 0..<(try count(state.count)) {
            state.reasons[try count(last)] = try failure()
        }
    }

    private mutating func entry(upTo last: Int) throws(ReplayFault) -> RetryQueue.Entry {
        RetryQueue.Entry(
            task: try count(last), failed: try instant(), due: try instant(),
            memory: ByteCount(try int64()),
            avoid: try list { reader throws(ReplayFault) in try reader.worker() })
    }

    private mutating func setbacks() throws(ReplayFault) -> Setbacks {
        Setbacks(
            failures: try count(), kills: try count(), losses: try count(),
            lostWorkers: Set(try list { reader throws(ReplayFault) in try reader.worker() }))
    }

    private mutating func trouble() throws(ReplayFault) -> Trouble {
        let kind: Trouble.Kind
        switch try count(2) {
        case 0: kind = .failed(try failure())
        case 1: kind = .superseded(.failed(try failure(), isFinal: false))
        default: kind = .superseded(.succeeded)
        }
        return Trouble(
            kind: kind, worker: try worker(),
            lease: try lease(), started: try instant(),
            wall: try span(), cpu: try span(), energy: Joules(microjoules: try int64()),
            meter: try optional { reader throws(ReplayFault) in try reader.meterSource() },
            log: try optional { reader throws(ReplayFault) in try reader.file() })
    }
}
