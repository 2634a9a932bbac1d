import ErgonAudit
import ErgonCoordinator
import ErgonModel
import ErgonProvenance

/// What a start found.
struct Recovered {
    let log: RecordLog<SimulatedDisk>
    /// As a start has it: a snapshot, if there is one, and the records after it.
    var core: Coordinator
    /// The fold of all records.
    var whole: Coordinator
    let payloads: [[UInt8]]
}

/// What the log says when it is read again, and whether that is what everybody was told.
extension World {
    /// - Returns: `nil` if the log cannot be opened now.
    mutating func recover() -> Recovered? {
        do throws(LogFault) {
            let (log, core) = try openLog()
            let payloads = try readLog()
            let whole = fold(payloads)
            checkNothingLost(payloads)
            trace.note(
                now, "recovered",
                [payloads.count, log.tornTail?.count ?? 0, log.opening.restored ?? -1])
            return Recovered(log: log, core: core, whole: whole, payloads: payloads)
        } catch {
            meet(error)
            return nil
        }
    }

    /// As the real coordinator starts.
    private mutating func openLog() throws(LogFault) -> (RecordLog<SimulatedDisk>, Coordinator) {
        var core = Coordinator(grace: profile.grace)
        var (read, refusal): ([[UInt8]: Record], String?) = ([:], nil)
        let (decoded, campaigns, grace) = (decoded, campaigns, profile.grace)
        let log = try RecordLog.open(
            on: disk, segmentSize: profile.segmentSize,
            restore: { payload, _ throws(LogFault) in
                do throws(ReplayFault) {
                    core = try Coordinator(snapshot: payload, grace: grace) { campaigns.spec($0) }
                    return true
                } catch {
                    refusal = error.problem
                    return false
                }
            },
            recover: { place, bytes throws(LogFault) in
                do {
                    let record = try decoded[bytes] ?? decode(bytes).record
                    read[bytes] = record
                    try core.replay(record) { campaigns.spec($0) }
                } catch let fault as ReplayFault {
                    throw .unreadable(place, problem: fault.problem)
                } catch {
                    throw .unreadable(place, problem: "\(error)")
                }
            })
        self.decoded.merge(read) { $1 }
        if let refusal { ledger.fail("a snapshot of our own is refused: \(refusal)") }
        return (log, core)
    }

    private func readLog() throws(LogFault) -> [[UInt8]] {
        var reader = try RecordLogReader(of: disk)
        var payloads: [[UInt8]] = []
        while let item = try reader.next() {
            switch item {
            case .record(_, let bytes): payloads.append(bytes)
            case .damage(let damage): throw .damaged(damage)
            case .unfinished: break
            }
        }
        return payloads
    }

    private mutating func fold(_ payloads: [[UInt8]]) -> Coordinator {
        var whole = Coordinator(grace: profile.grace)
        let known = campaigns
        for payload in payloads {
            guard let record = record(of: payload) else { continue }
            do throws(ReplayFault) { try whole.replay(record) { known.spec($0) } } catch {
                ledger.fail("a record does not replay: \(error.problem)")
            }
            ledger.take(record, campaign: campaign(with:), isReplay: true)
        }
        return whole
    }

    private mutating func record(of payload: [UInt8]) -> Record? {
        if let known = decoded[payload] { return known }
        do throws(RecordFault) {
            let record = try decode(payload).record
            decoded[payload] = record
            return record
        } catch {
            ledger.fail("a record cannot be read: \(error)")
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

    /// A record has become visible.
    mutating func foldIntoShadow(_ record: Record) {
        let known = campaigns
        do throws(ReplayFault) { try shadow.replay(record) { known.spec($0) } } catch {
            ledger.fail("a record does not replay: \(error.problem)")
        }
    }

    // MARK: The end

    /// The machine loses power once more; then an auditor reads what is left.
    mutating func finish() {
        ledger.checkAllReported(except: Set(workers.filter(\.isGone).map(\.facts.worker)))
        endCoordinator(losingPower: true)
        ledger.forget()
        guard let recovered = recover() else {
            return ledger.fail("the log does not open after a last power loss")
        }
        compareStarted(recovered)
        let known = campaigns
        var audit = Audit { known.spec($0)?.0 }
        for (sequence, payload) in recovered.payloads.enumerated() {
            if let record = record(of: payload) { audit.add(record, sequence: sequence) }
        }
        for finding in audit.report.findings.prefix(1) {
            ledger.fail("audit: record \(finding.sequence): \(finding.problem)")
        }
    }
}

extension [SimulatedCampaign] {
    /// The campaign whose canonical form has that name.
    fileprivate func spec(_ digest: Digest) -> (Campaign, size: ByteCount)? {
        first { $0.manifest.digest == digest }.map { ($0.campaign, size: $0.manifest.size) }
    }
}
