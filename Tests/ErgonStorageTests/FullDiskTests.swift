import Testing

@testable import ErgonProvenance

/// What a log does when the disk is full, and what it does when it is broken.
@Suite struct FullDisk {
    let small: SmallLog
    var opened: Opened
    private let group = [Array("one".utf8), Array("two, which is longer".utf8)]

    init() throws {
        small = try SmallLog()
        opened = try Opened(small.disk)
    }

    private var isFull: Bool {
        do throws(LogFault) {
            _ = try opened.log.append(group)
            return false
        } catch {
            guard case .system(let fault) = error else { return false }
            return fault.isFull
        }
    }

    private var isPoisoned: Bool {
        do throws(LogFault) {
            _ = try opened.log.append(group)
            return false
        } catch {
            if case .poisoned = error { return true }
            return false
        }
    }

    @Test func `a group for which there is no room is as if it never was`() throws {
        let before = small.disk.copy()
        for room in 0..<38 {
            small.disk.room = small.disk.size + room
            #expect(isFull)
            #expect(small.disk.allNames.allSatisfy { small.disk[$0] == before[$0] })
            #expect(opened.log.nextSequence == small.payloads.count)
        }
    }

    @Test func `when there is room again the same group can be appended`() throws {
        small.disk.room = small.disk.size + 5
        #expect(isFull && isFull)
        small.disk.room = .max
        let end = small.payloads.count
        #expect(try opened.log.append(group) == end..<end + 2)
        #expect(try Opened(small.disk).state == small.payloads + group)
    }

    @Test func `if the part that was written cannot be cut off, nothing more is written`() {
        small.disk.room = small.disk.size + 5
        small.disk.failing[.truncate] = MemoryDisk.broken
        #expect(!isPoisoned)
        (small.disk.room, small.disk.failing) = (.max, [:])
        #expect(isPoisoned)
    }

    @Test(arguments: [MemoryDisk.broken, MemoryDisk.noRoom])
    func `after a sync that failed nothing more is written`(code: CInt) {
        small.disk.failing[.sync] = code
        #expect(!isPoisoned)
        small.disk.failing = [:]
        #expect(isPoisoned)
    }

    @Test func `on a broken disk nothing more is written`() {
        small.disk.failing[.write] = MemoryDisk.broken
        #expect(!isPoisoned)
        small.disk.failing = [:]
        #expect(isPoisoned)
    }

    /// Each step of it may find the disk full, and may be done although it says so.
    @Test(arguments: [MemoryDisk.Action.rename, .syncFolder])
    func `without room for a new segment the current one goes on`(
        step: MemoryDisk.Action
    ) throws {
        var opened = opened
        let before = small.disk.allNames
        let long = [UInt8](repeating: 7, count: SmallLog.segmentSize)
        // The header of a new segment does not fit; or its name does not.
        small.disk.room = small.disk.size + long.count + Frame.headerCount
        try opened.append(long)
        small.disk.room = .max
        #expect(small.disk.allNames == before && opened.log.segmentStart == nil)
        try opened.append([1])
        #expect(opened.log.segmentStart?.size == small.payloads.count + 2)
        #expect(try Opened(small.disk).state == opened.state)

        small.disk.failing[step] = MemoryDisk.noRoom
        #expect(throws: LogFault.self) { try opened.append(long) }
        #expect(throws: LogFault.self) { try opened.append([2]) }
        small.disk.failing = [:]
        #expect(try Opened(small.disk).state == opened.state + [long])
    }

    @Test func `a checkpoint for which there is no room leaves the one before`() throws {
        let before = small.disk["checkpoint"]
        small.disk.room = small.disk.size + 5
        #expect(throws: LogFault.self) { try opened.writeCheckpoint() }
        #expect(small.disk["checkpoint"] == before)
        #expect(!small.disk.allNames.contains("checkpoint.new"))
        small.disk.room = .max
        try opened.writeCheckpoint()
        #expect(small.disk["checkpoint"] != before)
    }
}
