import ErgonModel
import SeededRandom

extension SeededGenerator {
    mutating func record() -> Record {
        Record(time: time(), event: event())
    }

    private mutating func time() -> Instant {
        let years = Int64(-62_167_219_200_000_000)...253_402_300_799_999_999
        return Instant(microseconds: Int64.random(in: years, using: &self))
    }

    mutating func event() -> RecordedEvent {
        switch roll(0...22) {
        case 0: .coordinatorStarted(epoch: count(), version: text())
        case 1:
            .workerJoined(
                WorkerFacts(
                    worker: WorkerID(text()), cpus: roll(0...512), memory: ByteCount(integer()),
                    cpuModel: text(),
                    power: PowerModel(
                        source: text(), perThread: Watts(milliwatts: integer()),
                        uncertaintyPercent: roll(0...200)),
                    place: place()))
        case 2:
            .campaignAccepted(
                AcceptedCampaign(
                    id: campaign(), name: text(), manifest: digest(), by: text()))
        case 3: .stageSized(campaign(), stage: text(), count: count())
        case 4: .campaignCancelled(campaign(), by: text())
        case 5: .campaignSealed(seal())
        case 6: .campaignHeld(campaign(), reason: text(), by: text())
        case 7: .campaignReleased(campaign(), by: text())
        case 8: .campaignReopened(reopened())
        case 9: .workerStands(WorkerID(text()), standing(), by: text())
        case 10:
            .logRepaired(
                GivenUp(records: roll(0...9)..<roll(9...99), bytes: count(), by: text()))
        case 11: .campaignForgotten(campaign(), by: text())
        case 12...13: .superseded(batch(count: roll(0...60)))
        case 14: .policyInForce(chance(50) ? digest() : nil)
        case 15: .policyDecided(decision())
        case 16:
            .approved(
                Approval(
                    campaign: campaign(), manifest: digest(),
                    matter: chance(50) ? .start : .release,
                    answer: chance(50) ? .approved : .rejected, comment: chance(50) ? "" : text(),
                    by: text()))
        default: .results(batch(count: roll(0...60)))
        }
    }

    private mutating func decision() -> RecordedDecision {
        let outcomes = GateFinding.Outcome.allCases
        let findings = Gate.allCases.prefix(roll(0...15)).map { gate in
            GateFinding(
                gate: gate, outcome: outcomes[roll(0...3)], reason: chance(50) ? "" : text())
        }
        var bound = Obligations()
        bound.approval = chance(50)
        bound.restrictedWorkers = chance(50)
        bound.review = chance(50)
        bound.evidence = chance(50)
        bound.places = chance(50) ? nil : (0..<roll(0...3)).map { _ in text() }
        return RecordedDecision(
            decision: PolicyDecision(
                moment: PolicyMoment.allCases[roll(0...5)], policy: digest(), manifest: digest(),
                findings: Array(findings), obligations: bound),
            campaign: chance(50) ? nil : campaign(), by: text(),
            custody: chance(50) ? nil : custody())
    }

    private mutating func custody() -> Custody {
        Custody(jurisdiction: chance(50) ? nil : text(), isRestricted: chance(50))
    }

    private mutating func campaign() -> CampaignID { CampaignID(roll(0...99)) }

    private mutating func reopened() -> ReopenedCampaign {
        ReopenedCampaign(
            id: campaign(), by: text(), lease: LeaseID(epoch: roll(1...9), serial: roll(0...99)),
            tasks: (0..<roll(0...3)).map { _ in
                ReopenedCampaign.Tasks(stage: text(), tasks: intervals())
            })
    }

    private mutating func standing() -> Standing {
        switch roll(0...3) {
        case 0: .active
        case 1: .draining
        case 2: .quarantined(reason: text(), until: nil)
        default: .quarantined(reason: text(), until: time())
        }
    }

    mutating func batch(count: Int) -> ResultBatch {
        let (outputs, isPlain) = (roll(0...3), happens(50))
        var task = roll(0...1000)
        return ResultBatch(
            campaign: CampaignID(roll(1...9)), stage: text(), worker: WorkerID(text()),
            lease: LeaseID(epoch: roll(1...9), serial: roll(0...99_999)),
            report: happens(20) ? nil : ReportID(life: self.count(), batch: roll(1...9)),
            results: (0..<count).map { _ in
                task += happens(80) ? 1 : roll(-2...50)
                return result(task, outputs: isPlain ? 0 : outputs, isPlain: isPlain)
            })
    }

    private mutating func result(_ task: Int, outputs: Int, isPlain: Bool) -> TaskResult {
        let outcome: Outcome = isPlain || happens(70) ? .succeeded : failure()
        return TaskResult(
            task: task, outcome: outcome,
            outputs: outcome == .succeeded ? (0..<outputs).map { _ in file() } : [],
            log: !isPlain && happens(30) ? file() : nil,
            started: Instant(microseconds: integer()), wall: Microseconds(integer()),
            cpu: Microseconds(integer()), energy: Joules(microjoules: integer()))
    }

    private mutating func file() -> StoredFile {
        StoredFile(digest: happens(20) ? .ofNothing : digest(), size: ByteCount(integer()))
    }

    private mutating func failure() -> Outcome {
        let failure: Failure =
            switch roll(0...6) {
            case 0: .exit(roll(-1...255))
            case 1: .signal(roll(1...64))
            case 2: .timeLimit
            case 3: .missingOutput(text())
            case 4: .workerLost
            case 5: .stopped
            default: .notStarted(text())
            }
        return .failed(failure, isFinal: happens(50))
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
        if happens(50) { account.superseded = account.succeeded }
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

extension Dice {
    fileprivate mutating func place() -> WorkerPlace? {
        switch roll(0...2) {
        case 0: nil
        case 1: WorkerPlace(site: text(), nodeClass: nil)
        default: WorkerPlace(site: text(), nodeClass: text())
        }
    }
}
