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
        switch roll(0...24) {
        case 0: .coordinatorStarted(epoch: count(), version: text())
        case 1:
            .workerJoined(
                WorkerFacts(
                    worker: WorkerID(text()), cpus: roll(0...512), memory: ByteCount(integer()),
                    cpuModel: text(),
                    power: PowerModel(
                        source: text(), perThread: Watts(milliwatts: integer()),
                        uncertaintyPercent: roll(0...200)),
                    signing: happens(50)
                        ? SigningKey(key: octets(33), certificate: octets(roll(0...700))) : nil,
                    place: place(), custody: custody(),
                    platform: happens(50) ? platform() : nil))
        case 2:
            .campaignAccepted(
                AcceptedCampaign(
                    id: campaign(), name: text(), manifest: digest(), by: text(),
                    replay: happens(30) ? replay() : nil))
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
        case 14:
            .resultsReused(
                ReusedResults(id: campaign(), from: campaign(), tasks: reopened().tasks))
        case 20: .energyMetered(metered())
        case 21: .planAdopted(plan())
        case 12...13: .superseded(batch(count: roll(0...60)))
        case 22: .policyInForce(happens(50) ? digest() : nil)
        case 23: .policyDecided(decision())
        case 24:
            .approved(
                Approval(
                    campaign: campaign(), manifest: digest(),
                    matter: happens(50) ? .start : .release,
                    answer: happens(50) ? .approved : .rejected, comment: happens(50) ? "" : text(),
                    by: text()))
        default: .results(batch(count: roll(0...60)))
        }
    }

    private mutating func platform() -> WorkerPlatform {
        WorkerPlatform(
            kernel: text(), threads: count(), features: digest(),
            python: happens(50)
                ? WorkerPlatform.Python(version: text(), packages: digest()) : nil)
    }

    private mutating func decision() -> RecordedDecision {
        let outcomes = GateFinding.Outcome.allCases
        let findings = Gate.allCases.prefix(roll(0...15)).map { gate in
            GateFinding(
                gate: gate, outcome: outcomes[roll(0...3)], reason: happens(50) ? "" : text())
        }
        var bound = Obligations()
        bound.approval = happens(50)
        bound.restrictedWorkers = happens(50)
        bound.review = happens(50)
        bound.budget = happens(50)
        bound.evidence = happens(50) ? nil : roll(0...100)
        bound.places = happens(50) ? nil : (0..<roll(0...3)).map { _ in text() }
        return RecordedDecision(
            decision: PolicyDecision(
                moment: PolicyMoment.allCases[roll(0...5)], policy: digest(), manifest: digest(),
                findings: Array(findings), obligations: bound),
            campaign: happens(50) ? nil : campaign(), by: text(),
            custody: happens(50) ? nil : custody())
    }

    private mutating func custody() -> Custody {
        Custody(jurisdiction: happens(50) ? nil : text(), isRestricted: happens(50))
    }

    private mutating func replay() -> Rerun {
        Rerun(
            of: campaign(), stage: text(),
            tasks: (0..<roll(1...3)).map { _ in
                Rerun.Tasks(workers: [WorkerID(text()), WorkerID("w2")], tasks: intervals())
            }, draw: happens(50) ? Rerun.Draw(size: count(), root: digest()) : nil)
    }

    private mutating func octets(_ count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8(roll(0...255)) }
    }

    private mutating func joules() -> Joules { Joules(microjoules: integer()) }

    private mutating func metered() -> MeteredEnergy {
        var interval = EnergyInterval<String>(
            id: ReportID(life: count(), batch: count()), began: Instant(microseconds: integer()),
            length: Microseconds(integer()),
            reading: .dropped(EnergyGap.allCases.randomElement(using: &self) ?? .absent),
            idlePower: happens(50) ? Watts(milliwatts: integer()) : nil)
        if happens(70) {
            interval.reading = .measured(joules(), by: meter())
            (interval.unallocated, interval.remainder) = (joules(), joules())
            interval.shares = (0..<roll(0...3)).map { _ in
                EnergyInterval.Share(
                    campaign: campaign(), stage: text(), dynamic: joules(), idle: joules())
            }
        }
        return MeteredEnergy(worker: WorkerID(text()), interval: interval)
    }

    private mutating func meter() -> MeterSource {
        MeterSource.allCases.randomElement(using: &self) ?? .wall
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
            signature: happens(50)
                ? BatchSignature(bytes: octets(68), statement: happens(30) ? digest() : nil) : nil,
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
            cpu: Microseconds(integer()), energy: Joules(microjoules: integer()),
            meter: happens(30) ? meter() : nil)
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
            energy: Joules(microjoules: integer()), measured: happens(50) ? joules() : .zero)
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

extension SeededGenerator {
    fileprivate mutating func place() -> WorkerPlace? {
        switch roll(0...2) {
        case 0: nil
        case 1: WorkerPlace(site: text(), nodeClass: nil)
        default: WorkerPlace(site: text(), nodeClass: text())
        }
    }
}

extension SeededGenerator {
    fileprivate mutating func plan() -> AdoptedPlan {
        AdoptedPlan(
            content: file(), campaigns: (0..<roll(0...3)).map { _ in campaign() },
            objective: Weights(
                energy: ratio(), carbon: ratio(), money: ratio(), time: ratio()),
            cost: ratio(), bound: -ratio(),
            forecast: Spending(
                energy: Joules(microjoules: integer()), carbon: GramsCO2e(micrograms: integer()),
                money: Money(millionths: integer())),
            signals: (0..<roll(0...3)).map { _ in text() })
    }

    /// Zero, a whole number or a fraction.
    private mutating func ratio() -> Double {
        Double(roll(0...3)) / Double([1, 1, 3, 7][roll(0...3)])
    }
}
