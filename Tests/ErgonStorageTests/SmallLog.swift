import ErgonModel
import ErgonProvenance

/// A small log of real records on a disk in memory. Its state is all of its records, a line each,
/// and so are its snapshots.
struct SmallLog {
    static let segmentSize = 700
    let disk = MemoryDisk()
    /// What the log holds.
    let payloads: [[UInt8]]

    /// - Parameter checkpointed: after so many records a checkpoint is written.
    init(records: Int = 15, snapshots: Bool = true, checkpointed: Int = 9) throws {
        payloads = (0..<records).map { encode(Self.record($0), sequence: $0) }
        var opened = try Opened(disk)
        for payload in payloads {
            try opened.append(payload)
            if opened.log.nextSequence == checkpointed { try opened.writeCheckpoint() }
            if snapshots { try opened.writeSnapshot() }
        }
    }

    /// A life that might have been.
    private static func record(_ number: Int) -> Record {
        let event: RecordedEvent =
            switch number {
            case 0: .coordinatorStarted(epoch: 1, version: "0.1")
            case 1:
                .campaignAccepted(
                    AcceptedCampaign(
                        id: CampaignID(1), name: "z", manifest: Digest(of: [1]), by: "anna"))
            default: .results(batch(number))
            }
        return Record(time: Instant(microseconds: 1_354_752_000_000_000), event: event)
    }

    private static func batch(_ number: Int) -> ResultBatch {
        let results = (0..<number % 3 + 1).map { place in
            TaskResult(
                task: 10 * number + place, outcome: .succeeded,
                outputs: [
                    StoredFile(digest: Digest(of: [UInt8(number)]), size: ByteCount(3))
                ], log: nil, started: Instant(microseconds: 1_354_752_000_000_000),
                wall: Microseconds(240), cpu: Microseconds(230), energy: Joules(microjoules: 5))
        }
        return ResultBatch(
            campaign: CampaignID(1), stage: "reco", worker: WorkerID("w1"),
            lease: LeaseID(epoch: 1, serial: number), report: nil, results: results)
    }
}

/// A log that was opened, and the state that it led to.
struct Opened {
    let log: RecordLog<MemoryDisk>
    private(set) var state: [[UInt8]]
    /// How many of the records were read one by one.
    let folded: Int

    /// - Parameter isOfUse: whether a snapshot is taken.
    init(
        _ disk: MemoryDisk, sweep: Int = usualSweep, isOfUse: (Int) -> Bool = { _ in true }
    ) throws(LogFault) {
        var (state, folded): ([[UInt8]], Int) = ([], 0)
        log = try RecordLog.open(
            on: disk, segmentSize: SmallLog.segmentSize, sweep: sweep,
            restore: { payload, sequence in
                guard isOfUse(sequence) else { return false }
                state = payload.split(separator: 10).map(Array.init)
                return true
            },
            recover: { _, record in
                state.append(record)
                folded += 1
            })
        (self.state, self.folded) = (state, folded)
    }

    mutating func append(_ payload: [UInt8]) throws(LogFault) {
        _ = try log.append([payload])
        state.append(payload)
    }

    /// Where one may stand.
    func writeSnapshot() throws(LogFault) {
        guard let start = log.segmentStart else { return }
        try log.shelf.write(Array(state.joined(separator: [10])), at: start)
    }

    func writeCheckpoint() throws {
        guard let signer = NoteSigner(name: "log.example/t", seed: Array(0..<32)) else { return }
        let checkpoint = log.checkpoint(origin: "log.example/t")
        try log.writeCheckpoint(SignedNote(text: checkpoint.text, signers: [signer]))
    }
}

/// What it says when it does not open.
func refusal(_ disk: MemoryDisk, sweep: Int = usualSweep) -> LogFault? {
    do throws(LogFault) {
        _ = try Opened(disk, sweep: sweep)
        return nil
    } catch { return error }
}
