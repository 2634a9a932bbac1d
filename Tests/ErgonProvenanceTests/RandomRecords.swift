import ErgonModel

extension Dice {
    mutating func record() -> Record {
        let years = Int64(-62_167_219_200_000_000)...253_402_300_799_999_999
        return Record(
            time: Instant(microseconds: Int64.random(in: years, using: &self)), event: event())
    }

    mutating func event() -> RecordedEvent {
        switch roll(0...9) {
        case 0: .coordinatorStarted(epoch: count(), version: text())
        case 1:
            .workerJoined(
                WorkerFacts(
                    worker: WorkerID(text()), cpus: roll(0...512), memory: ByteCount(integer()),
                    cpuModel: text(),
                    power: PowerModel(
                        source: text(), perThread: Watts(milliwatts: integer()),
                        uncertaintyPercent: roll(0...200))))
        case 2:
            .campaignAccepted(
                AcceptedCampaign(
                    id: CampaignID(roll(0...99)), name: text(), manifest: digest(), by: text()))
        case 3: .stageSized(CampaignID(roll(0...99)), stage: text(), count: count())
        case 4: .campaignCancelled(CampaignID(roll(0...99)), by: text())
        case 5: .campaignSealed(seal())
        default: .results(batch(count: roll(0...60)))
        }
    }

    mutating func batch(count: Int) -> ResultBatch {
        let (outputs, isPlain) = (roll(0...3), chance(50))
        var task = roll(0...1000)
        return ResultBatch(
            campaign: CampaignID(roll(1...9)), stage: text(), worker: WorkerID(text()),
            lease: LeaseID(epoch: roll(1...9), serial: roll(0...99_999)),
            results: (0..<count).map { _ in
                task += chance(80) ? 1 : roll(-2...50)
                return result(task, outputs: isPlain ? 0 : outputs, isPlain: isPlain)
            })
    }

    private mutating func result(_ task: Int, outputs: Int, isPlain: Bool) -> TaskResult {
        let outcome: Outcome = isPlain || chance(70) ? .succeeded : failure()
        return TaskResult(
            task: task, outcome: outcome,
            outputs: outcome == .succeeded ? (0..<outputs).map { _ in file() } : [],
            log: !isPlain && chance(30) ? file() : nil,
            started: Instant(microseconds: integer()), wall: Microseconds(integer()),
            cpu: Microseconds(integer()), energy: Joules(microjoules: integer()))
    }

    private mutating func file() -> StoredFile {
        StoredFile(digest: chance(20) ? .ofNothing : digest(), size: ByteCount(integer()))
    }

    private mutating func failure() -> Outcome {
        let failure: Failure =
            switch roll(0...4) {
            case 0: .exit(roll(-1...255))
            case 1: .signal(roll(1...64))
            case 2: .timeLimit
            case 3: .missingOutput(text())
            default: .notStarted(text())
            }
        return .failed(failure, isFinal: chance(50))
    }

    mutating func intervals() -> IntervalSet {
        var set = IntervalSet()
        for _ in 0..<roll(0...5) {
            let first = roll(0...1000)
            set.insert(first..<first + roll(0...30))
        }
        return set
    }

    mutating func seal() -> SealedCampaign {
        var account = Account()
        account.succeeded = Account.Line(
            attempts: roll(0...99), cpu: Microseconds(integer()), wall: Microseconds(integer()),
            energy: Joules(microjoules: integer()))
        return SealedCampaign(
            id: CampaignID(roll(1...9)),
            ending: SealedCampaign.Ending.allCases.randomElement(using: &self) ?? .complete,
            outputs: (0..<roll(0...3)).map { _ in
                PublishedOutput(name: text(), file: text(), content: file(), missing: intervals())
            },
            coverage: (0..<roll(0...3)).map { _ in
                Coverage(
                    step: text(), source: text(), unit: text(), declared: 0..<roll(0...2000),
                    covered: intervals(),
                    gaps: (0..<roll(0...3)).map { Coverage.Gap(range: $0..<$0 + 1, reason: text()) }
                )
            }, account: account)
    }
}
