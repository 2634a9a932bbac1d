import ErgonAudit
import ErgonCoordinator
import ErgonModel
import ErgonProvenance

/// What the log says when it is read again, and whether that is what everybody was told.
extension World {
    /// - Returns: `nil` if the log cannot be opened now.
    mutating func recover() -> (RecordLog<SimulatedDisk>, Coordinator, [[UInt8]])? {
        var core = Coordinator(grace: profile.grace)
        var (payloads, records): ([[UInt8]], [Record]) = ([], [])
        var known = decoded
        let campaigns = campaigns
        do throws(LogFault) {
            let log = try RecordLog.open(on: disk, segmentSize: profile.segmentSize) {
                place, bytes throws(LogFault) in
                payloads.append(bytes)
                do {
                    let record = try known[bytes] ?? decode(bytes).record
                    known[bytes] = record
                    records.append(record)
                    try core.replay(record) { digest in
                        campaigns.first { $0.manifest.digest == digest }.map {
                            ($0.campaign, size: $0.manifest.size)
                        }
                    }
                } catch let fault as ReplayFault {
                    throw .unreadable(place, problem: fault.problem)
                } catch {
                    throw .unreadable(place, problem: "\(error)")
                }
            }
            decoded = known
            for record in records {
                ledger.take(record, campaign: campaign(with:), isReplay: true)
            }
            checkNothingLost(payloads)
            trace.note(now, "recovered", [payloads.count, log.tornTail?.count ?? 0])
            return (log, core, payloads)
        } catch {
            meet(error)
            return nil
        }
    }

    private mutating func checkNothingLost(_ payloads: [[UInt8]]) {
        guard !payloads.starts(with: visible) else { return }
        let same = zip(payloads, visible).prefix { $0 == $1 }.count
        ledger.fail(
            "record \(same) was shown to others and is not in the log any more "
                + "(\(visible.count) were shown, \(payloads.count) are there)")
    }

    /// Only what the disk did to us may keep the log shut.
    private mutating func meet(_ fault: LogFault) {
        trace.note(now, "log", text: fault.problem)
        switch fault {
        case .system: break
        case .damaged(let damage):
            let isOurs = damage.place.segment == disk.hole.map { "\(disk.folder)/\($0)" }
            guard isOurs, damage.place.sequence >= visible.count else { fallthrough }
            switch damage.problem {
            case .badLength, .badChecksum:
                if let name = disk.hole { disk.truncateByHand(name, to: damage.place.offset) }
            default: ledger.fail("the log is damaged: \(fault.problem)")
            }
        case .locked, .unreadable, .poisoned, .notACheckpoint:
            ledger.fail("the log does not open: \(fault.place): \(fault.problem)")
        }
    }

    // MARK: The log and the living

    mutating func fold(_ record: Record) {
        let known = campaigns
        do throws(ReplayFault) {
            try shadow.replay(record) { digest in
                known.first { $0.manifest.digest == digest }.map {
                    ($0.campaign, size: $0.manifest.size)
                }
            }
        } catch { ledger.fail("a record does not replay: \(error.problem)") }
    }

    /// A fold over the log must answer as the living coordinator does.
    mutating func compare(_ when: String, with other: Coordinator? = nil) {
        guard var live = other ?? coordinator?.core else { return }
        let isThorough = other != nil || visible.count % 16 == 0
        let all = Coordinator.Question.status(nil)
        let (there, here) = (Self.answer(all, &shadow), Self.answer(all, &live))
        if there != here { ledger.fail("\(when) the log and the coordinator differ in `status`") }
        checkAccounts(here)
        guard isThorough else { return }
        for id in ledger.campaigns.keys.sorted() {
            let results = Coordinator.Question.results(.id(id))
            if Self.answer(results, &shadow) != Self.answer(results, &live) {
                ledger.fail("\(when) the log and the coordinator differ in `results` of \(id)")
            }
        }
    }

    /// Without what is not on record: who is connected, and who holds what.
    private static func answer(
        _ question: Coordinator.Question, _ coordinator: inout Coordinator
    ) -> Coordinator.Reply? {
        let effects = coordinator.handle(
            .ask(Coordinator.RequestID(0), question), now: Instant(microseconds: 0))
        guard case .reply(_, let reply) = effects.first else { return nil }
        guard case .status(var report) = reply else { return reply }
        (report.workers, report.cpus, report.trouble) = (0, 0, nil)
        for campaign in report.campaigns.indices {
            for stage in report.campaigns[campaign].stages.indices {
                report.campaigns[campaign].stages[stage].leased = 0
            }
        }
        return .status(report)
    }

    private mutating func checkAccounts(_ reply: Coordinator.Reply?) {
        guard case .status(let report) = reply else { return }
        for campaign in report.campaigns
        where ledger.books.accounts[campaign.id] != campaign.account {
            ledger.fail("the account of campaign \(campaign.id) is not the sum of its results")
        }
    }

    // MARK: The end

    /// The machine loses power once more; then an auditor reads what is left.
    mutating func finish() {
        ledger.checkAllReported(
            except: Set(workers.filter(\.isGone).map(\.facts.worker)))
        endCoordinator(losingPower: true)
        ledger.forget()
        guard let (_, core, payloads) = recover() else {
            return ledger.fail("the log does not open after a last power loss")
        }
        compare("at the end", with: core)
        let known = campaigns
        var audit = Audit { digest in known.first { $0.manifest.digest == digest }?.campaign }
        for (sequence, payload) in payloads.enumerated() {
            if let record = decoded[payload] { audit.add(record, sequence: sequence) }
        }
        for finding in audit.report.findings.prefix(1) {
            ledger.fail("audit: record \(finding.sequence): \(finding.problem)")
        }
    }
}
