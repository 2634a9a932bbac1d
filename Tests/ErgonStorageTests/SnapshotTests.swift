import Testing

@testable import ErgonProvenance
@testable import ErgonStorage

@Suite struct Snapshots {
    let small: SmallLog
    let snapshots: [Int]

    init() throws {
        small = try SmallLog()
        snapshots = small.disk.allNames.compactMap(snapshotSequence)
        try #require(snapshots.count == 2)
    }

    private func change(_ sequence: Int, _ change: (inout [UInt8]) -> Void) throws {
        let name = snapshotName(at: sequence)
        var bytes = try #require(small.disk[name])
        change(&bytes)
        small.disk[name] = bytes
    }

    @Test func `the newest stands for all records before it`() throws {
        let opened = try Opened(small.disk)
        #expect(opened.state == small.payloads)
        #expect(opened.log.opening.restored == snapshots[1])
        #expect(opened.log.opening.unusedSnapshots.isEmpty)
        #expect(opened.folded == small.payloads.count - snapshots[1])
    }

    @Test func `the log is the same whether there is one or not`() throws {
        let without = try Opened(small.disk, isOfUse: { _ in false })
        #expect(without.state == small.payloads && without.folded == small.payloads.count)
        #expect(without.log.opening.unusedSnapshots.count == 2)
        #expect(try Opened(small.disk).log.head == without.log.head)
    }

    @Test func `if it is of no use, the one before is`() throws {
        let opened = try Opened(small.disk, isOfUse: { $0 != snapshots[1] })
        #expect(opened.state == small.payloads)
        #expect(opened.log.opening.restored == snapshots[0])
        #expect(
            opened.log.opening.unusedSnapshots == [
                UnusedSnapshot(
                    path: "log/\(snapshotName(at: snapshots[1]))",
                    reason: "it is of another version")
            ])
    }

    @Test func `a damaged one is named and passed over`() throws {
        try change(snapshots[1]) { $0[$0.count - 1] ^= 1 }
        let opened = try Opened(small.disk)
        #expect(opened.state == small.payloads)
        #expect(opened.log.opening.restored == snapshots[0])
        #expect(opened.log.opening.unusedSnapshots.map(\.reason) == ["it is damaged"])
        #expect(try SnapshotShelf(on: small.disk).survey().usable == [snapshots[0]])
    }

    @Test func `one of another log is not taken`() throws {
        let other = MemoryDisk()
        var opened = try Opened(other)
        for payload in small.payloads {
            try opened.append(Array(payload.reversed()))
            try opened.writeSnapshot()
        }
        for name in other.allNames where name.hasPrefix("snapshot") {
            small.disk[name] = other[name]
        }
        let restored = try Opened(small.disk)
        #expect(restored.state == small.payloads && restored.log.opening.restored == nil)
        #expect(
            restored.log.opening.unusedSnapshots.map(\.reason)
                == ["it is not of this log", "it is not of this log"])
    }

    @Test func `one of records that are not there any more is taken away`() throws {
        let stray = snapshotName(at: 999)
        small.disk[stray] = small.disk[snapshotName(at: snapshots[1])]
        let opened = try Opened(small.disk)
        #expect(opened.state == small.payloads)
        #expect(!small.disk.allNames.contains(stray))
    }

    @Test func `it can be written only where a segment starts`() throws {
        var opened = try Opened(small.disk)
        #expect(opened.log.segmentStart == nil)
        while opened.log.segmentStart == nil { try opened.append(small.payloads[3]) }
        #expect(opened.log.segmentStart?.size == opened.log.nextSequence)
        try opened.writeSnapshot()
        #expect(
            small.disk.allNames.compactMap(snapshotSequence)
                == [snapshots[1], opened.log.nextSequence])
        #expect(try Opened(small.disk).folded == 0)
        try opened.append(small.payloads[4])
        #expect(opened.log.segmentStart == nil)
    }

    @Test func `without room for it the earlier ones are as they were`() throws {
        var opened = try Opened(small.disk)
        while opened.log.segmentStart == nil { try opened.append(small.payloads[3]) }
        let before = small.disk.allNames
        small.disk.room = small.disk.size + 100
        #expect(throws: LogFault.self) { try opened.writeSnapshot() }
        #expect(small.disk.allNames == before)
        #expect(try Opened(small.disk).log.opening.restored == snapshots[1])
    }

    @Test func `damage before it stops the start`() throws {
        let name = segmentName(first: 0)
        small.disk[name]?[100] ^= 1
        guard case .damaged(let damage) = refusal(small.disk) else {
            Issue.record("started")
            return
        }
        #expect(damage.place.segment == "log/\(name)" && damage.problem == .badChecksum)
    }

    @Test func `far before it only headers and sizes are looked at`() throws {
        let disk = small.disk.copy()
        disk[segmentName(first: 0)]?[100] ^= 1
        #expect(refusal(disk, sweep: 1) == nil)
        disk[segmentName(first: 0)]?[8] ^= 1
        #expect(refusal(disk, sweep: 1) != nil)
        let cut = small.disk.copy()
        cut[segmentName(first: 0)]?.removeSubrange(60...)
        #expect(refusal(cut, sweep: 1) != nil)
    }

    @Test func `a checkpoint of fewer records than it stands for is compared all the same`() throws
    {
        let other = try SmallLog(snapshots: false, checkpointed: 6)
        small.disk["checkpoint"] = other.disk["checkpoint"]
        #expect(refusal(small.disk) == nil)
        let stranger = MemoryDisk()
        var opened = try Opened(stranger)
        for number in 0..<6 { try opened.append([UInt8(number)]) }
        try opened.writeCheckpoint()
        small.disk["checkpoint"] = stranger["checkpoint"]
        guard case .damaged(let damage) = refusal(small.disk) else {
            Issue.record("started")
            return
        }
        #expect(damage.problem == .differsFromCheckpoint(size: 6))
    }
}

@Test func `a snapshot is written while the log grows`() async throws {
    let folder = try TemporaryFolder()
    let log = try LogSegments.open(folder.path, segmentSize: 200) { _, _ in }
    while log.segmentStart == nil || log.nextSequence == 0 { _ = try log.append([payload(1)]) }
    let (shelf, start) = (log.shelf, try #require(log.segmentStart))
    let state = (0..<20 << 20).map { UInt8(truncatingIfNeeded: $0) }
    let writing = Task.detached { try shelf.write(state, at: start) }
    for number in 0..<50 { _ = try log.append([payload(number)]) }
    try await writing.value
    var restored: [UInt8]?
    #expect(fault(folder) == .locked(folder.path))
    let looked = try SnapshotShelf(folder.path).restoreForTest { restored = $0 }
    #expect(looked == start.size && restored == state)
}

extension SnapshotShelf {
    fileprivate func restoreForTest(_ take: ([UInt8]) -> Void) throws -> Int? {
        var unused: [UnusedSnapshot] = []
        return try restore(&unused) { payload, _ in
            take(payload)
            return true
        }
    }
}
