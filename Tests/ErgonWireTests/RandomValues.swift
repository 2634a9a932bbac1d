import ErgonModel
import SeededRandom

extension SeededGenerator {
    mutating func several<Value>(_ value: (inout SeededGenerator) -> Value) -> [Value] {
        (0..<roll(0...4)).map { _ in value(&self) }
    }

    mutating func perhaps<Value>(_ value: (inout SeededGenerator) -> Value) -> Value? {
        roll(0...1) == 0 ? nil : value(&self)
    }
}

/// What travels, at random: as small as nothing and as large as anything that is allowed.
extension SeededGenerator {
    mutating func number() -> Int { roll(0...1) == 0 ? roll(0...3) : roll(0...1 << 53) }
    mutating func amount() -> Int64 { Int64(number()) }

    mutating func text() -> String {
        ["", "a", "events.root", "µ → e γ", "with \"quotes\"\n"][roll(0...4)]
    }

    mutating func range() -> Range<Int> {
        let first = number()
        return first..<first + number()
    }

    mutating func intervals() -> IntervalSet {
        several { $0.range() }.reduce(into: IntervalSet()) { $0.insert($1) }
    }

    mutating func digest() -> Digest {
        let bytes = (0..<32).map { _ in UInt8(roll(0...255)) }
        guard let digest = Digest(bytes: bytes) else { fatalError("32 bytes are a digest") }
        return digest
    }

    mutating func file() -> StoredFile {
        StoredFile(digest: digest(), size: ByteCount(amount()))
    }

    mutating func namedFile() -> NamedFile { NamedFile(name: text(), content: file()) }

    mutating func stage() -> Stage {
        let step = roll(0...9)
        guard roll(0...1) == 0 else { return Stage(step: step, part: .work) }
        return Stage(step: step, part: .merge(output: roll(0...5), level: roll(1...9)))
    }

    mutating func leaseID() -> LeaseID { LeaseID(epoch: number(), serial: number()) }

    mutating func life() -> Int { roll(0...1 << 53 - 1) }
    mutating func reportID() -> ReportID { ReportID(life: life(), batch: life()) }

    mutating func lease() -> Lease {
        let first = number()
        let lists = several { $0.several { $0.namedFile() } }
        let count = lists.isEmpty ? roll(0...4096) : lists.count
        var with: [String: NamedFile] = [:]
        for file in several({ $0.namedFile() }) { with[text()] = file }
        return Lease(
            id: leaseID(), campaign: CampaignID(number()), manifest: file(), stage: stage(),
            tasks: first..<first + count, upstream: perhaps { $0.number() }, taskFiles: lists,
            overFiles: several { $0.namedFile() }, with: with, isTop: roll(0...1) == 0,
            memory: perhaps { ByteCount($0.amount()) })
    }

    mutating func order() -> WorkerOrder {
        switch roll(0...4) {
        case 0: .welcome(epoch: number())
        case 1: .lease(lease())
        case 2: .acknowledge(several { $0.reportID() })
        case 3: .withdrawTasks(leaseID(), intervals())
        default: .withdraw(several { $0.leaseID() })
        }
    }

    mutating func facts() -> WorkerFacts {
        WorkerFacts(
            worker: WorkerID("w1"), cpus: roll(1...512),
            memory: ByteCount(Int64(roll(1...1 << 50))),
            cpuModel: text(),
            power: PowerModel(
                source: text(), perThread: Watts(milliwatts: Int64(roll(0...100_000))),
                uncertaintyPercent: roll(0...100)),
            place: place(), platform: roll(0...1) == 0 ? nil : platform())
    }

    private mutating func platform() -> WorkerPlatform {
        WorkerPlatform(
            kernel: text(), threads: roll(1...512), features: digest(),
            python: roll(0...1) == 0
                ? nil : WorkerPlatform.Python(version: "3\(text())", packages: digest()))
    }

    private mutating func place() -> WorkerPlace? {
        switch roll(0...2) {
        case 0: nil
        case 1: WorkerPlace(site: "north", nodeClass: nil)
        default: WorkerPlace(site: "s\(text())", nodeClass: "n\(text())")
        }
    }

    mutating func held() -> HeldLease {
        HeldLease(
            id: leaseID(), campaign: CampaignID(number()), stage: stage(), remaining: intervals())
    }

    mutating func failure() -> Failure {
        switch roll(0...5) {
        case 0: .exit(roll(0...255))
        case 1: .signal(roll(1...64))
        case 2: .timeLimit
        case 3: .missingOutput(text())
        case 4: .stopped
        default: .notStarted(text())
        }
    }

    /// Of several tasks that are alike.
    mutating func sharedResult() -> TaskResult {
        TaskResult(
            task: number(), count: roll(1...1 << 17), outcome: .succeeded, outputs: [], log: nil,
            started: Instant(microseconds: amount()), wall: Microseconds(amount()),
            cpu: Microseconds(amount()), energy: Joules(microjoules: amount()),
            meter: perhaps { $0.meter() })
    }

    mutating func result() -> TaskResult {
        if roll(0...3) == 0 { return sharedResult() }
        return TaskResult(
            task: number(),
            outcome: perhaps { .failed($0.failure(), isFinal: false) } ?? .succeeded,
            outputs: several { $0.file() }, log: perhaps { $0.file() },
            started: Instant(microseconds: amount()), wall: Microseconds(amount()),
            cpu: Microseconds(amount()), energy: Joules(microjoules: amount()),
            meter: perhaps { $0.meter() })
    }

    mutating func report() -> WorkerReport {
        let id = reportID()
        return WorkerReport(
            id: id, lease: leaseID(), campaign: CampaignID(number()), stage: stage(),
            results: several { $0.result() }.sorted { $0.task < $1.task },
            metered: several { $0.interval(of: id.life) })
    }

    mutating func meter() -> MeterSource {
        MeterSource.allCases[roll(0...MeterSource.allCases.count - 1)]
    }

    /// What can be true of one: its parts add up.
    mutating func interval(of life: Int) -> ReportedInterval {
        var interval = ReportedInterval(
            id: ReportID(life: life, batch: self.life()), began: Instant(microseconds: amount()),
            length: Microseconds(amount()), reading: .dropped(.frozen),
            idlePower: perhaps { Watts(milliwatts: $0.amount()) })
        guard roll(0...3) > 0 else { return interval }
        interval.shares = several { dice in
            ReportedInterval.Share(
                campaign: CampaignID(dice.number()), stage: dice.stage(),
                dynamic: Joules(microjoules: dice.amount()),
                idle: Joules(microjoules: dice.amount()))
        }
        interval.unallocated = Joules(microjoules: amount())
        interval.remainder = Joules(microjoules: amount())
        let energy = interval.shares.reduce(interval.unallocated + interval.remainder) {
            $0 + $1.dynamic + $1.idle
        }
        interval.reading = .measured(energy, by: meter())
        return interval
    }

    mutating func coverage() -> Coverage {
        Coverage(
            step: text(), source: text(), unit: text(), declared: range(), covered: intervals(),
            gaps: several { Coverage.Gap(range: $0.range(), reason: $0.text()) })
    }

    mutating func accountLine() -> Account.Line {
        Account.Line(
            attempts: number(), cpu: Microseconds(amount()), wall: Microseconds(amount()),
            energy: Joules(microjoules: amount()), measured: Joules(microjoules: amount()))
    }
}
